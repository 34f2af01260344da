SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SET check_function_bodies = off;
SET search_path = '';

CREATE SCHEMA IF NOT EXISTS app;

--
-- Collations
--

CREATE COLLATION app.c (
    provider = libc,
    locale = 'C'
);

--
-- Types
--

CREATE TYPE app.base;

CREATE FUNCTION app.base_in(cstring)
    RETURNS app.base
    LANGUAGE internal IMMUTABLE STRICT
    AS $$int4in$$;

CREATE FUNCTION app.base_out(app.base)
    RETURNS cstring
    LANGUAGE internal IMMUTABLE STRICT
    AS $$int4out$$;

CREATE TYPE app.base (
    INPUT = app.base_in,
    OUTPUT = app.base_out,
    INTERNALLENGTH = 4,
    PASSEDBYVALUE = true,
    ALIGNMENT = int4,
    STORAGE = plain
);

CREATE TYPE app.comp AS (
    x integer
);

CREATE DOMAIN app.d AS integer;

CREATE TYPE app.e AS ENUM (
    'a'
);

CREATE TYPE app.r AS RANGE (
    SUBTYPE = integer
);

--
-- Sequences
--

CREATE SEQUENCE app.t_id_seq AS integer;

--
-- Tables
--

CREATE FOREIGN TABLE app.ft (
    a integer
)
SERVER kt_server;

CREATE TABLE app.id (
    id integer NOT NULL GENERATED ALWAYS AS IDENTITY
);

CREATE TABLE app.nothing (
    a integer
);

CREATE TABLE app.own (
    a integer
);

CREATE TABLE app.part (
    a integer
)
PARTITION BY LIST (a);

CREATE TABLE app.part_1 PARTITION OF app.part
FOR VALUES IN (1);

CREATE TABLE app.t (
    id integer NOT NULL DEFAULT nextval('app.t_id_seq'::regclass),
    a integer,
    b text
);

ALTER SEQUENCE app.t_id_seq OWNED BY app.t.id;

--
-- Statistics
--

CREATE STATISTICS app.s ON id, a FROM app.t;

--
-- Views
--

CREATE MATERIALIZED VIEW app.mv AS
 SELECT 1 AS a
WITH NO DATA;

CREATE VIEW app.v AS
 SELECT 1 AS a;

--
-- Functions
--

CREATE AGGREGATE app.agg(integer) (
    SFUNC = int4pl,
    STYPE = integer
);

CREATE FUNCTION app.f()
    RETURNS integer
    LANGUAGE sql
    AS $$select 1$$;

CREATE FUNCTION app.g(integer)
    RETURNS integer
    LANGUAGE sql
    AS $$select 1$$;

CREATE PROCEDURE app.p()
    LANGUAGE sql
    AS $$$$;

--
-- Operators
--

CREATE OPERATOR app.=# (
    FUNCTION = int4eq,
    LEFTARG = integer,
    RIGHTARG = integer
);

--
-- Text search
--

CREATE TEXT SEARCH DICTIONARY app.tsd (
    TEMPLATE = simple
);

--
-- Owners
--

ALTER SCHEMA app OWNER TO kt_owner;
ALTER COLLATION app.c OWNER TO kt_owner;
ALTER TYPE app.e OWNER TO kt_admin;
ALTER TYPE app.comp OWNER TO kt_admin;
ALTER TYPE app.r OWNER TO kt_owner;
ALTER TYPE app.base OWNER TO kt_owner;
ALTER DOMAIN app.d OWNER TO kt_admin;
ALTER FOREIGN TABLE app.ft OWNER TO kt_owner;
ALTER TABLE app.id OWNER TO kt_admin;
ALTER TABLE app.nothing OWNER TO postgres;
ALTER TABLE app.own OWNER TO kt_owner;
ALTER TABLE app.part OWNER TO postgres;
ALTER TABLE app.part_1 OWNER TO kt_owner;
ALTER TABLE app.t OWNER TO kt_owner;
ALTER MATERIALIZED VIEW app.mv OWNER TO postgres;
ALTER VIEW app.v OWNER TO kt_admin;
ALTER STATISTICS app.s OWNER TO kt_admin;
ALTER FUNCTION app.base_in(cstring) OWNER TO postgres;
ALTER FUNCTION app.base_out(app.base) OWNER TO postgres;
ALTER FUNCTION app.f() OWNER TO postgres;
ALTER FUNCTION app.g(integer) OWNER TO kt_owner;
ALTER PROCEDURE app.p() OWNER TO postgres;
ALTER AGGREGATE app.agg(integer) OWNER TO kt_admin;
ALTER OPERATOR app.=# (integer, integer) OWNER TO kt_owner;
ALTER TEXT SEARCH DICTIONARY app.tsd OWNER TO kt_admin;

--
-- Privileges
--

GRANT USAGE ON SCHEMA app TO PUBLIC;
GRANT ALL ON SCHEMA app TO kt_admin WITH GRANT OPTION;
GRANT ALL ON SCHEMA app TO kt_reader;
REVOKE ALL ON TYPE app.e FROM PUBLIC;
GRANT ALL ON TYPE app.e TO kt_reader;
GRANT ALL ON TYPE app.comp TO kt_reader WITH GRANT OPTION;
GRANT ALL ON TYPE app.r TO kt_reader WITH GRANT OPTION;
REVOKE ALL ON TYPE app.base FROM PUBLIC;
REVOKE ALL ON TYPE app.d FROM PUBLIC;
GRANT SELECT, UPDATE ON SEQUENCE app.t_id_seq TO kt_admin;
GRANT USAGE ON SEQUENCE app.t_id_seq TO kt_reader;
GRANT SELECT (a) ON TABLE app.ft TO kt_reader;
GRANT SELECT ON SEQUENCE app.id_id_seq TO kt_reader;
REVOKE ALL ON TABLE app.nothing FROM postgres;
REVOKE INSERT ON TABLE app.own FROM kt_owner;
GRANT SELECT ON TABLE app.part TO kt_reader;
GRANT SELECT ON TABLE app.t TO PUBLIC;
GRANT ALL ON TABLE app.t TO kt_admin;
GRANT INSERT, UPDATE ON TABLE app.t TO kt_reader WITH GRANT OPTION;
SET SESSION AUTHORIZATION kt_reader;
GRANT INSERT ON TABLE app.t TO "kt Writer""x";
RESET SESSION AUTHORIZATION;
GRANT SELECT (a), UPDATE (a) ON TABLE app.t TO "kt Writer""x";
GRANT INSERT (b) ON TABLE app.t TO PUBLIC;
GRANT UPDATE (b) ON TABLE app.t TO "kt Writer""x";
GRANT SELECT (b) ON TABLE app.t TO kt_admin WITH GRANT OPTION;
GRANT SELECT ON TABLE app.mv TO kt_reader;
GRANT SELECT ON TABLE app.v TO kt_reader;
REVOKE ALL ON FUNCTION app.f() FROM PUBLIC;
GRANT ALL ON FUNCTION app.f() TO kt_reader WITH GRANT OPTION;
GRANT ALL ON FUNCTION app.g(integer) TO kt_reader;
REVOKE ALL ON PROCEDURE app.p() FROM PUBLIC;
REVOKE ALL ON FUNCTION app.agg(integer) FROM PUBLIC;
ALTER DEFAULT PRIVILEGES FOR ROLE kt_admin IN SCHEMA app GRANT ALL ON SEQUENCES TO kt_reader;
ALTER DEFAULT PRIVILEGES FOR ROLE kt_admin IN SCHEMA app GRANT ALL ON TYPES TO PUBLIC;
ALTER DEFAULT PRIVILEGES FOR ROLE kt_owner IN SCHEMA app GRANT ALL ON FUNCTIONS TO kt_admin WITH GRANT OPTION;
ALTER DEFAULT PRIVILEGES FOR ROLE kt_owner IN SCHEMA app GRANT SELECT ON TABLES TO kt_reader;

RESET search_path;
RESET check_function_bodies;
RESET standard_conforming_strings;
RESET client_encoding;
