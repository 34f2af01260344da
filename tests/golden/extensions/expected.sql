SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SET check_function_bodies = off;
SET search_path = '';

CREATE SCHEMA IF NOT EXISTS "Odd";

CREATE SCHEMA IF NOT EXISTS app;

--
-- Extensions
--

CREATE EXTENSION IF NOT EXISTS citext WITH SCHEMA "Odd";
COMMENT ON EXTENSION citext IS 'mine';

CREATE EXTENSION IF NOT EXISTS cube WITH SCHEMA app;

CREATE EXTENSION IF NOT EXISTS earthdistance WITH SCHEMA app;

CREATE SCHEMA IF NOT EXISTS far;
CREATE EXTENSION IF NOT EXISTS hstore WITH SCHEMA far;

CREATE EXTENSION IF NOT EXISTS tablefunc WITH SCHEMA app;

--
-- Tables
--

CREATE TABLE app.t (
    a far.hstore,
    b "Odd".citext,
    c app.earth
);

--
-- Indexes
--

CREATE INDEX t_a_idx ON app.t USING gin (a);

RESET search_path;
RESET check_function_bodies;
RESET standard_conforming_strings;
RESET client_encoding;
