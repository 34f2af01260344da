SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SET check_function_bodies = off;
SET search_path = '';

CREATE SCHEMA IF NOT EXISTS app;

--
-- Tables
--

CREATE TABLE app.deep (
    a integer NOT NULL,
    b integer NOT NULL,
    CONSTRAINT deep_pkey PRIMARY KEY (a, b)
)
PARTITION BY LIST (a);

CREATE TABLE app.deep_1 (
    a integer NOT NULL,
    b integer NOT NULL,
    CONSTRAINT mid_key PRIMARY KEY (a, b)
)
PARTITION BY LIST (b);
ALTER TABLE ONLY app.deep ATTACH PARTITION app.deep_1 FOR VALUES IN (1);

CREATE TABLE app.deep_1_1 (
    b integer NOT NULL,
    a integer NOT NULL,
    CONSTRAINT low_key PRIMARY KEY (a, b)
);
ALTER TABLE ONLY app.deep_1 ATTACH PARTITION app.deep_1_1 FOR VALUES IN (1);

CREATE TABLE app.inc (
    id integer NOT NULL,
    b integer
)
PARTITION BY LIST (id);

CREATE TABLE app.inc_1 PARTITION OF app.inc (
    CONSTRAINT inc_1_key PRIMARY KEY (id)
)
FOR VALUES IN (1);

CREATE TABLE app.inc_2 PARTITION OF app.inc
FOR VALUES IN (2);

CREATE TABLE app.k (
    id integer NOT NULL,
    a integer
)
PARTITION BY RANGE (id);

CREATE TABLE app.k_1 PARTITION OF app.k (
    CONSTRAINT k_1_pkey PRIMARY KEY (id)
)
FOR VALUES FROM (0) TO (10);

CREATE TABLE app.k_2 PARTITION OF app.k
FOR VALUES FROM (10) TO (20);

CREATE TABLE app.keyed (
    a integer NOT NULL,
    b integer NOT NULL,
    CONSTRAINT "Key" PRIMARY KEY (a, b)
)
PARTITION BY LIST (a);

CREATE TABLE app.keyed_1 (
    a integer NOT NULL,
    b integer NOT NULL,
    CONSTRAINT other PRIMARY KEY (a, b)
);
ALTER TABLE ONLY app.keyed ATTACH PARTITION app.keyed_1 FOR VALUES IN (1);

CREATE TABLE app.m (
    a integer,
    b integer,
    c text
)
PARTITION BY RANGE (a);

CREATE TABLE app.m_1 PARTITION OF app.m (
    a NOT NULL,
    b NOT NULL
)
FOR VALUES FROM (0) TO (10);

CREATE TABLE app.m_2 PARTITION OF app.m
FOR VALUES FROM (10) TO (20)
PARTITION BY LIST (b);

CREATE TABLE app.m_2_x PARTITION OF app.m_2
FOR VALUES IN (1);

CREATE TABLE app.m_2_y PARTITION OF app.m_2
FOR VALUES IN (2);

CREATE TABLE app.refers (
    a integer,
    b integer
);

CREATE TABLE app.refers_two (
    id integer,
    b integer
);

CREATE TABLE app.renamed (
    a integer,
    c integer,
    twice integer
)
PARTITION BY LIST (a);

CREATE TABLE app.renamed_1 PARTITION OF app.renamed
FOR VALUES IN (1);

CREATE TABLE app.renamed_2 PARTITION OF app.renamed
FOR VALUES IN (2)
PARTITION BY RANGE (c);

CREATE TABLE app.renamed_2_1 PARTITION OF app.renamed_2
FOR VALUES FROM (1) TO (9);

CREATE TABLE app.two (
    id integer NOT NULL,
    b integer,
    CONSTRAINT two_key UNIQUE (id, b)
)
PARTITION BY LIST (id);

CREATE TABLE app.two_1 (
    id integer NOT NULL,
    b integer,
    CONSTRAINT two_1_own UNIQUE (id, b)
);
ALTER TABLE ONLY app.two ATTACH PARTITION app.two_1 FOR VALUES IN (1);

--
-- Constraints
--

ALTER TABLE ONLY app.inc ADD CONSTRAINT inc_key PRIMARY KEY (id);

--
-- Foreign keys
--

ALTER TABLE app.refers ADD CONSTRAINT to_keyed FOREIGN KEY (a, b) REFERENCES app.keyed(a, b);

CREATE UNIQUE INDEX renamed_a_c_idx ON ONLY app.renamed USING btree (a, c);

CREATE UNIQUE INDEX renamed_1_a_c_idx ON app.renamed_1 USING btree (a, c);
ALTER INDEX app.renamed_a_c_idx ATTACH PARTITION app.renamed_1_a_c_idx;

CREATE UNIQUE INDEX renamed_2_a_c_idx ON ONLY app.renamed_2 USING btree (a, c);
ALTER INDEX app.renamed_a_c_idx ATTACH PARTITION app.renamed_2_a_c_idx;

CREATE UNIQUE INDEX odd ON app.renamed_2_1 USING btree (a, c);
ALTER INDEX app.renamed_2_a_c_idx ATTACH PARTITION app.odd;

ALTER TABLE app.refers ADD CONSTRAINT to_renamed FOREIGN KEY (a, b) REFERENCES app.renamed(a, c);

ALTER TABLE app.refers_two ADD CONSTRAINT to_two FOREIGN KEY (id, b) REFERENCES app.two(id, b);

--
-- Indexes
--

ALTER INDEX app.inc_key ATTACH PARTITION app.inc_1_key;

CREATE UNIQUE INDEX k_id ON ONLY app.k USING btree (id);

ALTER INDEX app.k_id ATTACH PARTITION app.k_1_pkey;

CREATE UNIQUE INDEX k_2_id_idx ON app.k_2 USING btree (id);
ALTER INDEX app.k_id ATTACH PARTITION app.k_2_id_idx;

CREATE UNIQUE INDEX backwards ON ONLY app.keyed USING btree (b, a);
ALTER TABLE ONLY app.keyed REPLICA IDENTITY USING INDEX backwards;

CREATE UNIQUE INDEX own ON app.keyed_1 USING btree (b, a);
ALTER INDEX app.backwards ATTACH PARTITION app.own;

CREATE INDEX commented ON ONLY app.m USING btree (b, a);
COMMENT ON INDEX app.commented IS 'on the parent';

CREATE INDEX custom_names ON ONLY app.m USING btree (c);

CREATE INDEX expression ON app.m USING btree (lower(c), ((a + b)) DESC NULLS LAST) WHERE (a > 3);

CREATE INDEX hand_made ON ONLY app.m USING btree (a, c);

CREATE INDEX stats ON ONLY app.m USING btree (((a * 2)));

CREATE INDEX usual ON ONLY app.m USING btree (b);

CREATE UNIQUE INDEX usual_unique ON ONLY app.m USING btree (a, b) INCLUDE (c);

CREATE INDEX with_options ON ONLY app.m USING btree (a) WITH (fillfactor='66');

CREATE INDEX aa_alone ON app.m_1 USING btree (b);

CREATE INDEX hand_1 ON app.m_1 USING btree (a, c);
ALTER INDEX app.hand_made ATTACH PARTITION app.hand_1;

CREATE UNIQUE INDEX m_1_a_b_c_idx ON app.m_1 USING btree (a, b) INCLUDE (c);
ALTER INDEX app.usual_unique ATTACH PARTITION app.m_1_a_b_c_idx;
ALTER TABLE ONLY app.m_1 REPLICA IDENTITY USING INDEX m_1_a_b_c_idx;

CREATE INDEX m_1_a_idx ON app.m_1 USING btree (a) WITH (fillfactor='77');
ALTER INDEX app.with_options ATTACH PARTITION app.m_1_a_idx;

CREATE INDEX m_1_b_a_idx ON app.m_1 USING btree (b, a);
ALTER INDEX app.commented ATTACH PARTITION app.m_1_b_a_idx;
COMMENT ON INDEX app.m_1_b_a_idx IS 'on the child';

CREATE INDEX m_1_b_idx ON app.m_1 USING btree (b);
ALTER INDEX app.usual ATTACH PARTITION app.m_1_b_idx;
ALTER TABLE app.m_1 CLUSTER ON m_1_b_idx;

CREATE INDEX m_1_expr_idx ON app.m_1 USING btree (((a * 2)));
ALTER INDEX app.stats ATTACH PARTITION app.m_1_expr_idx;

CREATE INDEX on_m_1 ON app.m_1 USING btree (c);
ALTER INDEX app.custom_names ATTACH PARTITION app.on_m_1;

CREATE UNIQUE INDEX m_2_a_b_c_idx ON ONLY app.m_2 USING btree (a, b) INCLUDE (c);
ALTER INDEX app.usual_unique ATTACH PARTITION app.m_2_a_b_c_idx;

CREATE INDEX m_2_a_idx ON ONLY app.m_2 USING btree (a) WITH (fillfactor='66');
ALTER INDEX app.with_options ATTACH PARTITION app.m_2_a_idx;

CREATE INDEX m_2_b_a_idx ON ONLY app.m_2 USING btree (b, a);
ALTER INDEX app.commented ATTACH PARTITION app.m_2_b_a_idx;

CREATE INDEX m_2_b_idx ON ONLY app.m_2 USING btree (b);
ALTER INDEX app.usual ATTACH PARTITION app.m_2_b_idx;

CREATE INDEX m_2_c_idx ON ONLY app.m_2 USING btree (c);
ALTER INDEX app.custom_names ATTACH PARTITION app.m_2_c_idx;

CREATE INDEX m_2_expr_idx ON ONLY app.m_2 USING btree (((a * 2)));
ALTER INDEX app.stats ATTACH PARTITION app.m_2_expr_idx;

CREATE INDEX aa_alone_2 ON app.m_2_x USING btree (b);

CREATE UNIQUE INDEX m_2_x_a_b_c_idx ON app.m_2_x USING btree (a, b) INCLUDE (c);
ALTER INDEX app.m_2_a_b_c_idx ATTACH PARTITION app.m_2_x_a_b_c_idx;

CREATE INDEX m_2_x_a_idx ON app.m_2_x USING btree (a) WITH (fillfactor='66');
ALTER INDEX app.m_2_a_idx ATTACH PARTITION app.m_2_x_a_idx;

CREATE INDEX m_2_x_b_a_idx ON app.m_2_x USING btree (b, a);
ALTER INDEX app.m_2_b_a_idx ATTACH PARTITION app.m_2_x_b_a_idx;

CREATE INDEX m_2_x_b_idx ON app.m_2_x USING btree (b);
ALTER INDEX app.m_2_b_idx ATTACH PARTITION app.m_2_x_b_idx;

CREATE INDEX m_2_x_c_idx ON app.m_2_x USING btree (c);
ALTER INDEX app.m_2_c_idx ATTACH PARTITION app.m_2_x_c_idx;

CREATE INDEX m_2_x_expr_idx ON app.m_2_x USING btree (((a * 2)));
ALTER INDEX app.m_2_expr_idx ATTACH PARTITION app.m_2_x_expr_idx;
ALTER INDEX app.m_2_x_expr_idx ALTER COLUMN 1 SET STATISTICS 99;

CREATE UNIQUE INDEX m_2_y_a_b_c_idx ON app.m_2_y USING btree (a, b) INCLUDE (c);
ALTER INDEX app.m_2_a_b_c_idx ATTACH PARTITION app.m_2_y_a_b_c_idx;

CREATE INDEX m_2_y_a_idx ON app.m_2_y USING btree (a) WITH (fillfactor='66');
ALTER INDEX app.m_2_a_idx ATTACH PARTITION app.m_2_y_a_idx;

CREATE INDEX m_2_y_b_a_idx ON app.m_2_y USING btree (b, a);
ALTER INDEX app.m_2_b_a_idx ATTACH PARTITION app.m_2_y_b_a_idx;

CREATE INDEX m_2_y_b_idx ON app.m_2_y USING btree (b);
ALTER INDEX app.m_2_b_idx ATTACH PARTITION app.m_2_y_b_idx;

CREATE INDEX m_2_y_c_idx ON app.m_2_y USING btree (c);
ALTER INDEX app.m_2_c_idx ATTACH PARTITION app.m_2_y_c_idx;

CREATE INDEX m_2_y_expr_idx ON app.m_2_y USING btree (((a * 2)));
ALTER INDEX app.m_2_expr_idx ATTACH PARTITION app.m_2_y_expr_idx;

CREATE INDEX renamed_b_idx ON ONLY app.renamed USING btree (c);

CREATE INDEX renamed_twice_lower_expr_twice1_idx ON app.renamed USING btree (twice, lower((c)::text), ((twice + 1))) INCLUDE (twice);

CREATE INDEX renamed_1_b_idx ON app.renamed_1 USING btree (c);
ALTER INDEX app.renamed_b_idx ATTACH PARTITION app.renamed_1_b_idx;

CREATE INDEX renamed_2_b_idx ON ONLY app.renamed_2 USING btree (c);
ALTER INDEX app.renamed_b_idx ATTACH PARTITION app.renamed_2_b_idx;

CREATE INDEX renamed_2_1_b_idx ON app.renamed_2_1 USING btree (c);
ALTER INDEX app.renamed_2_b_idx ATTACH PARTITION app.renamed_2_1_b_idx;

CREATE UNIQUE INDEX two_1_twin ON app.two_1 USING btree (id, b);

RESET search_path;
RESET check_function_bodies;
RESET standard_conforming_strings;
RESET client_encoding;
