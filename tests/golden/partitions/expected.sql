SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SET check_function_bodies = off;
SET search_path = '';

CREATE SCHEMA IF NOT EXISTS app;

--
-- Tables
--

CREATE TABLE app.base (
    a integer NOT NULL,
    b text DEFAULT 'base'::text,
    c integer DEFAULT 5,
    d numeric,
    g integer GENERATED ALWAYS AS ((a * 2)) STORED,
    CONSTRAINT base_a_check CHECK ((a > 0)),
    CONSTRAINT named CHECK ((c < 100))
)
PARTITION BY LIST (a);

CREATE TABLE app.base_1 PARTITION OF app.base (
    b DEFAULT 'one'::text,
    d NOT NULL,
    CONSTRAINT own CHECK ((d > (1)::numeric))
)
FOR VALUES IN (1);
ALTER TABLE ONLY app.base_1 ALTER COLUMN c DROP DEFAULT;

CREATE TABLE app.base_2 (
    c integer DEFAULT 7,
    a integer NOT NULL,
    g integer GENERATED ALWAYS AS ((a * 2)) STORED,
    d numeric DEFAULT 2,
    b text,
    CONSTRAINT base_a_check CHECK ((a > 0)),
    CONSTRAINT named CHECK ((c < 100))
);
ALTER TABLE ONLY app.base ATTACH PARTITION app.base_2 FOR VALUES IN (2);

CREATE TABLE app.base_3 PARTITION OF app.base (
    c DEFAULT 6
)
FOR VALUES IN (3);
ALTER TABLE ONLY app.base_3 ALTER COLUMN a SET STATISTICS 10;
ALTER TABLE ONLY app.base_3 ALTER COLUMN b DROP DEFAULT;
ALTER TABLE ONLY app.base_3 ALTER COLUMN b SET (n_distinct=5);
ALTER TABLE ONLY app.base_3 ALTER COLUMN d SET STORAGE EXTERNAL;

CREATE TABLE app.base_4 PARTITION OF app.base
FOR VALUES IN (4)
PARTITION BY RANGE (c);

CREATE TABLE app.base_4_1 PARTITION OF app.base_4 (
    b DEFAULT 'four'::text
)
FOR VALUES FROM (1) TO (10);

CREATE TABLE app.base_4_2 PARTITION OF app.base_4
FOR VALUES FROM (10) TO (MAXVALUE);

CREATE TABLE app.events (
    id bigint NOT NULL,
    at timestamp with time zone NOT NULL DEFAULT now(),
    kind text DEFAULT 'x'::text,
    payload jsonb,
    CONSTRAINT events_pkey PRIMARY KEY (id, at)
)
PARTITION BY RANGE (at);

CREATE TABLE app.events_2024 PARTITION OF app.events
FOR VALUES FROM ('2024-01-01 00:00:00+00') TO ('2025-01-01 00:00:00+00');
COMMENT ON TABLE app.events_2024 IS 'last year';
COMMENT ON COLUMN app.events_2024.kind IS 'kind here';

CREATE TABLE app.events_2025 PARTITION OF app.events
FOR VALUES FROM ('2025-01-01 00:00:00+00') TO ('2026-01-01 00:00:00+00')
PARTITION BY LIST (id);

CREATE TABLE app.events_2025_a PARTITION OF app.events_2025
FOR VALUES IN ('1', '2');

CREATE TABLE app.events_2025_rest PARTITION OF app.events_2025
DEFAULT
WITH (fillfactor=50);

CREATE TABLE app.events_default PARTITION OF app.events
DEFAULT;

CREATE TABLE app.expr (
    a integer,
    b date,
    c text
)
PARTITION BY RANGE (date_trunc('month'::text, (b)::timestamp without time zone), ((a + 1)), lower(c) COLLATE "C");

CREATE TABLE app.expr_1 PARTITION OF app.expr
FOR VALUES FROM (MINVALUE, MINVALUE, MINVALUE) TO ('2020-01-01 00:00:00', 5, MAXVALUE);

CREATE TABLE app.flags (
    f boolean,
    t text COLLATE pg_catalog."C"
)
PARTITION BY LIST (f);

CREATE TABLE app.flags_f PARTITION OF app.flags
FOR VALUES IN (false);

CREATE TABLE app.flags_t PARTITION OF app.flags
FOR VALUES IN (true);

CREATE TABLE app.hashed (
    a integer,
    b text COLLATE pg_catalog."C"
)
PARTITION BY HASH (a, b COLLATE "POSIX" text_pattern_ops);

CREATE TABLE app.hashed_0 PARTITION OF app.hashed
FOR VALUES WITH (modulus 2, remainder 0);

CREATE TABLE app.hashed_1 PARTITION OF app.hashed
FOR VALUES WITH (modulus 2, remainder 1);

CREATE TABLE app.ident (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    a integer
)
PARTITION BY LIST (a);

CREATE TABLE app.ident_1 PARTITION OF app.ident
FOR VALUES IN (1);

CREATE TABLE app.ident_2 (
    a integer,
    id bigint NOT NULL
);
ALTER TABLE ONLY app.ident ATTACH PARTITION app.ident_2 FOR VALUES IN (2);

CREATE TABLE app.moved (
    id integer NOT NULL,
    b integer,
    CONSTRAINT moved_pkey PRIMARY KEY (id),
    CONSTRAINT moved_id_b_key UNIQUE (id, b)
);

CREATE TABLE app.named (
    id integer NOT NULL,
    b integer,
    CONSTRAINT named_key PRIMARY KEY (id),
    CONSTRAINT named_ub UNIQUE (id, b)
)
PARTITION BY RANGE (id);

CREATE TABLE app.named_1 (
    id integer NOT NULL,
    b integer,
    CONSTRAINT my_own_key PRIMARY KEY (id)
);
ALTER TABLE ONLY app.named ATTACH PARTITION app.named_1 FOR VALUES FROM (0) TO (10);

CREATE TABLE app.named_2 (
    id integer NOT NULL,
    b integer,
    CONSTRAINT renamed_key PRIMARY KEY (id)
);
ALTER TABLE ONLY app.named ATTACH PARTITION app.named_2 FOR VALUES FROM (10) TO (20);

CREATE TABLE app.named_3 PARTITION OF app.named
FOR VALUES FROM (20) TO (30);
ALTER TABLE ONLY app.named_3 REPLICA IDENTITY USING INDEX named_3_pkey;
ALTER TABLE app.named_3 CLUSTER ON named_3_id_b_key;
COMMENT ON CONSTRAINT named_3_pkey ON app.named_3 IS 'a clone with a comment';

CREATE UNLOGGED TABLE app.named_4 PARTITION OF app.named
FOR VALUES FROM (40) TO (50)
WITH (fillfactor=20);
ALTER TABLE app.named_4 ENABLE ROW LEVEL SECURITY;

CREATE TABLE app.partitioned_without (
    a integer
)
PARTITION BY LIST (a);

CREATE TABLE app.plain (
    id integer,
    b integer
);

CREATE TABLE app.target (
    id integer NOT NULL,
    k integer,
    CONSTRAINT target_pkey PRIMARY KEY (id),
    CONSTRAINT target_k_id_key UNIQUE (k, id)
)
PARTITION BY RANGE (id);

CREATE TABLE app.target_1 PARTITION OF app.target
FOR VALUES FROM (0) TO (10);

CREATE TABLE app.target_2 PARTITION OF app.target
FOR VALUES FROM (10) TO (20);

CREATE TABLE app.texts (
    t text COLLATE pg_catalog."C"
)
PARTITION BY RANGE (t);

CREATE TABLE app.texts_1 PARTITION OF app.texts
FOR VALUES FROM ('a') TO ('m');

--
-- Constraints
--

ALTER TABLE app.base ADD CONSTRAINT late CHECK ((d < (1000)::numeric)) NOT VALID;

--
-- Foreign keys
--

ALTER TABLE app.base ADD CONSTRAINT to_target FOREIGN KEY (c) REFERENCES app.target(id);

ALTER TABLE app.base_1 ADD CONSTRAINT own_fk FOREIGN KEY (a) REFERENCES app.target(id);

ALTER TABLE app.plain ADD CONSTRAINT plain_id_fkey FOREIGN KEY (id) REFERENCES app.target(id);

--
-- Indexes
--

CREATE INDEX events_kind_idx ON app.events USING btree (kind);

CREATE INDEX events_payload ON app.events USING gin (payload);

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

CREATE TRIGGER after_row AFTER INSERT ON app.named FOR EACH ROW EXECUTE FUNCTION app.noop();

CREATE TRIGGER per_statement AFTER INSERT ON app.named FOR EACH STATEMENT EXECUTE FUNCTION app.noop();

ALTER TABLE app.named_2 DISABLE TRIGGER after_row;

CREATE TRIGGER own_trigger BEFORE UPDATE ON app.named_2 FOR EACH ROW EXECUTE FUNCTION app.noop();

ALTER TABLE app.named_3 ENABLE ALWAYS TRIGGER after_row;

--
-- Policies
--

CREATE POLICY p ON app.named_4 USING ((id > 1));

RESET search_path;
RESET check_function_bodies;
RESET standard_conforming_strings;
RESET client_encoding;
