SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SET check_function_bodies = off;
SET search_path = '';

CREATE SCHEMA IF NOT EXISTS app;

--
-- Types
--

CREATE TYPE app.address AS (
    street text COLLATE pg_catalog."C",
    number character varying(10),
    tags text[],
    at timestamp(3) with time zone
);

CREATE DOMAIN app.addressed AS app.address
    CONSTRAINT addressed_check CHECK (((VALUE).street IS NOT NULL));

CREATE DOMAIN app.code AS character varying(8) COLLATE pg_catalog."C" DEFAULT 'x''y'::character varying
    CONSTRAINT code_check CHECK (((VALUE)::text ~ '^\w+$'::text));

ALTER DOMAIN app.code ADD CONSTRAINT later CHECK ((length((VALUE)::text) > 1)) NOT VALID;

CREATE DOMAIN app.codes AS app.code[];

CREATE TYPE app.empty_enum AS ENUM (
);

CREATE TYPE app.float_range AS RANGE (
    SUBTYPE = double precision,
    SUBTYPE_DIFF = float8mi
);
COMMENT ON TYPE app.float_range IS 'range';

CREATE TYPE app.just_a_shell;
COMMENT ON TYPE app.just_a_shell IS 'never filled';

CREATE DOMAIN app.many AS numeric(12,2)[];

CREATE TYPE app.money_ish AS (
    amount numeric,
    currency text
);

CREATE TYPE app.mood AS ENUM (
    'sad',
    'so-so',
    'ok',
    'happy',
    'it''s "great"\n'
);

CREATE DOMAIN app.moody AS app.mood DEFAULT 'ok'::app.mood;

CREATE TYPE app.nested AS (
    here app.address,
    there app.address[],
    feel app.mood
);
COMMENT ON TYPE app.nested IS 'nested';
COMMENT ON COLUMN app.nested.feel IS 'how it feels';

CREATE TYPE app.nothing AS (
);

CREATE TYPE app.pair_of_float;

CREATE FUNCTION app.pair_in(cstring)
    RETURNS app.pair_of_float
    LANGUAGE internal IMMUTABLE STRICT
    AS $$point_in$$;

CREATE FUNCTION app.pair_out(app.pair_of_float)
    RETURNS cstring
    LANGUAGE internal IMMUTABLE STRICT
    AS $$point_out$$;

CREATE TYPE app.pair_of_float (
    INPUT = app.pair_in,
    OUTPUT = app.pair_out,
    SUBSCRIPT = raw_array_subscript_handler,
    INTERNALLENGTH = 16,
    ALIGNMENT = double,
    STORAGE = plain,
    ELEMENT = double precision
);

CREATE DOMAIN app.positive AS integer DEFAULT 1 NOT NULL
    CONSTRAINT must_be_positive CHECK ((VALUE > 0));
COMMENT ON DOMAIN app.positive IS 'above zero';
COMMENT ON CONSTRAINT must_be_positive ON DOMAIN app.positive IS 'really';

CREATE TYPE app.range_of_range_range AS RANGE (
    SUBTYPE = integer
);

CREATE FUNCTION app.is_money(m app.money_ish)
    RETURNS boolean
    LANGUAGE sql IMMUTABLE
    AS $$select (m).amount is not null$$;

CREATE DOMAIN app.real_money AS app.money_ish
    CONSTRAINT real_money_check CHECK (app.is_money(VALUE));

CREATE TYPE app.spans AS RANGE (
    SUBTYPE = timestamp without time zone,
    MULTIRANGE_TYPE_NAME = public.span_set
);

CREATE TYPE app.steps;

CREATE FUNCTION app.distance(a integer, b integer)
    RETURNS double precision
    LANGUAGE sql IMMUTABLE
    AS $$select (a - b)::float8$$;

CREATE FUNCTION app.steps_canonical(app.steps)
    RETURNS app.steps
    LANGUAGE internal IMMUTABLE STRICT
    AS $$int4range_canonical$$;

CREATE TYPE app.steps AS RANGE (
    SUBTYPE = integer,
    CANONICAL = app.steps_canonical,
    SUBTYPE_DIFF = app.distance
);

CREATE TYPE app.text_range AS RANGE (
    SUBTYPE = text,
    SUBTYPE_OPCLASS = pg_catalog.text_pattern_ops,
    COLLATION = pg_catalog."C",
    MULTIRANGE_TYPE_NAME = app.texts
);

CREATE DOMAIN app.tight AS app.positive DEFAULT 1
    CONSTRAINT tight_check CHECK (((VALUE)::integer < 100))
    CONSTRAINT tight_check1 CHECK (((VALUE)::integer <> 13));

CREATE TYPE app.wallet AS (
    owner text,
    content app.real_money[]
);

CREATE TYPE app.whole;

CREATE FUNCTION app.whole_in(cstring)
    RETURNS app.whole
    LANGUAGE internal IMMUTABLE STRICT
    AS $$int4in$$;

CREATE FUNCTION app.whole_out(app.whole)
    RETURNS cstring
    LANGUAGE internal IMMUTABLE STRICT
    AS $$int4out$$;

CREATE FUNCTION app.whole_recv(internal)
    RETURNS app.whole
    LANGUAGE internal IMMUTABLE STRICT
    AS $$int4recv$$;

CREATE FUNCTION app.whole_send(app.whole)
    RETURNS bytea
    LANGUAGE internal IMMUTABLE STRICT
    AS $$int4send$$;

CREATE TYPE app.whole (
    INPUT = app.whole_in,
    OUTPUT = app.whole_out,
    RECEIVE = app.whole_recv,
    SEND = app.whole_send,
    INTERNALLENGTH = 4,
    PASSEDBYVALUE = true,
    ALIGNMENT = int4,
    STORAGE = plain,
    CATEGORY = 'N',
    DEFAULT = '7',
    DELIMITER = ';'
);
COMMENT ON TYPE app.whole IS 'an integer again';

CREATE TYPE app.words;

CREATE FUNCTION app.words_in(cstring, oid, integer)
    RETURNS app.words
    LANGUAGE internal IMMUTABLE STRICT
    AS $$varcharin$$;

CREATE FUNCTION app.words_mod_in(cstring[])
    RETURNS integer
    LANGUAGE internal IMMUTABLE STRICT
    AS $$varchartypmodin$$;

CREATE FUNCTION app.words_mod_out(integer)
    RETURNS cstring
    LANGUAGE internal IMMUTABLE STRICT
    AS $$varchartypmodout$$;

CREATE FUNCTION app.words_out(app.words)
    RETURNS cstring
    LANGUAGE internal IMMUTABLE STRICT
    AS $$varcharout$$;

CREATE TYPE app.words (
    INPUT = app.words_in,
    OUTPUT = app.words_out,
    TYPMOD_IN = app.words_mod_in,
    TYPMOD_OUT = app.words_mod_out,
    INTERNALLENGTH = VARIABLE,
    ALIGNMENT = int4,
    STORAGE = extended,
    CATEGORY = 'S',
    COLLATABLE = true
);

--
-- Tables
--

CREATE TABLE app.holds (
    w app.whole DEFAULT '3'::app.whole,
    ws app.whole[],
    t app.words(20) COLLATE pg_catalog."C",
    p app.pair_of_float
);

CREATE TABLE app.uses (
    f app.float_range,
    m app.texts,
    a app.texts[],
    x app.spans[],
    e app.mood[] DEFAULT ARRAY['ok'::app.mood],
    p app.positive,
    c app.code COLLATE pg_catalog."POSIX",
    many app.many
);

CREATE TABLE app.walks (
    s app.steps,
    d app.steps[]
);

RESET search_path;
RESET check_function_bodies;
RESET standard_conforming_strings;
RESET client_encoding;
