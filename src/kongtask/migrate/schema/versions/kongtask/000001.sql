-- Schema:    kongtask
-- Generated: 2026-11-26T01:26:03Z
-- Generator: kongtask schema-dump
-- SHA-256:   ec894b88a166252cf38f0364b6ded391cd4096e0a7fdb2a86f9d6f7e59e8acb1
--
-- DO NOT EDIT: this file is generated from the database. Change the migrations, apply
-- them, and export again (make db-dump).

SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SET check_function_bodies = off;
SET search_path = '';

CREATE SCHEMA IF NOT EXISTS kongtask;

--
-- Tables
--

CREATE TABLE kongtask.begun_jobs (
    pool_id text NOT NULL,
    job_id bigint NOT NULL,
    attempt integer NOT NULL,
    CONSTRAINT begun_jobs_pkey PRIMARY KEY (pool_id, job_id)
);
COMMENT ON TABLE kongtask.begun_jobs IS 'The suspicious jobs and last attempts that pools have begun.';

CREATE TABLE kongtask.migrations (
    id integer NOT NULL,
    ts timestamp with time zone NOT NULL DEFAULT now(),
    breaking boolean NOT NULL DEFAULT false,
    sha256 text,
    CONSTRAINT migrations_pkey PRIMARY KEY (id)
);

CREATE TABLE kongtask.pools (
    pool_id text NOT NULL,
    lock_key integer NOT NULL,
    mode text NOT NULL,
    host text NOT NULL,
    process_id integer NOT NULL,
    version text NOT NULL,
    tasks text[] NOT NULL,
    given_back_tasks text[] NOT NULL,
    most_deaths integer NOT NULL,
    concurrency integer NOT NULL,
    late_after interval NOT NULL,
    started_at timestamp with time zone NOT NULL DEFAULT now(),
    last_seen_at timestamp with time zone NOT NULL DEFAULT now(),
    recovered_at timestamp with time zone,
    CONSTRAINT pools_pkey PRIMARY KEY (pool_id),
    CONSTRAINT pools_mode_check CHECK ((mode = ANY (ARRAY['lock'::text, 'heartbeat'::text])))
)
WITH (fillfactor=50);
COMMENT ON TABLE kongtask.pools IS 'The worker pools that are alive, or whose jobs have not been recovered yet.';
COMMENT ON COLUMN kongtask.pools.lock_key IS 'A live pool in the mode "lock" holds the advisory lock of this number.';
COMMENT ON COLUMN kongtask.pools.given_back_tasks IS 'Tasks whose jobs get the attempt back when the pool dies.';
COMMENT ON COLUMN kongtask.pools.most_deaths IS 'A job that so many pools in a row died of is not tried again.';
COMMENT ON COLUMN kongtask.pools.late_after IS 'A pool that was not seen for so long is looked after.';
COMMENT ON COLUMN kongtask.pools.recovered_at IS 'When its jobs were freed. The row stays for a minute longer: what it had asked for may still have been under way.';

RESET search_path;
RESET check_function_bodies;
RESET standard_conforming_strings;
RESET client_encoding;
