SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SET check_function_bodies = off;
SET search_path = '';

CREATE SCHEMA IF NOT EXISTS app;
COMMENT ON SCHEMA app IS 'schema';

--
-- Types
--

CREATE TYPE app.c AS (
    x integer
);
COMMENT ON TYPE app.c IS 'composite';
COMMENT ON COLUMN app.c.x IS 'x';

CREATE DOMAIN app.d AS integer
    CONSTRAINT dc CHECK ((VALUE > 0));
COMMENT ON DOMAIN app.d IS 'domain';
COMMENT ON CONSTRAINT dc ON DOMAIN app.d IS 'domain check';

CREATE TYPE app.e AS ENUM (
    'a'
);
COMMENT ON TYPE app.e IS 'enum';

CREATE TYPE app.r AS RANGE (
    SUBTYPE = integer
);
COMMENT ON TYPE app.r IS 'range';

--
-- Tables
--

CREATE TABLE app.p (
    id integer NOT NULL,
    b integer,
    CONSTRAINT p_pkey PRIMARY KEY (id)
)
PARTITION BY LIST (id);
COMMENT ON CONSTRAINT p_pkey ON app.p IS 'parent key';

CREATE TABLE app.p1 PARTITION OF app.p
FOR VALUES IN (1);
COMMENT ON COLUMN app.p1.id IS 'partition column';
COMMENT ON CONSTRAINT p1_pkey ON app.p1 IS 'clone';
COMMENT ON INDEX app.p1_pkey IS 'clone index';

CREATE TABLE app.t (
    id integer NOT NULL GENERATED ALWAYS AS IDENTITY,
    a integer,
    b integer,
    c integer,
    CONSTRAINT t_pkey PRIMARY KEY (id),
    CONSTRAINT t_c_excl EXCLUDE USING btree (c WITH =),
    CONSTRAINT t_a_check CHECK ((a > 0))
);
COMMENT ON TABLE app.t IS 'table';
COMMENT ON COLUMN app.t.id IS 'id';
COMMENT ON SEQUENCE app.t_id_seq IS 'identity sequence';
COMMENT ON CONSTRAINT t_pkey ON app.t IS 'pk';
COMMENT ON INDEX app.t_pkey IS 'pk index';
COMMENT ON CONSTRAINT t_c_excl ON app.t IS 'excl';
COMMENT ON INDEX app.t_c_excl IS 'excl index';
COMMENT ON CONSTRAINT t_a_check ON app.t IS 'check';

--
-- Foreign keys
--

ALTER TABLE app.p ADD CONSTRAINT p_b_fkey FOREIGN KEY (b) REFERENCES app.t(id);
COMMENT ON CONSTRAINT p_b_fkey ON app.p IS 'parent fk';

ALTER TABLE app.t ADD CONSTRAINT t_b_fkey FOREIGN KEY (b) REFERENCES app.t(id);
COMMENT ON CONSTRAINT t_b_fkey ON app.t IS 'fk';

--
-- Indexes
--

CREATE INDEX ix ON app.t USING btree (a);
COMMENT ON INDEX app.ix IS 'index';

--
-- Statistics
--

CREATE STATISTICS app.s ON a, b FROM app.t;
COMMENT ON STATISTICS app.s IS 'stat';

--
-- Views
--

CREATE VIEW app.v AS
 SELECT 1 AS a;
COMMENT ON VIEW app.v IS 'view';
COMMENT ON COLUMN app.v.a IS 'a';

--
-- Functions
--

CREATE FUNCTION app.f(integer, OUT x text)
    RETURNS text
    LANGUAGE sql
    AS $$select 1$$;
COMMENT ON FUNCTION app.f(integer, OUT x text) IS 'f';

CREATE PROCEDURE app.pr(IN integer, OUT x integer)
    LANGUAGE sql
    AS $$select 1$$;
COMMENT ON PROCEDURE app.pr(IN integer, OUT x integer) IS 'pr';

CREATE FUNCTION app.trig()
    RETURNS trigger
    LANGUAGE plpgsql
    AS $$begin end$$;

--
-- Triggers
--

CREATE TRIGGER tr BEFORE INSERT ON app.p FOR EACH ROW EXECUTE FUNCTION app.trig();
COMMENT ON TRIGGER tr ON app.p IS 'trigger';

--
-- Rules
--

CREATE RULE ru AS
    ON DELETE TO app.v DO INSTEAD NOTHING;
COMMENT ON RULE ru ON app.v IS 'rule';

--
-- Policies
--

CREATE POLICY po ON app.t;
COMMENT ON POLICY po ON app.t IS 'policy';

RESET search_path;
RESET check_function_bodies;
RESET standard_conforming_strings;
RESET client_encoding;
