SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SET check_function_bodies = off;
SET search_path = '';

CREATE SCHEMA IF NOT EXISTS app;

--
-- Tables
--

CREATE TABLE app.changed (
    own integer
)
INHERITS (other.base);
ALTER TABLE ONLY app.changed ALTER COLUMN name SET DEFAULT 'changed'::text;
ALTER TABLE ONLY app.changed ALTER COLUMN note SET NOT NULL;
ALTER TABLE ONLY app.changed ALTER COLUMN note SET DEFAULT 'x'::text;

CREATE TABLE app.child (
    own integer
)
INHERITS (other.base, other.second);

CREATE TABLE app.dropped (
)
INHERITS (other.base);
ALTER TABLE ONLY app.dropped ALTER COLUMN name DROP DEFAULT;

CREATE TABLE app.joined (
    note text,
    own integer,
    name text,
    id integer NOT NULL
);
ALTER TABLE ONLY app.joined INHERIT other.base;

CREATE TABLE app.part_1 PARTITION OF other.parted
FOR VALUES IN (1);

CREATE TABLE app.part_2 (
    k integer NOT NULL,
    id integer NOT NULL
);
ALTER TABLE ONLY other.parted ATTACH PARTITION app.part_2 DEFAULT;

CREATE TABLE app.part_3 PARTITION OF other.parted
FOR VALUES IN (3)
PARTITION BY LIST (id);

CREATE TABLE app.part_3_1 PARTITION OF app.part_3
DEFAULT;

CREATE TABLE app.uses (
    m other.mood,
    f integer DEFAULT other.f(1),
    n integer DEFAULT nextval('other.numbers'::regclass),
    r integer,
    t text COLLATE other.c
);

--
-- Foreign keys
--

ALTER TABLE app.uses ADD CONSTRAINT uses_r_fkey FOREIGN KEY (r) REFERENCES other.referenced(id);

--
-- Indexes
--

SET search_path = app, other, public;
CREATE INDEX uses_f_idx ON app.uses USING btree (other.f(f));
SET search_path = '';

--
-- Views
--

CREATE VIEW app.v AS
 SELECT f
   FROM app.uses
  WHERE (f OPERATOR(other.===) 1);

--
-- Triggers
--

CREATE TRIGGER t AFTER INSERT ON app.uses FOR EACH ROW EXECUTE FUNCTION other.trig();

RESET search_path;
RESET check_function_bodies;
RESET standard_conforming_strings;
RESET client_encoding;
