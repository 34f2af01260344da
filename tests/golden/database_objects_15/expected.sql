SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SET check_function_bodies = off;
SET search_path = '';

CREATE SCHEMA IF NOT EXISTS app;

CREATE SCHEMA IF NOT EXISTS other;

--
-- Types
--

CREATE TYPE app.pair AS (
    a integer,
    b integer
);

CREATE FUNCTION app.to_pair(integer)
    RETURNS app.pair
    LANGUAGE sql IMMUTABLE
    BEGIN ATOMIC
 SELECT ROW($1, $1)::app.pair AS "row";
END;

CREATE CAST (integer AS app.pair) WITH FUNCTION app.to_pair(integer) AS ASSIGNMENT;

CREATE DOMAIN app.paired AS integer
    CONSTRAINT paired_check CHECK (((VALUE)::app.pair IS NOT NULL));

--
-- Casts
--

CREATE FUNCTION app.to_pair(bigint)
    RETURNS app.pair
    LANGUAGE sql IMMUTABLE
    RETURN (($1)::integer)::app.pair;

CREATE CAST (bigint AS app.pair) WITH FUNCTION app.to_pair(bigint);

--
-- Tables
--

CREATE TABLE app.t (
    a integer NOT NULL,
    b text,
    "C c" integer,
    d text GENERATED ALWAYS AS (b) STORED,
    CONSTRAINT t_pkey PRIMARY KEY (a)
);

CREATE TABLE other.u (
    a integer
);

--
-- Views
--

CREATE VIEW app.uses_casts AS
 SELECT ((5)::bigint)::app.pair AS a;

--
-- Publications
--

CREATE PUBLICATION kt_both
    FOR TABLE ONLY app.t WHERE ((b = 'x'::text)),
        TABLES IN SCHEMA other
    WITH (publish = 'insert');

CREATE PUBLICATION kt_schemas
    FOR TABLE ONLY other.u,
        TABLES IN SCHEMA app,
        TABLES IN SCHEMA other;

CREATE PUBLICATION kt_some
    FOR TABLE ONLY app.t (a, "C c") WHERE (((a > 1) AND ("C c" = ANY (ARRAY[1, 2])))),
        ONLY other.u WHERE ((a > 0));

RESET search_path;
RESET check_function_bodies;
RESET standard_conforming_strings;
RESET client_encoding;
