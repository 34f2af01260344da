SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SET check_function_bodies = off;
SET search_path = '';

CREATE SCHEMA IF NOT EXISTS app;

--
-- Languages
--

CREATE LANGUAGE "kt Bare" HANDLER plpgsql_call_handler;

CREATE FUNCTION app.handler()
    RETURNS language_handler
    LANGUAGE c
    AS '$libdir/plpgsql', 'plpgsql_call_handler';

CREATE FUNCTION app.inline(internal)
    RETURNS void
    LANGUAGE c
    AS '$libdir/plpgsql', 'plpgsql_inline_handler';

CREATE FUNCTION app.validator(oid)
    RETURNS void
    LANGUAGE c
    AS '$libdir/plpgsql', 'plpgsql_validator';

CREATE TRUSTED LANGUAGE kt_trusted HANDLER app.handler INLINE app.inline VALIDATOR app.validator;
COMMENT ON LANGUAGE kt_trusted IS 'it''s trusted';

--
-- Access methods
--

CREATE ACCESS METHOD "kt Btree" TYPE INDEX HANDLER bthandler;

CREATE ACCESS METHOD kt_heap TYPE TABLE HANDLER heap_tableam_handler;
COMMENT ON ACCESS METHOD kt_heap IS 'like heap';

--
-- Foreign data wrappers
--

CREATE FUNCTION app.fdw_validator(text[], oid)
    RETURNS void
    LANGUAGE internal
    AS $$postgresql_fdw_validator$$;

CREATE FOREIGN DATA WRAPPER "kt Wrapper" VALIDATOR app.fdw_validator;

CREATE FOREIGN DATA WRAPPER kt_bare OPTIONS ("Odd key" E'x\\y', password_required 'false');
COMMENT ON FOREIGN DATA WRAPPER kt_bare IS 'bare';

--
-- Servers
--

CREATE SERVER "kt Server" FOREIGN DATA WRAPPER "kt Wrapper" OPTIONS (host 'it''s', dbname 'a"b');

CREATE SERVER kt_server TYPE 'it''s' VERSION '1.0' FOREIGN DATA WRAPPER kt_bare OPTIONS (host 'far away', "Port" '1');
COMMENT ON SERVER kt_server IS 'far';

--
-- User mappings
--

CREATE USER MAPPING FOR "kt Writer""x" SERVER "kt Server";

CREATE USER MAPPING FOR PUBLIC SERVER kt_server;

CREATE USER MAPPING FOR kt_reader SERVER kt_server OPTIONS (username 'bob', "Sslmode" 'it''s');

--
-- Types
--

CREATE TYPE app.color AS ENUM (
    'red',
    'green'
);

CREATE TYPE app.like_int4;

CREATE FUNCTION app.like_int4_in(cstring)
    RETURNS app.like_int4
    LANGUAGE internal IMMUTABLE STRICT
    AS $$int4in$$;

CREATE FUNCTION app.like_int4_out(app.like_int4)
    RETURNS cstring
    LANGUAGE internal IMMUTABLE STRICT
    AS $$int4out$$;

CREATE TYPE app.like_int4 (
    INPUT = app.like_int4_in,
    OUTPUT = app.like_int4_out,
    INTERNALLENGTH = 4,
    PASSEDBYVALUE = true,
    ALIGNMENT = int4,
    STORAGE = plain
);

CREATE TYPE app.pair AS (
    a integer,
    b integer
);

CREATE DOMAIN app.positive AS integer;

CREATE TYPE app.span AS RANGE (
    SUBTYPE = integer
);

--
-- Casts
--

CREATE FUNCTION app.to_int(app.color)
    RETURNS integer
    LANGUAGE sql IMMUTABLE
    AS $$select length($1::text)$$;

CREATE CAST (app.color AS integer) WITH FUNCTION app.to_int(app.color) AS IMPLICIT;
COMMENT ON CAST (app.color AS integer) IS 'by length';

CREATE CAST (app.like_int4 AS integer) WITHOUT FUNCTION;

CREATE CAST (app.pair AS character) WITH INOUT;

CREATE TABLE app.rows_of (
    a integer,
    b text
);

CREATE FUNCTION app.to_text(app.rows_of, integer, boolean)
    RETURNS text
    LANGUAGE sql
    AS $$select $1.b$$;

CREATE CAST (app.rows_of AS text) WITH FUNCTION app.to_text(app.rows_of,integer,boolean);

CREATE FUNCTION app.to_pair(integer)
    RETURNS app.pair
    LANGUAGE sql IMMUTABLE
    AS $$select row($1, $1)::app.pair$$;

CREATE CAST (integer AS app.pair) WITH FUNCTION app.to_pair(integer) AS ASSIGNMENT;

CREATE CAST (point AS text) WITH INOUT;

CREATE CAST (text AS app.color) WITH INOUT AS ASSIGNMENT;

--
-- Transforms
--

CREATE FUNCTION app.color_of(internal)
    RETURNS app.color
    LANGUAGE c STABLE
    AS '$libdir/plpgsql', 'plpgsql_inline_handler';

CREATE TRANSFORM FOR app.color LANGUAGE "kt Bare" (FROM SQL WITH FUNCTION prsd_lextype(internal), TO SQL WITH FUNCTION app.color_of(internal));

CREATE TRANSFORM FOR app.pair LANGUAGE sql (FROM SQL WITH FUNCTION prsd_lextype(internal));
COMMENT ON TRANSFORM FOR app.pair LANGUAGE sql IS 'a pair';

--
-- Tables
--

CREATE FOREIGN TABLE app.ft (
    a integer
)
SERVER kt_server;

CREATE TABLE app.own_storage (
    a integer
)
USING kt_heap;

CREATE TABLE app.parted (
    a integer
)
PARTITION BY RANGE (a);

CREATE TABLE app.part PARTITION OF app.parted
FOR VALUES FROM (1) TO (2);

CREATE TABLE app.published (
    a integer NOT NULL,
    b text,
    "C c" integer,
    CONSTRAINT published_pkey PRIMARY KEY (a)
);

CREATE TABLE app.uses_casts_too (
    a integer DEFAULT 'red'::app.color,
    b app.pair DEFAULT (7)::app.pair,
    CONSTRAINT uses_casts_too_a_check CHECK (((a)::app.pair IS NOT NULL))
);

--
-- Views
--

CREATE VIEW app.uses_casts AS
 SELECT (('red'::app.color)::integer + 1) AS a,
    (5)::app.pair AS b,
    ('green'::text)::app.color AS c;

--
-- Functions
--

CREATE FUNCTION app.in_bare()
    RETURNS integer
    LANGUAGE "kt Bare"
    AS $$begin return 1; end$$;

CREATE FUNCTION app.in_it(a integer)
    RETURNS integer
    LANGUAGE kt_trusted
    AS $$begin return a; end$$;

CREATE FUNCTION app.on_event()
    RETURNS event_trigger
    LANGUAGE plpgsql
    AS $$begin raise exception 'no'; end$$;

CREATE FUNCTION app.transformed(app.pair)
    RETURNS integer
    TRANSFORM FOR TYPE app.pair LANGUAGE sql
    AS $$select 1$$;

--
-- Operators
--

CREATE OPERATOR FAMILY app.own_class USING "kt Btree";

CREATE OPERATOR CLASS app.own_class
    FOR TYPE integer USING "kt Btree" FAMILY app.own_class AS
    OPERATOR 3 = (integer, integer),
    FUNCTION 1 (integer, integer) btint4cmp(integer, integer);

--
-- Publications
--

CREATE PUBLICATION "kt Some"
    FOR TABLE ONLY app.parted,
        ONLY app.published
    WITH (publish = 'insert, truncate', publish_via_partition_root = true);

CREATE PUBLICATION kt_all
    FOR ALL TABLES;
COMMENT ON PUBLICATION kt_all IS 'all';

CREATE PUBLICATION kt_none;

CREATE PUBLICATION kt_nothing
    FOR TABLE ONLY app.part
    WITH (publish = '');

--
-- Owners
--

ALTER LANGUAGE "kt Bare" OWNER TO postgres;
ALTER LANGUAGE kt_trusted OWNER TO kt_owner;
ALTER FOREIGN DATA WRAPPER "kt Wrapper" OWNER TO postgres;
ALTER FOREIGN DATA WRAPPER kt_bare OWNER TO kt_owner;
ALTER SERVER "kt Server" OWNER TO postgres;
ALTER SERVER kt_server OWNER TO kt_owner;
ALTER PUBLICATION "kt Some" OWNER TO postgres;
ALTER PUBLICATION kt_all OWNER TO postgres;
ALTER PUBLICATION kt_none OWNER TO kt_owner;
ALTER PUBLICATION kt_nothing OWNER TO postgres;
ALTER SCHEMA app OWNER TO postgres;
ALTER TYPE app.color OWNER TO postgres;
ALTER TYPE app.pair OWNER TO postgres;
ALTER TYPE app.span OWNER TO postgres;
ALTER TYPE app.like_int4 OWNER TO postgres;
ALTER DOMAIN app.positive OWNER TO postgres;
ALTER FOREIGN TABLE app.ft OWNER TO postgres;
ALTER TABLE app.own_storage OWNER TO postgres;
ALTER TABLE app.part OWNER TO postgres;
ALTER TABLE app.parted OWNER TO postgres;
ALTER TABLE app.published OWNER TO postgres;
ALTER TABLE app.rows_of OWNER TO postgres;
ALTER TABLE app.uses_casts_too OWNER TO postgres;
ALTER VIEW app.uses_casts OWNER TO postgres;
ALTER FUNCTION app.color_of(internal) OWNER TO postgres;
ALTER FUNCTION app.fdw_validator(text[], oid) OWNER TO postgres;
ALTER FUNCTION app.handler() OWNER TO postgres;
ALTER FUNCTION app.in_bare() OWNER TO postgres;
ALTER FUNCTION app.in_it(a integer) OWNER TO postgres;
ALTER FUNCTION app.inline(internal) OWNER TO postgres;
ALTER FUNCTION app.like_int4_in(cstring) OWNER TO postgres;
ALTER FUNCTION app.like_int4_out(app.like_int4) OWNER TO postgres;
ALTER FUNCTION app.on_event() OWNER TO postgres;
ALTER FUNCTION app.to_int(app.color) OWNER TO postgres;
ALTER FUNCTION app.to_pair(integer) OWNER TO postgres;
ALTER FUNCTION app.to_text(app.rows_of, integer, boolean) OWNER TO postgres;
ALTER FUNCTION app.transformed(app.pair) OWNER TO postgres;
ALTER FUNCTION app.validator(oid) OWNER TO postgres;
ALTER OPERATOR FAMILY app.own_class USING "kt Btree" OWNER TO postgres;
ALTER OPERATOR CLASS app.own_class USING "kt Btree" OWNER TO postgres;

--
-- Privileges
--

REVOKE ALL ON LANGUAGE kt_trusted FROM PUBLIC;
GRANT ALL ON LANGUAGE kt_trusted TO kt_reader WITH GRANT OPTION;
GRANT ALL ON FOREIGN DATA WRAPPER kt_bare TO kt_reader;
GRANT ALL ON FOREIGN SERVER kt_server TO PUBLIC;
GRANT ALL ON FOREIGN SERVER kt_server TO kt_reader WITH GRANT OPTION;
ALTER DEFAULT PRIVILEGES FOR ROLE kt_owner REVOKE ALL ON FUNCTIONS FROM PUBLIC;
ALTER DEFAULT PRIVILEGES FOR ROLE kt_owner GRANT USAGE ON SCHEMAS TO PUBLIC;
ALTER DEFAULT PRIVILEGES FOR ROLE kt_owner GRANT SELECT ON TABLES TO kt_reader;
ALTER DEFAULT PRIVILEGES FOR ROLE kt_reader REVOKE ALL ON SEQUENCES FROM kt_reader;
ALTER DEFAULT PRIVILEGES FOR ROLE kt_owner IN SCHEMA app GRANT INSERT ON TABLES TO kt_reader;

--
-- Event triggers
--

CREATE EVENT TRIGGER "kt Drop" ON sql_drop
    WHEN TAG IN ('DROP FUNCTION')
    EXECUTE FUNCTION app.on_event();
ALTER EVENT TRIGGER "kt Drop" ENABLE ALWAYS;

CREATE EVENT TRIGGER kt_replica ON ddl_command_end
    EXECUTE FUNCTION app.on_event();
ALTER EVENT TRIGGER kt_replica ENABLE REPLICA;

CREATE EVENT TRIGGER kt_rewrite ON table_rewrite
    EXECUTE FUNCTION app.on_event();

CREATE EVENT TRIGGER kt_start ON ddl_command_start
    WHEN TAG IN ('DROP TABLE', 'CREATE TABLE')
    EXECUTE FUNCTION app.on_event();
ALTER EVENT TRIGGER kt_start DISABLE;
COMMENT ON EVENT TRIGGER kt_start IS 'start';

--
-- Owners of event triggers
--

ALTER EVENT TRIGGER "kt Drop" OWNER TO postgres;
ALTER EVENT TRIGGER kt_replica OWNER TO postgres;
ALTER EVENT TRIGGER kt_rewrite OWNER TO postgres;
ALTER EVENT TRIGGER kt_start OWNER TO kt_owner;

RESET search_path;
RESET check_function_bodies;
RESET standard_conforming_strings;
RESET client_encoding;
