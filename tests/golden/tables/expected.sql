SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SET check_function_bodies = off;
SET search_path = '';

CREATE SCHEMA IF NOT EXISTS app;

--
-- Tables
--

CREATE TABLE app."Order" (
    "User" integer,
    "select" integer,
    "a b" integer,
    "Ünïcödé" integer,
    "quo""te" integer,
    "semi;colon" integer,
    "back\slash" integer,
    "new
line" integer,
    "x'y" integer,
    "$1" integer,
    "1st" integer
);

CREATE TABLE app.all_dropped (
);

CREATE TABLE app.all_types (
    a bit(3),
    b bit varying(5),
    c boolean,
    d character(1),
    e "char",
    f character(4),
    g character varying,
    h character varying(3),
    i bytea,
    j real,
    k double precision,
    l numeric,
    m numeric(5,0),
    n numeric(5,2),
    o interval,
    p interval day to second(3),
    q interval year,
    r time(2) without time zone,
    s time with time zone,
    t timestamp(0) without time zone,
    u timestamp with time zone,
    v date,
    w integer[],
    x text[],
    y json,
    z jsonb,
    aa uuid,
    ab xml,
    ac inet,
    ad cidr,
    ae macaddr,
    af point,
    ag polygon,
    ah tsvector,
    ai tsquery,
    aj oid,
    ak regclass,
    al name,
    am int4range,
    an money,
    ao txid_snapshot,
    ap pg_lsn,
    aq "char"[],
    ar int8multirange,
    as_ jsonpath,
    at_ numeric(3,-2)
);

CREATE TABLE app.clustered (
    a integer,
    b integer
);

CREATE TABLE app.clustered_key (
    a integer NOT NULL,
    CONSTRAINT clustered_key_pkey PRIMARY KEY (a)
);
ALTER TABLE app.clustered_key CLUSTER ON clustered_key_pkey;

CREATE TABLE app.columns (
    plain_text text,
    main text,
    ext text,
    num numeric,
    stats integer,
    opts integer,
    compressed text COMPRESSION pglz,
    coll text COLLATE pg_catalog."C",
    last integer NOT NULL,
    added boolean NOT NULL DEFAULT true
);
ALTER TABLE ONLY app.columns ALTER COLUMN main SET STORAGE MAIN;
ALTER TABLE ONLY app.columns ALTER COLUMN ext SET STORAGE EXTERNAL;
ALTER TABLE ONLY app.columns ALTER COLUMN num SET STORAGE PLAIN;
ALTER TABLE ONLY app.columns ALTER COLUMN stats SET STATISTICS 500;
ALTER TABLE ONLY app.columns ALTER COLUMN opts SET (n_distinct='-0.5', n_distinct_inherited=100);
ALTER TABLE ONLY app.columns ALTER COLUMN last SET STATISTICS 0;
COMMENT ON TABLE app.columns IS 'a table';
COMMENT ON COLUMN app.columns.last IS 'the last';

CREATE TABLE app.defaults (
    a integer DEFAULT 1,
    b text DEFAULT ('it''s \ a "text"'::text || '
	'::text),
    c timestamp with time zone DEFAULT now(),
    d timestamp with time zone DEFAULT '2024-02-03 02:05:06.789+00'::timestamp with time zone,
    e interval DEFAULT '1 year 2 mons 3 days 04:05:06.7'::interval,
    f double precision DEFAULT 0.1,
    g real DEFAULT 0.0000001,
    h numeric DEFAULT 1.10,
    i bytea DEFAULT '\x00ff'::bytea,
    j text[] DEFAULT '{a,"b c",NULL}'::text[],
    k jsonb DEFAULT '{"a": [1, 2]}'::jsonb,
    l boolean DEFAULT (NOT false),
    m text DEFAULT CURRENT_USER,
    n date DEFAULT CURRENT_DATE,
    o text,
    p integer,
    q integer DEFAULT ((1 + 2) * 3),
    r uuid DEFAULT gen_random_uuid(),
    s time without time zone DEFAULT '12:00:00'::time without time zone,
    t money DEFAULT (12.34)::money,
    u text COLLATE pg_catalog."C" DEFAULT ('x'::text COLLATE "POSIX"),
    v double precision DEFAULT 'NaN'::double precision,
    w double precision DEFAULT '-Infinity'::double precision,
    x timestamp without time zone DEFAULT 'infinity'::timestamp without time zone,
    z text DEFAULT 'слон'::text,
    aa character varying DEFAULT 'v'::character varying,
    ab integer DEFAULT '-1'::integer,
    ac bigint DEFAULT '9223372036854775807'::bigint,
    ad character(3) DEFAULT 'ab'::bpchar
);

CREATE TABLE app.empty (
);

CREATE UNLOGGED TABLE app.fast (
    a integer NOT NULL,
    CONSTRAINT fast_pkey PRIMARY KEY (a)
);

CREATE TABLE app.forced_only (
    a integer
);
ALTER TABLE app.forced_only FORCE ROW LEVEL SECURITY;

CREATE TABLE app.generated (
    a integer,
    b integer GENERATED ALWAYS AS ((a * 2)) STORED,
    c text,
    d text NOT NULL GENERATED ALWAYS AS (lower(c)) STORED,
    e tsvector GENERATED ALWAYS AS (to_tsvector('english'::regconfig, COALESCE(c, ''::text))) STORED
);

CREATE TABLE app.has_a_new_name (
    b integer NOT NULL,
    CONSTRAINT old_unique UNIQUE (b),
    CONSTRAINT new_check CHECK ((b > 0))
);

CREATE TABLE app.identity_full (
    a integer
);
ALTER TABLE ONLY app.identity_full REPLICA IDENTITY FULL;

CREATE TABLE app.identity_index (
    a integer NOT NULL,
    b integer NOT NULL,
    CONSTRAINT identity_index_b_key UNIQUE (b)
);

CREATE TABLE app.identity_key (
    a integer NOT NULL,
    b integer NOT NULL,
    CONSTRAINT identity_key_pkey PRIMARY KEY (b)
);
ALTER TABLE ONLY app.identity_key REPLICA IDENTITY USING INDEX identity_key_pkey;

CREATE TABLE app.identity_nothing (
    a integer
);
ALTER TABLE ONLY app.identity_nothing REPLICA IDENTITY NOTHING;

CREATE TABLE app.like_table (
    a integer DEFAULT 1,
    b text DEFAULT ('it''s \ a "text"'::text || '
	'::text),
    c timestamp with time zone DEFAULT now(),
    d timestamp with time zone DEFAULT '2024-02-03 02:05:06.789+00'::timestamp with time zone,
    e interval DEFAULT '1 year 2 mons 3 days 04:05:06.7'::interval,
    f double precision DEFAULT 0.1,
    g real DEFAULT 0.0000001,
    h numeric DEFAULT 1.10,
    i bytea DEFAULT '\x00ff'::bytea,
    j text[] DEFAULT '{a,"b c",NULL}'::text[],
    k jsonb DEFAULT '{"a": [1, 2]}'::jsonb,
    l boolean DEFAULT (NOT false),
    m text DEFAULT CURRENT_USER,
    n date DEFAULT CURRENT_DATE,
    o text,
    p integer,
    q integer DEFAULT ((1 + 2) * 3),
    r uuid DEFAULT gen_random_uuid(),
    s time without time zone DEFAULT '12:00:00'::time without time zone,
    t money DEFAULT (12.34)::money,
    u text COLLATE pg_catalog."C" DEFAULT ('x'::text COLLATE "POSIX"),
    v double precision DEFAULT 'NaN'::double precision,
    w double precision DEFAULT '-Infinity'::double precision,
    x timestamp without time zone DEFAULT 'infinity'::timestamp without time zone,
    z text DEFAULT 'слон'::text,
    aa character varying DEFAULT 'v'::character varying,
    ab integer DEFAULT '-1'::integer,
    ac bigint DEFAULT '9223372036854775807'::bigint,
    ad character(3) DEFAULT 'ab'::bpchar
);

CREATE TABLE app.options (
    a integer,
    t text
)
WITH (fillfactor=70, autovacuum_enabled=false, autovacuum_vacuum_scale_factor=0.05, parallel_workers=3, toast_tuple_target=4000, user_catalog_table=true, log_autovacuum_min_duration='-1', toast.autovacuum_enabled=off, toast.autovacuum_vacuum_cost_delay=2.5);

CREATE TABLE app.row_default (
    a app.fast,
    b app.fast[]
);

CREATE TABLE app.secure (
    a integer
);
ALTER TABLE app.secure ENABLE ROW LEVEL SECURITY;
ALTER TABLE app.secure FORCE ROW LEVEL SECURITY;

--
-- Indexes
--

CREATE INDEX clustered_b ON app.clustered USING btree (b);
ALTER TABLE app.clustered CLUSTER ON clustered_b;

CREATE UNIQUE INDEX identity_ix ON app.identity_index USING btree (a);
ALTER TABLE ONLY app.identity_index REPLICA IDENTITY USING INDEX identity_ix;

RESET search_path;
RESET check_function_bodies;
RESET standard_conforming_strings;
RESET client_encoding;
