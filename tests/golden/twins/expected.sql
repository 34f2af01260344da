SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SET check_function_bodies = off;
SET search_path = '';

CREATE SCHEMA IF NOT EXISTS app;

--
-- Tables
--

CREATE TABLE app.child (
    id integer,
    a integer,
    b integer
);

CREATE TABLE app.ranges (
    r int4range,
    CONSTRAINT one EXCLUDE USING gist (r WITH &&)
);

CREATE TABLE app.twins (
    id integer NOT NULL,
    a integer NOT NULL,
    b integer NOT NULL,
    c integer,
    CONSTRAINT twins_pkey PRIMARY KEY (id),
    CONSTRAINT first_of_three UNIQUE (a, b) INCLUDE (c),
    CONSTRAINT other_order UNIQUE (b, a)
);

--
-- Constraints
--

ALTER TABLE app.ranges ADD CONSTRAINT other EXCLUDE USING gist (r WITH &&);

ALTER TABLE app.twins ADD CONSTRAINT second_of_three UNIQUE (a, b) INCLUDE (c);
COMMENT ON CONSTRAINT second_of_three ON app.twins IS 'made by another migration';

ALTER TABLE app.twins ADD CONSTRAINT third_of_three UNIQUE (a, b) INCLUDE (c) DEFERRABLE;

ALTER TABLE app.twins ADD CONSTRAINT twins_id_key UNIQUE (id);

--
-- Foreign keys
--

ALTER TABLE app.child ADD CONSTRAINT child_a_b_fkey FOREIGN KEY (a, b) REFERENCES app.twins(b, a);

ALTER TABLE app.child ADD CONSTRAINT child_id_fkey FOREIGN KEY (id) REFERENCES app.twins(id);

--
-- Indexes
--

CREATE INDEX same_1 ON app.child USING btree (a);

CREATE INDEX same_2 ON app.child USING btree (a);

RESET search_path;
RESET check_function_bodies;
RESET standard_conforming_strings;
RESET client_encoding;
