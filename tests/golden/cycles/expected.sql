SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SET check_function_bodies = off;
SET search_path = '';

CREATE SCHEMA IF NOT EXISTS app;

--
-- Types
--

CREATE TABLE app.node (
    id integer,
    name text,
    number bigint
);
ALTER TABLE app.node ENABLE ROW LEVEL SECURITY;

CREATE TYPE app.holder AS (
    n app.node
);

CREATE DOMAIN app.outer_d AS integer;

CREATE FUNCTION app.ok(app.outer_d)
    RETURNS boolean
    LANGUAGE sql IMMUTABLE
    AS $$select true$$;

ALTER DOMAIN app.outer_d ADD CONSTRAINT c CHECK (app.ok((VALUE)::app.outer_d));

CREATE FUNCTION app.def_d()
    RETURNS app.outer_d
    LANGUAGE sql
    AS $$select 1$$;

ALTER DOMAIN app.outer_d SET DEFAULT app.def_d();

CREATE DOMAIN app.word AS text
    CONSTRAINT word_check CHECK ((VALUE <> ''::text));

--
-- Sequences
--

CREATE SEQUENCE app.zz_seq;

--
-- Tables
--

CREATE FUNCTION app.next_id()
    RETURNS bigint
    LANGUAGE sql
    RETURN nextval('app.zz_seq'::regclass);

CREATE TABLE app.aa (
    id bigint DEFAULT app.next_id()
);

CREATE FUNCTION app.twice(integer)
    RETURNS integer
    LANGUAGE sql IMMUTABLE
    AS $$select $1 * 2$$;

SET search_path = app, public;
CREATE TABLE app.by_function (
    a integer
)
PARTITION BY RANGE (app.twice(a));
SET search_path = '';

CREATE TABLE app.by_function_1 PARTITION OF app.by_function
FOR VALUES FROM (1) TO (10);

CREATE FUNCTION app.is_odd(n integer)
    RETURNS boolean
    LANGUAGE sql IMMUTABLE
    AS '';

CREATE FUNCTION app.is_even(n integer)
    RETURNS boolean
    LANGUAGE sql IMMUTABLE
    RETURN ((n = 0) OR app.is_odd((n - 1)));

CREATE OR REPLACE FUNCTION app.is_odd(n integer)
    RETURNS boolean
    LANGUAGE sql IMMUTABLE
    RETURN ((n > 0) AND app.is_even((n - 1)));

CREATE TABLE app.computed (
    a integer GENERATED ALWAYS AS (
CASE
    WHEN app.is_even(2) THEN 1
    ELSE NULL::integer
END) STORED
);

SET search_path = app, public;
CREATE TABLE app.gen (
    a integer,
    b integer GENERATED ALWAYS AS (app.twice(a)) STORED,
    CONSTRAINT gen_a_check CHECK ((app.twice(a) > 0))
)
PARTITION BY RANGE (a);
SET search_path = '';

SET search_path = app, public;
CREATE TABLE app.gen_1 PARTITION OF app.gen
FOR VALUES FROM (1) TO (10);
SET search_path = '';

CREATE TABLE app.holders (
    h app.holder,
    ns app.node[]
);

CREATE TABLE app.log (
    what text
);

CREATE FUNCTION app.count_nodes()
    RETURNS bigint
    LANGUAGE sql
    BEGIN ATOMIC
 SELECT count(*) AS count
    FROM app.node;
END;

ALTER TABLE ONLY app.node ALTER COLUMN number SET DEFAULT app.count_nodes();

--
-- Constraints
--

CREATE FUNCTION app.valid_node(n app.node)
    RETURNS boolean
    LANGUAGE sql IMMUTABLE
    AS $$select n.id > 0$$;

ALTER TABLE app.node ADD CONSTRAINT row_ok CHECK (app.valid_node(node.*));

ALTER TABLE app.node ADD CONSTRAINT small CHECK ((app.count_nodes() < 1000));

--
-- Indexes
--

SET search_path = app, public;
CREATE INDEX gen_ix ON app.gen USING btree (app.twice(a)) WHERE (app.twice(1) = 2);
SET search_path = '';

--
-- Views
--

CREATE VIEW app.right_ AS
SELECT
    NULL::integer AS a;

CREATE VIEW app.left_ AS
 SELECT a
   FROM app.right_;

CREATE FUNCTION app.g()
    RETURNS bigint
    LANGUAGE sql
    AS '';

CREATE MATERIALIZED VIEW app.m AS
 SELECT app.g() AS n
WITH NO DATA;

CREATE VIEW app.r3 AS
SELECT
    NULL::app.word AS w,
    NULL::text COLLATE pg_catalog."C" AS c,
    NULL::integer[] AS a,
    NULL::character varying(7) AS vc,
    NULL::numeric(4,1) AS n;

CREATE VIEW app.r1 AS
 SELECT w,
    c,
    a,
    vc,
    n
   FROM app.r3;

CREATE VIEW app.r2 AS
 SELECT w,
    c,
    a,
    vc,
    n
   FROM app.r1;

CREATE OR REPLACE VIEW app.r3 AS
 SELECT w,
    c,
    a,
    vc,
    n
   FROM app.r2;

CREATE OR REPLACE VIEW app.right_ AS
 SELECT a
   FROM app.left_;

CREATE FUNCTION app.next_name(n app.node)
    RETURNS text
    LANGUAGE sql
    AS $$select n.name$$;

CREATE VIEW app.uses_rule AS
 SELECT app.twice(id) AS twice
   FROM app.node
  ORDER BY (app.next_name(node.*));

CREATE VIEW app.v AS
 SELECT id,
    name
   FROM app.node;

CREATE VIEW app.w AS
SELECT
    NULL::integer AS a,
    NULL::text AS b;

CREATE FUNCTION app.read_w()
    RETURNS bigint
    LANGUAGE sql STABLE
    BEGIN ATOMIC
 SELECT count(*) AS count
    FROM app.w;
END;

CREATE OR REPLACE VIEW app.w AS
 SELECT (app.read_w())::integer AS a,
    'x'::text AS b;

--
-- Functions
--

CREATE FUNCTION app.f_of_v(app.v)
    RETURNS text
    LANGUAGE sql STABLE
    AS $$select $1.name$$;

CREATE FUNCTION app.from_view(app.r3)
    RETURNS integer
    LANGUAGE sql
    RETURN 1;

CREATE OR REPLACE FUNCTION app.g()
    RETURNS bigint
    LANGUAGE sql
    BEGIN ATOMIC
 SELECT count(*) AS count
    FROM app.m;
END;

CREATE FUNCTION app.list_v()
    RETURNS SETOF app.v
    LANGUAGE sql STABLE
    BEGIN ATOMIC
 SELECT v.id,
     v.name
    FROM app.v;
END;

CREATE FUNCTION app.one()
    RETURNS integer
    LANGUAGE sql
    RETURN 1;

CREATE FUNCTION app.pong()
    RETURNS integer
    LANGUAGE sql
    AS '';

CREATE FUNCTION app.ping()
    RETURNS integer
    LANGUAGE sql
    RETURN app.pong();

CREATE OR REPLACE FUNCTION app.pong()
    RETURNS integer
    LANGUAGE sql
    RETURN app.ping();

CREATE FUNCTION app.two(x integer DEFAULT app.one())
    RETURNS integer
    LANGUAGE sql
    RETURN x;

--
-- Rules
--

CREATE RULE r AS
    ON INSERT TO app.node DO  INSERT INTO app.log (what)
  VALUES (app.next_name(new.*));

--
-- Policies
--

CREATE POLICY p ON app.node USING (app.valid_node(node.*)) WITH CHECK ((app.count_nodes() < 5));

RESET search_path;
RESET check_function_bodies;
RESET standard_conforming_strings;
RESET client_encoding;
