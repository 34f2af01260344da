SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SET check_function_bodies = off;
SET search_path = '';

CREATE SCHEMA IF NOT EXISTS app;

--
-- Tables
--

CREATE TABLE app.zz_parent (
    z integer
);

CREATE TABLE app.aa_child (
    a integer
)
INHERITS (app.zz_parent);

CREATE TABLE app.animal (
    id integer NOT NULL,
    name text NOT NULL DEFAULT 'nobody'::text,
    legs integer DEFAULT 4,
    note text,
    color text DEFAULT 'grey'::text,
    CONSTRAINT animal_pkey PRIMARY KEY (id),
    CONSTRAINT animal_legs_check CHECK ((legs >= 0)),
    CONSTRAINT not_inherited CHECK ((id > 0)) NO INHERIT
);
ALTER TABLE ONLY app.animal ALTER COLUMN note SET STORAGE MAIN;
ALTER TABLE ONLY app.animal ALTER COLUMN note SET STATISTICS 77;

CREATE TABLE app.bird (
    wings integer,
    color text,
    id integer NOT NULL,
    name text NOT NULL,
    legs integer,
    note text,
    CONSTRAINT animal_legs_check CHECK ((legs >= 0))
);
ALTER TABLE ONLY app.bird INHERIT app.animal;
ALTER TABLE ONLY app.bird ALTER COLUMN note SET STORAGE EXTERNAL;
ALTER TABLE ONLY app.bird ALTER COLUMN note SET STATISTICS 77;
COMMENT ON COLUMN app.bird.legs IS 'two';

CREATE TABLE app.cat (
    name text DEFAULT 'tom'::text,
    lives integer DEFAULT 9
)
INHERITS (app.animal);
ALTER TABLE ONLY app.cat ALTER COLUMN note SET STORAGE EXTERNAL;
ALTER TABLE ONLY app.cat ALTER COLUMN note SET STATISTICS 77;

CREATE TABLE app.dog (
    breed text
)
INHERITS (app.animal);
ALTER TABLE ONLY app.dog ALTER COLUMN note SET STORAGE EXTERNAL;
ALTER TABLE ONLY app.dog ALTER COLUMN note SET STATISTICS 77;
COMMENT ON COLUMN app.dog.name IS 'inherited with a comment';

CREATE TABLE app.dropped (
    kept integer
);

CREATE TABLE app.dropped_child (
    more integer
)
INHERITS (app.dropped);

CREATE TABLE app.fish (
    CONSTRAINT animal_legs_check CHECK ((legs >= 0)),
    CONSTRAINT fish_legs_check CHECK ((legs = 0))
)
INHERITS (app.animal)
WITH (fillfactor=50);

CREATE TABLE app.gen (
    a integer,
    b integer GENERATED ALWAYS AS ((a + 1)) STORED
);

CREATE TABLE app.gen_child (
    c integer
)
INHERITS (app.gen);

CREATE TABLE app.orphan (
    id integer NOT NULL,
    name text NOT NULL DEFAULT 'nobody'::text,
    legs integer DEFAULT 4,
    note text,
    color text DEFAULT 'grey'::text,
    CONSTRAINT animal_legs_check CHECK ((legs >= 0)),
    CONSTRAINT late CHECK ((note <> ''::text))
);
ALTER TABLE ONLY app.orphan ALTER COLUMN note SET STORAGE MAIN;

CREATE TABLE app.owned (
    owner text,
    name text NOT NULL DEFAULT 'nobody'::text
);

CREATE TABLE app.pet (
    name text DEFAULT 'rex'::text
)
INHERITS (app.dog, app.owned);
ALTER TABLE ONLY app.pet ALTER COLUMN note SET STATISTICS 77;

CREATE TABLE app.snake (
)
INHERITS (app.animal);
ALTER TABLE ONLY app.snake ALTER COLUMN name DROP DEFAULT;
ALTER TABLE ONLY app.snake ALTER COLUMN legs SET DEFAULT 0;
ALTER TABLE ONLY app.snake ALTER COLUMN note SET NOT NULL;
ALTER TABLE ONLY app.snake ALTER COLUMN note SET STORAGE EXTERNAL;
ALTER TABLE ONLY app.snake ALTER COLUMN note SET STATISTICS 77;

CREATE TABLE app.two_a (
    x integer,
    y integer
);

CREATE TABLE app.two_b (
    y integer,
    z integer
);

CREATE TABLE app.two (
    z integer,
    w integer
)
INHERITS (app.two_b, app.two_a);

--
-- Constraints
--

ALTER TABLE app.animal ADD CONSTRAINT late CHECK ((note <> ''::text)) NOT VALID;

--
-- Indexes
--

CREATE INDEX dog_breed_idx ON app.dog USING btree (breed);

RESET search_path;
RESET check_function_bodies;
RESET standard_conforming_strings;
RESET client_encoding;
