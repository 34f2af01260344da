SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SET check_function_bodies = off;
SET search_path = '';

CREATE SCHEMA IF NOT EXISTS app;

--
-- Collations
--

CREATE COLLATION app.ci (
    provider = icu,
    locale = 'und-u-ks-level2',
    deterministic = false
);

CREATE COLLATION app.de (
    provider = icu,
    locale = 'de-DE-u-co-phonebk'
);

--
-- Tables
--

CREATE TABLE app.t (
    a text COLLATE app.ci,
    b text COLLATE app.de,
    c text COLLATE pg_catalog."de-x-icu",
    CONSTRAINT t_a_key UNIQUE (a)
);

RESET search_path;
RESET check_function_bodies;
RESET standard_conforming_strings;
RESET client_encoding;
