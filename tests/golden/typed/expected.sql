SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SET check_function_bodies = off;
SET search_path = '';

CREATE SCHEMA IF NOT EXISTS app;

--
-- Types
--

CREATE TYPE app.thing AS (
    a integer,
    b text,
    c numeric,
    d integer
);

--
-- Tables
--

CREATE TABLE app.more OF app.thing;
ALTER TABLE ONLY app.more ALTER COLUMN b SET STORAGE EXTERNAL;
COMMENT ON COLUMN app.more.b IS 'typed';

CREATE TABLE app.parted OF app.thing
PARTITION BY LIST (a);

CREATE TABLE app.parted_1 PARTITION OF app.parted
FOR VALUES IN (1);

CREATE TABLE app.things OF app.thing (
    a WITH OPTIONS NOT NULL,
    b WITH OPTIONS NOT NULL DEFAULT 'x'::text,
    c WITH OPTIONS DEFAULT 7,
    CONSTRAINT things_pkey PRIMARY KEY (a),
    CONSTRAINT things_c_check CHECK ((c > (0)::numeric))
);

--
-- Functions
--

CREATE FUNCTION app.of_thing(app.thing)
    RETURNS integer
    LANGUAGE sql IMMUTABLE
    AS $$select $1.a$$;

RESET search_path;
RESET check_function_bodies;
RESET standard_conforming_strings;
RESET client_encoding;
