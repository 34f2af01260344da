SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SET check_function_bodies = off;
SET search_path = '';

CREATE SCHEMA IF NOT EXISTS app;

--
-- Tables
--

CREATE TABLE app.by_index (
    a integer,
    b integer
);

CREATE TABLE app.child (
    id integer NOT NULL,
    p integer NOT NULL,
    a integer,
    b integer,
    c text,
    x circle,
    r int4range,
    s tsrange,
    CONSTRAINT child_pkey PRIMARY KEY (id, p) INCLUDE (c),
    CONSTRAINT excl2 EXCLUDE USING gist (r WITH &&, s WITH -|-) WITH (fillfactor='60'),
    CONSTRAINT excl3 EXCLUDE USING btree (b WITH =) INCLUDE (a),
    CONSTRAINT no_overlap EXCLUDE USING gist (x WITH &&) WHERE ((a > 1)) DEFERRABLE,
    CONSTRAINT child_a_check CHECK ((a > 0)),
    CONSTRAINT child_b_check CHECK ((b > 0)) NO INHERIT,
    CONSTRAINT "odd Name" CHECK (((c <> 'a''b\'::text) AND (c !~ '
'::text)))
);
COMMENT ON CONSTRAINT no_overlap ON app.child IS 'none';

CREATE TABLE app.dropped (
    a integer NOT NULL,
    b integer NOT NULL,
    CONSTRAINT dropped_pkey PRIMARY KEY (b, a)
);

CREATE TABLE app.egg (
    id integer NOT NULL,
    hen integer NOT NULL,
    CONSTRAINT egg_pkey PRIMARY KEY (id)
);

CREATE TABLE app.hen (
    id integer NOT NULL,
    egg integer,
    CONSTRAINT hen_pkey PRIMARY KEY (id)
);

CREATE TABLE app.key_renamed (
    a integer NOT NULL,
    CONSTRAINT my_key PRIMARY KEY (a)
);

CREATE TABLE app.opts (
    a integer,
    CONSTRAINT opts_a_key UNIQUE (a) WITH (fillfactor=42)
);

CREATE TABLE app.parent (
    id integer NOT NULL,
    a integer,
    b integer,
    c text,
    CONSTRAINT parent_pkey PRIMARY KEY (id),
    CONSTRAINT ab UNIQUE (a, b) INCLUDE (c),
    CONSTRAINT c_later UNIQUE (c, id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT parent_b_key UNIQUE NULLS NOT DISTINCT (b) WITH (fillfactor=50),
    CONSTRAINT parent_c_key UNIQUE (c)
);
COMMENT ON CONSTRAINT parent_pkey ON app.parent IS 'pkey';
COMMENT ON INDEX app.parent_pkey IS 'the index of the key';
COMMENT ON CONSTRAINT ab ON app.parent IS 'unique ab';

CREATE TABLE app.refers (
    a integer
);

CREATE TABLE app.row_check (
    a integer,
    b integer,
    CONSTRAINT row_check_check CHECK ((row_check.* IS NOT NULL))
);

CREATE TABLE app.triggers_of_constraint (
    a integer
);

CREATE TABLE app.using_index (
    a integer NOT NULL,
    b integer,
    CONSTRAINT custom_key PRIMARY KEY (a) WITH (fillfactor=33),
    CONSTRAINT other UNIQUE (b)
);

--
-- Constraints
--

ALTER TABLE app.child ADD CONSTRAINT late CHECK ((a < 1000)) NOT VALID;

--
-- Foreign keys
--

ALTER TABLE app.child ADD CONSTRAINT child_c_fkey FOREIGN KEY (c) REFERENCES app.parent(c) ON DELETE RESTRICT;

ALTER TABLE app.child ADD CONSTRAINT child_p_fkey FOREIGN KEY (p) REFERENCES app.parent(id);

ALTER TABLE app.child ADD CONSTRAINT fk_ab FOREIGN KEY (a, b) REFERENCES app.parent(a, b) MATCH FULL ON UPDATE CASCADE ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE app.child ADD CONSTRAINT fk_self FOREIGN KEY (a, p) REFERENCES app.child(id, p) ON DELETE SET DEFAULT (a);

ALTER TABLE app.child ADD CONSTRAINT late_fk FOREIGN KEY (b) REFERENCES app.parent(id) NOT VALID;
COMMENT ON CONSTRAINT late_fk ON app.child IS 'a late foreign key';

ALTER TABLE app.egg ADD CONSTRAINT egg_hen_fkey FOREIGN KEY (hen) REFERENCES app.hen(id);

ALTER TABLE app.hen ADD CONSTRAINT hen_egg_fkey FOREIGN KEY (egg) REFERENCES app.egg(id);

CREATE UNIQUE INDEX by_index_a ON app.by_index USING btree (a);

ALTER TABLE app.refers ADD CONSTRAINT refers_a_fkey FOREIGN KEY (a) REFERENCES app.by_index(a);

--
-- Functions
--

CREATE FUNCTION app.noop()
    RETURNS trigger
    LANGUAGE plpgsql
    AS $$begin return null; end$$;

--
-- Triggers
--

CREATE CONSTRAINT TRIGGER from_table AFTER INSERT ON app.child FROM app.parent NOT DEFERRABLE INITIALLY IMMEDIATE FOR EACH ROW EXECUTE FUNCTION app.noop();

CREATE CONSTRAINT TRIGGER checks_late AFTER INSERT OR UPDATE OF a ON app.triggers_of_constraint DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN ((new.a IS NOT NULL)) EXECUTE FUNCTION app.noop();
COMMENT ON TRIGGER checks_late ON app.triggers_of_constraint IS 'constraint trigger';

RESET search_path;
RESET check_function_bodies;
RESET standard_conforming_strings;
RESET client_encoding;
