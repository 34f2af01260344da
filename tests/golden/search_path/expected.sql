SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SET check_function_bodies = off;
SET search_path = '';

CREATE SCHEMA IF NOT EXISTS app;

--
-- Tables
--

SET search_path = app, other, public;
CREATE TABLE app.keyed (
    a text
)
PARTITION BY LIST (other.bare_fn(a));
SET search_path = '';

SET search_path = app, other, public;
CREATE TABLE app.made (
    a text,
    b text GENERATED ALWAYS AS (other.bare_fn(a)) STORED
);
SET search_path = '';

CREATE TABLE app.t (
    a text,
    b integer,
    c integer
);

CREATE FUNCTION app.native(text)
    RETURNS text
    LANGUAGE internal IMMUTABLE STRICT
    AS $$lower$$;

CREATE TABLE app.unkeyed (
    a text,
    b text GENERATED ALWAYS AS (app.native(a)) STORED
);

--
-- Constraints
--

CREATE FUNCTION app.span(integer, integer)
    RETURNS int4range
    LANGUAGE sql IMMUTABLE
    AS $$select int4range($1, $2)$$;

SET search_path = app, public;
ALTER TABLE app.t ADD CONSTRAINT apart EXCLUDE USING gist (app.span(b, c) WITH &&);
SET search_path = '';

--
-- Indexes
--

CREATE FUNCTION app.inner_fn(text)
    RETURNS text
    LANGUAGE sql IMMUTABLE
    AS $$select lower($1)$$;

CREATE FUNCTION app.parsed(text)
    RETURNS text
    LANGUAGE sql IMMUTABLE
    RETURN app.inner_fn($1);

CREATE INDEX by_body ON app.t USING btree (app.parsed(a));

CREATE INDEX by_native ON app.t USING btree (app.native(a));

CREATE FUNCTION app.unqualified(text)
    RETURNS text
    LANGUAGE sql IMMUTABLE
    AS $$select app.inner_fn($1)$$;

SET search_path = app, other, public;
CREATE INDEX by_other ON app.t USING btree (other.outer_fn(a)) WHERE (app.unqualified(a) IS NOT NULL);
SET search_path = '';

CREATE FUNCTION app.with_path(text)
    RETURNS text
    LANGUAGE sql IMMUTABLE
    SET search_path TO app
    AS $$select inner_fn($1)$$;

CREATE INDEX by_path ON app.t USING btree (app.with_path(a));

SET search_path = app, public;
CREATE INDEX by_sql ON app.t USING btree (app.unqualified(a));
SET search_path = '';

RESET search_path;
RESET check_function_bodies;
RESET standard_conforming_strings;
RESET client_encoding;
