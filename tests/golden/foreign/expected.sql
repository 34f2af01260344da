SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SET check_function_bodies = off;
SET search_path = '';

CREATE SCHEMA IF NOT EXISTS app;

--
-- Tables
--

CREATE FOREIGN TABLE app.bare (
)
SERVER "kt Server";

CREATE TABLE app.p (
    x integer DEFAULT 3
);

CREATE FOREIGN TABLE app.child (
    y integer
)
INHERITS (app.p)
SERVER kt_server;

CREATE FOREIGN TABLE app.ft (
    a integer OPTIONS (column_name 'A''a', "Odd" 'x') NOT NULL,
    b text COLLATE pg_catalog."C" DEFAULT 'x'::text,
    c integer GENERATED ALWAYS AS ((a * 2)) STORED,
    CONSTRAINT positive CHECK ((a > 0))
)
SERVER kt_server
OPTIONS (table_name 'far', "schema name" 'it''s');
ALTER FOREIGN TABLE ONLY app.ft ALTER COLUMN a SET (n_distinct=3);
ALTER FOREIGN TABLE ONLY app.ft ALTER COLUMN b SET STORAGE EXTERNAL;
ALTER FOREIGN TABLE ONLY app.ft ALTER COLUMN b SET STATISTICS 33;
COMMENT ON FOREIGN TABLE app.ft IS 'far';
COMMENT ON COLUMN app.ft.a IS 'a';

CREATE TABLE app.parent (
    a integer,
    b text
)
PARTITION BY LIST (a);

CREATE FOREIGN TABLE app.part PARTITION OF app.parent
FOR VALUES IN (1)
SERVER kt_server
OPTIONS (x 'y');

--
-- Views
--

CREATE VIEW app.v AS
 SELECT a,
    b,
    c
   FROM app.ft;

--
-- Functions
--

CREATE FUNCTION app.transformed(integer, text)
    RETURNS integer
    TRANSFORM FOR TYPE integer LANGUAGE sql
    AS $$select $1$$;

CREATE FUNCTION app.trig()
    RETURNS trigger
    LANGUAGE plpgsql
    AS $$begin return new; end$$;

--
-- Triggers
--

CREATE TRIGGER tr BEFORE INSERT ON app.ft FOR EACH ROW EXECUTE FUNCTION app.trig();
ALTER FOREIGN TABLE app.ft DISABLE TRIGGER tr;

RESET search_path;
RESET check_function_bodies;
RESET standard_conforming_strings;
RESET client_encoding;
