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
COMMENT ON COLLATION app.c IS 'C';

CREATE COLLATION app.posix (
    provider = libc,
    locale = 'POSIX'
);

CREATE COLLATION app.two (
    provider = libc,
    lc_collate = 'C',
    lc_ctype = 'POSIX'
);

--
-- Types
--

CREATE TYPE app.comp AS (
    x text COLLATE app.c
);

CREATE DOMAIN app.d AS text COLLATE app.posix;

CREATE TYPE app.r AS RANGE (
    SUBTYPE = text,
    COLLATION = app.c
);

--
-- Tables
--

CREATE TABLE app.p (
    a text
)
PARTITION BY RANGE (a COLLATE app.c);

CREATE TABLE app.t (
    a text COLLATE app.c,
    b app.d,
    c app.d COLLATE app.two
);

--
-- Indexes
--

CREATE INDEX t_a_idx ON app.t USING btree (a COLLATE app.two);

--
-- Views
--

CREATE VIEW app.v AS
 SELECT (a COLLATE app.two) AS x
   FROM app.t;

RESET search_path;
RESET check_function_bodies;
RESET standard_conforming_strings;
RESET client_encoding;
