SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SET check_function_bodies = off;
SET search_path = '';

CREATE SCHEMA IF NOT EXISTS app;

--
-- Collations
--

CREATE COLLATION app.b (
    provider = builtin,
    locale = 'C.UTF-8'
);

CREATE COLLATION app.uni (
    provider = builtin,
    locale = 'PG_UNICODE_FAST'
);

--
-- Tables
--

CREATE TABLE app.t (
    a text COLLATE app.b,
    b text COLLATE pg_catalog.pg_c_utf8,
    c text COLLATE app.uni
);

RESET search_path;
RESET check_function_bodies;
RESET standard_conforming_strings;
RESET client_encoding;
