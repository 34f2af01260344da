SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SET check_function_bodies = off;
SET search_path = '';

CREATE SCHEMA IF NOT EXISTS app;

--
-- Tables
--

CREATE TABLE app.t (
    a integer,
    b text,
    c text[],
    d jsonb,
    e int4range,
    f point,
    g tsvector,
    h uuid,
    i inet,
    "J k" integer
);

--
-- Indexes
--

CREATE MATERIALIZED VIEW app.mv AS
 SELECT a,
    b
   FROM app.t
WITH NO DATA;

CREATE UNIQUE INDEX mv_a ON app.mv USING btree (a);
ALTER MATERIALIZED VIEW app.mv CLUSTER ON mv_a;

CREATE INDEX mv_lower_idx ON app.mv USING btree (lower(b));

CREATE INDEX brin_ix ON app.t USING brin (a int4_minmax_multi_ops (values_per_range='16'), h) WITH (pages_per_range='16', autosummarize='true');

CREATE INDEX coll ON app.t USING btree (b COLLATE "C", b COLLATE "POSIX" text_pattern_ops);

CREATE FUNCTION app.norm(text)
    RETURNS text
    LANGUAGE sql IMMUTABLE STRICT
    AS $$select lower($1)$$;

SET search_path = app, public;
CREATE INDEX expr ON app.t USING btree (lower(b), ((a + 1)), app.norm(b), ((d ->> 'x'::text))) WHERE ((a > 3) AND (b IS NOT NULL));
SET search_path = '';
COMMENT ON INDEX app.expr IS 'an index';

CREATE FUNCTION app.norm2(text)
    RETURNS text
    LANGUAGE plpgsql IMMUTABLE
    AS $$begin return app.norm($1); end$$;

SET search_path = app, public;
CREATE INDEX expr2 ON app.t USING btree (app.norm2(b)) WHERE (app.norm('X'::text) = 'x'::text);
SET search_path = '';

CREATE INDEX gin_ix ON app.t USING gin (c, d jsonb_path_ops) WITH (fastupdate=off, gin_pending_list_limit='128');

CREATE INDEX gist_ix ON app.t USING gist (e, f) WITH (buffering='on', fillfactor='40');

CREATE INDEX has_new_name ON app.t USING btree (a, h);

CREATE INDEX hash_ix ON app.t USING hash (h);

CREATE UNIQUE INDEX nnd ON app.t USING btree (h) NULLS NOT DISTINCT WITH (deduplicate_items=off);

CREATE INDEX "odd ""name"" -- x" ON app.t USING btree ("J k");

CREATE INDEX spg ON app.t USING spgist (i);

CREATE INDEX stat ON app.t USING btree (((a * 2)), b, ((a * 3)));
ALTER INDEX app.stat ALTER COLUMN 1 SET STATISTICS 100;
ALTER INDEX app.stat ALTER COLUMN 3 SET STATISTICS 0;

CREATE INDEX t_a_idx ON app.t USING btree (a);

CREATE INDEX ts_ix ON app.t USING gist (g tsvector_ops (siglen='100'));

CREATE UNIQUE INDEX u ON app.t USING btree (a, b DESC NULLS LAST, "J k" NULLS FIRST) INCLUDE (c, d);

--
-- Statistics
--

CREATE STATISTICS app.s1 ON a, b FROM app.t;
COMMENT ON STATISTICS app.s1 IS 'stats';

CREATE STATISTICS app.s2 (ndistinct, mcv) ON a, b, lower(b) FROM app.t;
ALTER STATISTICS app.s2 SET STATISTICS 200;

CREATE STATISTICS app.s3 (dependencies) ON a, "J k" FROM app.t;
ALTER STATISTICS app.s3 SET STATISTICS 0;

CREATE STATISTICS app.s4 ON (a + 1) FROM app.t;

CREATE STATISTICS app.s5 ON a, app.norm(b) FROM app.t;

RESET search_path;
RESET check_function_bodies;
RESET standard_conforming_strings;
RESET client_encoding;
