SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SET check_function_bodies = off;
SET search_path = '';

CREATE SCHEMA IF NOT EXISTS app;

--
-- Types
--

CREATE TYPE app.color AS ENUM (
    'red',
    'grün'
);

CREATE TABLE app.row0 (
    x integer,
    y text
);

CREATE DOMAIN app.dd1 AS app.row0
    CONSTRAINT dd1_check CHECK (((VALUE).x > 0));

CREATE DOMAIN app.dd2 AS app.dd1 NOT NULL;

CREATE DOMAIN app.dd3 AS app.dd2[]
    CONSTRAINT dd3_check CHECK ((array_length(VALUE, 1) < 5));

--
-- Sequences
--

CREATE SEQUENCE app.of_view;

--
-- Tables
--

CREATE TABLE app.bounds (
    a timestamp with time zone,
    b interval,
    c numeric,
    d date
)
PARTITION BY RANGE (a, c, d);

CREATE TABLE app.bounds_1 PARTITION OF app.bounds
FOR VALUES FROM ('2024-01-01 00:00:00+00', '-1.50', '2024-01-01') TO ('2025-01-01 07:34:56.789+00', MAXVALUE, MAXVALUE);

CREATE TABLE app.by_color (
    c app.color DEFAULT 'red'::app.color,
    CONSTRAINT by_color_c_check CHECK ((c <> 'grün'::app.color))
)
PARTITION BY LIST (c);

CREATE TABLE app.by_color_red PARTITION OF app.by_color
FOR VALUES IN ('red');

CREATE TABLE app.d0 (
    a integer,
    b integer NOT NULL DEFAULT 1,
    f integer DEFAULT 9,
    CONSTRAINT d0_a_check CHECK ((a > 0)),
    CONSTRAINT d0_f_check CHECK ((f > 1)) NO INHERIT,
    CONSTRAINT only_here CHECK ((b > 0)) NO INHERIT
);

CREATE TABLE app.d1 (
    c integer
)
INHERITS (app.d0);

CREATE TABLE app.d2 (
    b integer DEFAULT 2,
    d integer
)
INHERITS (app.d0);

CREATE TABLE app.d3 (
    b integer DEFAULT 3,
    e integer
)
INHERITS (app.d1, app.d2);

CREATE TABLE app.d4 (
)
INHERITS (app.d3);
ALTER TABLE ONLY app.d4 ALTER COLUMN b SET DEFAULT 4;
ALTER TABLE ONLY app.d4 ALTER COLUMN f DROP DEFAULT;

CREATE TABLE app.dom (
    a app.dd3,
    b app.dd2 DEFAULT ROW(1, 'x'::text)
);

CREATE TABLE app.fk_part (
    a integer,
    b text,
    c integer
)
PARTITION BY RANGE (a);

CREATE TABLE app.fk_part_1 PARTITION OF app.fk_part
FOR VALUES FROM (1) TO (2);

CREATE TABLE app.h (
    a integer NOT NULL,
    b text,
    c integer DEFAULT 5,
    CONSTRAINT hc CHECK ((c < 100))
)
PARTITION BY HASH (b text_pattern_ops, a);

CREATE TABLE app.h0 (
    c integer DEFAULT 6,
    b text,
    a integer NOT NULL,
    CONSTRAINT hc CHECK ((c < 100))
);
ALTER TABLE ONLY app.h ATTACH PARTITION app.h0 FOR VALUES WITH (modulus 2, remainder 0);

CREATE TABLE app.h1 (
    a integer NOT NULL,
    c integer DEFAULT 5,
    b text,
    CONSTRAINT hc CHECK ((c < 100))
)
PARTITION BY RANGE (c);
ALTER TABLE ONLY app.h ATTACH PARTITION app.h1 FOR VALUES WITH (modulus 2, remainder 1);

CREATE TABLE app.h1_high (
    c integer DEFAULT 5,
    b text,
    a integer NOT NULL,
    CONSTRAINT h1_high_c_check CHECK ((c >= 0)),
    CONSTRAINT hc CHECK ((c < 100))
);
ALTER TABLE ONLY app.h1 ATTACH PARTITION app.h1_high DEFAULT;

CREATE TABLE app.h1_low PARTITION OF app.h1
FOR VALUES FROM (MINVALUE) TO (0);

CREATE TABLE app.t (
    id integer NOT NULL,
    parent integer,
    name text,
    js jsonb,
    at timestamp with time zone,
    arr integer[],
    CONSTRAINT t_pkey PRIMARY KEY (id)
);

CREATE VIEW app.insertable WITH (check_option=local, security_barrier=true) AS
 SELECT id,
    name
   FROM app.t
  WHERE (id > 0);
ALTER VIEW app.insertable ALTER COLUMN name SET DEFAULT 'view default'::text;

ALTER SEQUENCE app.of_view OWNED BY app.insertable.id;

CREATE TABLE app.other_am (
    a integer NOT NULL,
    b point,
    CONSTRAINT other_am_pkey PRIMARY KEY (a)
)
USING kt_heap;

CREATE TABLE app.row1 (
    r app.row0 DEFAULT ROW(1, 'a'::text),
    rs app.row0[] DEFAULT ARRAY[ROW(1, 'b'::text)::app.row0],
    CONSTRAINT row1_r_check CHECK (((r).x > 0))
);

CREATE TABLE app.self (
    id integer NOT NULL,
    pid integer,
    CONSTRAINT self_pkey PRIMARY KEY (id)
)
PARTITION BY RANGE (id);

CREATE TABLE app.self_1 PARTITION OF app.self
FOR VALUES FROM (1) TO (9);

--
-- Foreign keys
--

CREATE UNIQUE INDEX h_a_b_c_idx ON app.h USING btree (a, b, c);

ALTER TABLE app.fk_part ADD CONSTRAINT fk_part_a_b_c_fkey FOREIGN KEY (a, b, c) REFERENCES app.h(a, b, c) ON DELETE CASCADE;

ALTER TABLE app.self ADD CONSTRAINT self_pid_fkey FOREIGN KEY (pid) REFERENCES app.self(id);

--
-- Indexes
--

CREATE INDEX by_color_c_idx ON app.by_color USING btree (c) WHERE (c = 'red'::app.color);

CREATE INDEX h_c_idx ON app.h USING btree (c) WHERE (c > 5);

CREATE OPERATOR FAMILY app.kt_point USING kt_gist;

CREATE OPERATOR CLASS app.kt_point
    FOR TYPE point USING kt_gist FAMILY app.kt_point AS
    OPERATOR 11 |>> (point, point),
    OPERATOR 15 <-> (point, point) FOR ORDER BY pg_catalog.float_ops,
    FUNCTION 1 (point, point) gist_point_consistent(internal, point, smallint, oid, internal),
    FUNCTION 2 (point, point) gist_box_union(internal, internal),
    FUNCTION 3 (point, point) gist_point_compress(internal),
    FUNCTION 5 (point, point) gist_box_penalty(internal, internal, internal),
    FUNCTION 6 (point, point) gist_box_picksplit(internal, internal),
    FUNCTION 7 (point, point) gist_box_same(box, box, internal),
    STORAGE box;

CREATE INDEX other_am_b_idx ON app.other_am USING kt_gist (b app.kt_point);

--
-- Views
--

CREATE VIEW app.casts AS
 SELECT ((id)::text || 'x'::text) AS a,
    (at)::date AS d,
    ((js -> 'a'::text) ->> 'b'::text) AS j,
    arr[1] AS e,
    (ARRAY[1, 2, 3])[2:3] AS sl,
    (name ~~* 'x%'::text) AS il,
    (name ~~ like_escape('a\%'::text, '\'::text)) AS esc,
    (id = ANY (ARRAY[1, 2, 3])) AS i,
    (id = ANY (arr)) AS an,
    ((id >= 1) AND (id <= 5)) AS bt,
    ((name IS NULL) OR (name = ''::text)) AS nn,
    COALESCE(name, 'x'::text) AS co,
    NULLIF(id, 3) AS nu,
    GREATEST(id, 2) AS g,
        CASE
            WHEN (id = 1) THEN 'a'::text
            WHEN (id = 2) THEN NULL::text
            ELSE 'b'::text
        END AS ca,
    EXTRACT(year FROM at) AS y,
    POSITION(('a'::text) IN (name)) AS p,
    SUBSTRING(name FROM 2 FOR 3) AS su,
    TRIM(BOTH 'x'::text FROM name) AS tr,
    OVERLAY(name PLACING 'a'::text FROM 1) AS ov,
    (at AT TIME ZONE 'UTC'::text) AS tz,
    ('1 day'::interval * (2)::double precision) AS iv,
    (EXISTS ( SELECT 1
           FROM app.t x
          WHERE (x.id = t.id))) AS ex,
    ARRAY( SELECT t_1.id
           FROM app.t t_1) AS ar,
    CURRENT_DATE AS cd,
    LOCALTIMESTAMP(2) AS lt,
    (name COLLATE "C") AS coll,
    (- id) AS neg,
    (NOT (id > 1)) AS nt,
    (id)::numeric(10,2) AS nm,
    'x'::character varying(3) AS vc,
    '101'::"bit" AS bits,
    (name ~ similar_to_escape('a|b'::text)) AS sim,
    NORMALIZE(name) AS norm
   FROM app.t t;

CREATE VIEW app.col_list AS
 SELECT a,
    b
   FROM json_to_recordset('[{"a":1}]'::json) f(a integer, b text COLLATE "C");

CREATE VIEW app.distinct_on AS
 SELECT DISTINCT ON (name) id,
    name
   FROM app.t
  ORDER BY name, id DESC;

CREATE VIEW app.frames AS
 SELECT sum(id) OVER (ORDER BY at RANGE BETWEEN '1 day'::interval PRECEDING AND CURRENT ROW) AS sum,
    first_value(id) OVER (PARTITION BY name ORDER BY id GROUPS BETWEEN 1 PRECEDING AND UNBOUNDED FOLLOWING) AS fv,
    count(*) FILTER (WHERE (id > 1)) OVER () AS c
   FROM app.t;

CREATE VIEW app.joins AS
 SELECT t.id,
    u.name,
    v.js
   FROM ((((app.t t
     LEFT JOIN app.t u USING (id) AS j)
     FULL JOIN app.t v ON ((v.id = t.id)))
     CROSS JOIN LATERAL ( SELECT 1 AS one) o)
     JOIN ( SELECT 1 AS one) p USING (one))
  WHERE ((t.id = 1) AND (u.name = 'a'::text) AND ((t.id, t.parent) IN ( SELECT t_1.id,
            t_1.parent
           FROM app.t t_1)))
  GROUP BY CUBE(t.id, u.name), v.js;

CREATE VIEW app.many_unions AS
(
         SELECT 1 AS a
        UNION
         SELECT 2 AS a
) EXCEPT ALL
( SELECT 3 AS a
INTERSECT ALL
 SELECT 4 AS a
  ORDER BY 1
 FETCH FIRST (1) ROWS WITH TIES);

CREATE MATERIALIZED VIEW app.mv_am USING kt_heap AS
 SELECT a
   FROM app.other_am
WITH NO DATA;

CREATE VIEW app.nested_with AS
 WITH a AS (
         WITH b AS (
                 SELECT 1 AS x
                )
         SELECT b.x
           FROM b
        )
 SELECT x,
    ( SELECT max(a_1.x) AS max
           FROM a a_1) AS max
   FROM a;

CREATE VIEW app.rowv AS
 SELECT (r).x AS rx,
    (r).x AS x,
    (r).y AS y,
    rs[1:2] AS s,
    (r IS DISTINCT FROM ROW(1, 'x'::text)::app.row0) AS e
   FROM app.row1;

CREATE VIEW app.search_cycle AS
 WITH RECURSIVE r AS (
         SELECT t.id,
            t.parent
           FROM app.t
          WHERE (t.parent IS NULL)
        UNION ALL
         SELECT t.id,
            t.parent
           FROM (app.t
             JOIN r r_1 ON ((t.parent = r_1.id)))
        ) SEARCH DEPTH FIRST BY id SET seq CYCLE id SET looped USING way
 SELECT id,
    parent,
    looped
   FROM r;

CREATE VIEW app.values_ AS
 SELECT a,
    b
   FROM ( VALUES (1,'x'::text), (2,NULL::text)) v(a, b);

--
-- Functions
--

CREATE FUNCTION app.dml(x integer)
    RETURNS SETOF app.t
    LANGUAGE sql
    BEGIN ATOMIC
 WITH gone AS (
          DELETE FROM app.t t_1
           WHERE (t_1.id = dml.x)
           RETURNING t_1.id,
             t_1.parent,
             t_1.name,
             t_1.js,
             t_1.at,
             t_1.arr
         ), fresh AS (
          INSERT INTO app.t AS t_1 (id, name)  SELECT (gone.id + 1000),
                     gone.name
                    FROM gone ON CONFLICT(id) DO UPDATE SET name = excluded.name
           WHERE (t_1.id > 3)
           RETURNING t_1.id
         )
  SELECT t.id,
     t.parent,
     t.name,
     t.js,
     t.at,
     t.arr
    FROM (app.t
      JOIN fresh USING (id));
 UPDATE app.t SET (name, parent) = ( SELECT 'x'::text AS a,
             1 AS b), js['a'::text] = '1'::jsonb
   WHERE (CURRENT_DATE > '2020-01-01'::date)
   RETURNING t.id,
     t.parent,
     t.name,
     t.js,
     t.at,
     t.arr;
END;

CREATE FUNCTION app.names("a b" integer, "select" text DEFAULT 'x'::text, INOUT "C" integer DEFAULT 3)
    RETURNS integer
    LANGUAGE sql
    AS $$select 1$$;

CREATE FUNCTION app.poly(anycompatible, anycompatiblearray, OUT anycompatible)
    RETURNS anycompatible
    LANGUAGE sql IMMUTABLE
    AS $$select $1$$;

CREATE PROCEDURE app.proc(INOUT a integer, VARIADIC b integer[] DEFAULT '{1}'::integer[])
    LANGUAGE sql
    BEGIN ATOMIC
 SELECT (a + 1);
END;

CREATE FUNCTION app.ret_table(a app.row0, b app.row0[], OUT c app.t, OUT d app.row0)
    RETURNS SETOF record
    LANGUAGE sql
    AS $$select null::app.t, null::app.row0$$;

CREATE FUNCTION app.setof_default(a timestamp with time zone DEFAULT (now() - '1 day'::interval), b text[] DEFAULT ARRAY['a'::text, 'b'::text], c app.row0 DEFAULT ROW(1, 'x'::text))
    RETURNS SETOF text
    LANGUAGE sql
    AS $$select 'a'$$;

CREATE FUNCTION app.v_trig()
    RETURNS trigger
    LANGUAGE plpgsql
    AS $$begin return new; end$$;

--
-- Triggers
--

CREATE TRIGGER ht BEFORE INSERT ON app.h0 FOR EACH ROW EXECUTE FUNCTION app.v_trig();

CREATE TRIGGER upd INSTEAD OF UPDATE ON app.insertable FOR EACH ROW EXECUTE FUNCTION app.v_trig('a', 'b\c');

--
-- Rules
--

CREATE RULE r1 AS
    ON INSERT TO app.row0
   WHERE (new.x > 5) DO ( INSERT INTO app.t (id)
  VALUES (new.x);
 UPDATE app.t SET name = new.y
  WHERE (t.id = new.x);
 DELETE FROM app.t
  WHERE (t.id = 99);
);

CREATE RULE r2 AS
    ON UPDATE TO app.row0 DO INSTEAD NOTHING;

CREATE RULE r2b AS
    ON DELETE TO app.row0 DO (
 NOTIFY "odd channel", 'payload';
 SELECT 1 AS "?column?";
);

CREATE RULE r3 AS
    ON INSERT TO app.values_ DO INSTEAD  INSERT INTO app.t (id, name)
  VALUES (new.a, new.b)
  RETURNING t.id,
    t.name;

RESET search_path;
RESET check_function_bodies;
RESET standard_conforming_strings;
RESET client_encoding;
