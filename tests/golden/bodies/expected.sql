SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SET check_function_bodies = off;
SET search_path = '';

CREATE SCHEMA IF NOT EXISTS app;

--
-- Tables
--

CREATE FUNCTION app.offset_of(integer)
    RETURNS integer
    LANGUAGE sql IMMUTABLE
    AS $$select $1 + 1$$;

CREATE FUNCTION app.twice(integer)
    RETURNS integer
    LANGUAGE sql IMMUTABLE
    AS $$select app.offset_of($1)$$;

SET search_path = app, public;
CREATE TABLE app.made (
    a integer,
    b integer GENERATED ALWAYS AS (app.twice(a)) STORED,
    d integer
);
SET search_path = '';

CREATE TABLE app.notes (
    id integer,
    title text,
    rank integer
);

--
-- Indexes
--

CREATE FUNCTION app.loop(integer)
    RETURNS integer
    LANGUAGE sql IMMUTABLE
    AS $$select case when $1 > 0 then app.of_row((1, 1, 1)::app.made) end$$;

CREATE FUNCTION app.of_row(app.made)
    RETURNS integer
    LANGUAGE sql IMMUTABLE
    AS $$select $1.d$$;

SET search_path = app, public;
CREATE INDEX looped ON app.made USING btree (app.loop(d));
SET search_path = '';

CREATE FUNCTION app."Small Too"(text)
    RETURNS text
    LANGUAGE sql IMMUTABLE
    AS $$select app.small($1)$$;

CREATE FUNCTION app.small(text)
    RETURNS text
    LANGUAGE sql IMMUTABLE
    AS $$select pg_catalog.lower($1)$$;

CREATE FUNCTION app.terms(text)
    RETURNS tsvector
    LANGUAGE sql IMMUTABLE
    AS $$select pg_catalog.to_tsvector('app.words', app."Small Too"($1) operator(app.<+>) app.small($1))$$;

CREATE FUNCTION app.joined(text, text)
    RETURNS text
    LANGUAGE sql IMMUTABLE
    AS $$select app.small($1 || $2)$$;

CREATE OPERATOR app.<+> (
    FUNCTION = app.joined,
    LEFTARG = text,
    RIGHTARG = text
);

CREATE TEXT SEARCH CONFIGURATION app.words (
    PARSER = "default"
);
ALTER TEXT SEARCH CONFIGURATION app.words ADD MAPPING FOR asciihword WITH simple;
ALTER TEXT SEARCH CONFIGURATION app.words ADD MAPPING FOR asciiword WITH simple;
ALTER TEXT SEARCH CONFIGURATION app.words ADD MAPPING FOR email WITH simple;
ALTER TEXT SEARCH CONFIGURATION app.words ADD MAPPING FOR file WITH simple;
ALTER TEXT SEARCH CONFIGURATION app.words ADD MAPPING FOR "float" WITH simple;
ALTER TEXT SEARCH CONFIGURATION app.words ADD MAPPING FOR host WITH simple;
ALTER TEXT SEARCH CONFIGURATION app.words ADD MAPPING FOR hword WITH simple;
ALTER TEXT SEARCH CONFIGURATION app.words ADD MAPPING FOR hword_asciipart WITH simple;
ALTER TEXT SEARCH CONFIGURATION app.words ADD MAPPING FOR hword_numpart WITH simple;
ALTER TEXT SEARCH CONFIGURATION app.words ADD MAPPING FOR hword_part WITH simple;
ALTER TEXT SEARCH CONFIGURATION app.words ADD MAPPING FOR "int" WITH simple;
ALTER TEXT SEARCH CONFIGURATION app.words ADD MAPPING FOR numhword WITH simple;
ALTER TEXT SEARCH CONFIGURATION app.words ADD MAPPING FOR numword WITH simple;
ALTER TEXT SEARCH CONFIGURATION app.words ADD MAPPING FOR sfloat WITH simple;
ALTER TEXT SEARCH CONFIGURATION app.words ADD MAPPING FOR uint WITH simple;
ALTER TEXT SEARCH CONFIGURATION app.words ADD MAPPING FOR url WITH simple;
ALTER TEXT SEARCH CONFIGURATION app.words ADD MAPPING FOR url_path WITH simple;
ALTER TEXT SEARCH CONFIGURATION app.words ADD MAPPING FOR version WITH simple;
ALTER TEXT SEARCH CONFIGURATION app.words ADD MAPPING FOR word WITH simple;

SET search_path = app, public;
CREATE INDEX by_terms ON app.notes USING gin (app.terms(title));
SET search_path = '';

CREATE FUNCTION app.least_rank()
    RETURNS integer
    LANGUAGE plpgsql IMMUTABLE
    AS $$begin return app.offset_of(1); end$$;

SET search_path = app, public;
CREATE INDEX ranked ON app.notes USING btree (id) WHERE (rank > app.least_rank());
SET search_path = '';

--
-- Text search
--

CREATE TEXT SEARCH DICTIONARY app.plain (
    TEMPLATE = simple
);

RESET search_path;
RESET check_function_bodies;
RESET standard_conforming_strings;
RESET client_encoding;
