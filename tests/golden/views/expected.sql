SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SET check_function_bodies = off;
SET search_path = '';

CREATE SCHEMA IF NOT EXISTS app;

--
-- Tables
--

CREATE TABLE app.t (
    id integer NOT NULL,
    a integer,
    b text,
    at timestamp with time zone,
    CONSTRAINT t_pkey PRIMARY KEY (id)
);

--
-- Indexes
--

CREATE MATERIALIZED VIEW app.mv WITH (fillfactor=70) AS
 SELECT a,
    count(*) AS n
   FROM app.t
  GROUP BY a
WITH NO DATA;
ALTER MATERIALIZED VIEW app.mv ALTER COLUMN n SET STATISTICS 50;
COMMENT ON MATERIALIZED VIEW app.mv IS 'matview';
COMMENT ON COLUMN app.mv.n IS 'n';

CREATE UNIQUE INDEX mv_a_idx ON app.mv USING btree (a);

--
-- Views
--

CREATE VIEW app.zzz AS
 SELECT id
   FROM app.t;

CREATE VIEW app.aaa AS
 SELECT id
   FROM app.zzz;

CREATE VIEW app.by_key AS
 SELECT id,
    a,
    b
   FROM app.t
  GROUP BY id;

CREATE VIEW app.checked WITH (check_option=local) AS
 SELECT id,
    a
   FROM app.t
  WHERE (a > 1);

CREATE VIEW app.cte AS
 WITH RECURSIVE x AS (
         SELECT 1 AS n
        UNION
         SELECT (x_1.n + 1)
           FROM x x_1
          WHERE (x_1.n < 5)
        ), y AS MATERIALIZED (
         SELECT x_1.n
           FROM x x_1
        )
 SELECT x.n,
    y.n AS m
   FROM (x
     JOIN y ON ((x.n = y.n)));

CREATE VIEW app.defaulted AS
 SELECT id,
    a
   FROM app.t;
ALTER VIEW app.defaulted ALTER COLUMN a SET DEFAULT 5;

CREATE VIEW app.fors AS
 SELECT id,
    a,
    b,
    at,
    t.*::app.t AS whole,
    b AS bb
   FROM app.t;

CREATE VIEW app.grouped AS
 SELECT a,
    count(*) FILTER (WHERE (b IS NOT NULL)) AS n,
    max(at) AS last,
    array_agg(b ORDER BY id DESC) AS bs
   FROM app.t
  GROUP BY GROUPING SETS ((a), ())
 HAVING (count(*) > 1)
  ORDER BY a NULLS FIRST
 OFFSET 2
 LIMIT 10;

CREATE VIEW app.lat AS
 SELECT t.id,
    s.x
   FROM app.t,
    LATERAL generate_series(1, t.a) WITH ORDINALITY s(x, o)
  WHERE ((t.b ~ similar_to_escape('%x'::text)) OR ((t.at AT TIME ZONE 'UTC'::text) > '2020-01-01 00:00:00'::timestamp without time zone));

CREATE MATERIALIZED VIEW app.mv2 AS
 SELECT n
   FROM app.mv
WITH NO DATA;

CREATE VIEW app.nulls AS
 SELECT NULL::text AS n,
    'x'::text AS unknown,
    NULL::integer AS i,
    1.5 AS num,
    '{}'::text[] AS arr;

CREATE VIEW app.numbers AS
 WITH RECURSIVE numbers(n) AS (
         VALUES (1)
        UNION ALL
         SELECT (numbers_1.n + 1)
           FROM numbers numbers_1
          WHERE (numbers_1.n < 10)
        )
 SELECT n
   FROM numbers;

CREATE VIEW app.on_mv AS
 SELECT n
   FROM app.mv2;

CREATE VIEW app.opts WITH (security_barrier=true, security_invoker=on, check_option=cascaded) AS
 SELECT id,
    a
   FROM app.t
  WHERE (a > 1);

CREATE VIEW app.plain AS
 SELECT id,
    b
   FROM app.t;
COMMENT ON VIEW app.plain IS 'view';
COMMENT ON COLUMN app.plain.b IS 'b';

CREATE VIEW app.renamed AS
 SELECT id AS new_x,
    b AS "Y z"
   FROM app.t;

CREATE VIEW app.sample AS
 SELECT id
   FROM app.t TABLESAMPLE bernoulli (10) REPEATABLE (1);

CREATE VIEW app.sets AS
 SELECT t.id
   FROM app.t
UNION ALL (
         SELECT t.a AS id
           FROM app.t
        EXCEPT (
                 SELECT 1 AS id
                INTERSECT
                 SELECT 2 AS id
        )
)
  ORDER BY 1;

CREATE VIEW app.tables_ AS
 SELECT a,
    b,
    o
   FROM ROWS FROM(generate_series(1, 2), unnest(ARRAY['a'::text, 'b'::text])) WITH ORDINALITY r(a, b, o);

CREATE VIEW app.vals AS
 VALUES (1,'a'::text), (2,'b'::text);

CREATE VIEW app.windowed AS
 SELECT id,
    row_number() OVER w AS rn,
    lag(a, 1, 0) OVER (PARTITION BY b ORDER BY at ROWS BETWEEN 1 PRECEDING AND CURRENT ROW EXCLUDE TIES) AS prev
   FROM app.t
  WINDOW w AS (ORDER BY id);

--
-- Functions
--

CREATE FUNCTION app.instead()
    RETURNS trigger
    LANGUAGE plpgsql
    AS $$begin return new; end$$;

--
-- Triggers
--

CREATE TRIGGER tr INSTEAD OF INSERT OR DELETE OR UPDATE ON app.plain FOR EACH ROW EXECUTE FUNCTION app.instead();
COMMENT ON TRIGGER tr ON app.plain IS 'a trigger';

CREATE TRIGGER ts AFTER INSERT ON app.plain FOR EACH STATEMENT EXECUTE FUNCTION app.instead();

--
-- Rules
--

CREATE RULE del AS
    ON DELETE TO app.plain DO INSTEAD ( DELETE FROM app.t
  WHERE (t.id = old.id);

 NOTIFY gone;
);

CREATE RULE upd AS
    ON UPDATE TO app.plain
   WHERE (old.id > 1) DO INSTEAD  UPDATE app.t SET b = new.b
  WHERE (t.id = old.id);
COMMENT ON RULE upd ON app.plain IS 'a rule';

CREATE RULE also AS
    ON INSERT TO app.t DO  SELECT 1 AS "?column?";
ALTER TABLE app.t DISABLE RULE also;

CREATE RULE nothing AS
    ON INSERT TO app.t
   WHERE (new.a < 0) DO INSTEAD NOTHING;
ALTER TABLE app.t ENABLE REPLICA RULE nothing;

RESET search_path;
RESET check_function_bodies;
RESET standard_conforming_strings;
RESET client_encoding;
