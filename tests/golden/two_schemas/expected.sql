SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SET check_function_bodies = off;
SET search_path = '';

CREATE SCHEMA IF NOT EXISTS a;

CREATE SCHEMA IF NOT EXISTS b;

--
-- Types
--

CREATE TYPE a.mood AS ENUM (
    'x'
);

--
-- Sequences
--

CREATE SEQUENCE a.other;

CREATE SEQUENCE b.seq;

--
-- Tables
--

CREATE TABLE a.inh (
    x integer
);

CREATE TABLE a.parent (
    id integer,
    k integer
)
PARTITION BY LIST (k);

CREATE TABLE b.t (
    m a.mood,
    id integer NOT NULL,
    a_id integer DEFAULT nextval('a.other'::regclass),
    CONSTRAINT t_pkey PRIMARY KEY (id)
);

CREATE TABLE a.t (
    id integer NOT NULL,
    m b.t[],
    CONSTRAINT t_pkey PRIMARY KEY (id)
);

CREATE TABLE b.child PARTITION OF a.parent
FOR VALUES IN (1);

CREATE TABLE b.inh_child (
    y integer
)
INHERITS (a.inh);

ALTER SEQUENCE b.seq OWNED BY b.t.id;

--
-- Constraints
--

CREATE FUNCTION a.f(b.t)
    RETURNS integer
    LANGUAGE sql IMMUTABLE
    AS $$select 1$$;

ALTER TABLE b.t ADD CONSTRAINT c CHECK ((a.f(t.*) > 0));

--
-- Foreign keys
--

ALTER TABLE a.t ADD CONSTRAINT t_id_fkey FOREIGN KEY (id) REFERENCES b.t(id);

ALTER TABLE b.t ADD CONSTRAINT t_a_id_fkey FOREIGN KEY (a_id) REFERENCES a.t(id);

--
-- Indexes
--

CREATE INDEX parent_id_idx ON a.parent USING btree (id);

--
-- Views
--

CREATE VIEW b.v AS
 SELECT a.f(t.*) AS x
   FROM b.t;

CREATE VIEW a.v AS
 SELECT x
   FROM b.v;

--
-- Functions
--

CREATE FUNCTION b.trig()
    RETURNS trigger
    LANGUAGE plpgsql
    AS $$begin return null; end$$;

--
-- Triggers
--

CREATE TRIGGER t AFTER INSERT ON a.t FOR EACH ROW EXECUTE FUNCTION b.trig();

RESET search_path;
RESET check_function_bodies;
RESET standard_conforming_strings;
RESET client_encoding;
