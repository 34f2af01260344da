-- Schema:    kongtask
-- Generated: 2026-11-26T05:13:50Z
-- Generator: kongtask schema-dump
-- SHA-256:   4802eab4258855ce80d6dbd737c879bbf8696111092630ef06dfd367bb71be9c
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

CREATE TABLE kongtask.cancellations (
    job_id bigint NOT NULL,
    message text NOT NULL,
    requested_at timestamp with time zone NOT NULL DEFAULT now(),
    CONSTRAINT cancellations_pkey PRIMARY KEY (job_id)
);
COMMENT ON TABLE kongtask.cancellations IS 'Jobs to be cancelled that somebody was running when that was asked for.';
COMMENT ON COLUMN kongtask.cancellations.message IS 'What becomes their last error.';

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
    wanted_concurrency integer,
    CONSTRAINT pools_pkey PRIMARY KEY (pool_id),
    CONSTRAINT pools_mode_check CHECK ((mode = ANY (ARRAY['lock'::text, 'heartbeat'::text]))),
    CONSTRAINT pools_wanted_concurrency_check CHECK ((wanted_concurrency >= 1))
)
WITH (fillfactor=50);
COMMENT ON TABLE kongtask.pools IS 'The worker pools that are alive, or whose jobs have not been recovered yet.';
COMMENT ON COLUMN kongtask.pools.lock_key IS 'A live pool in the mode "lock" holds the advisory lock of this number.';
COMMENT ON COLUMN kongtask.pools.given_back_tasks IS 'Tasks whose jobs get the attempt back when the pool dies.';
COMMENT ON COLUMN kongtask.pools.most_deaths IS 'A job that so many pools in a row died of is not tried again.';
COMMENT ON COLUMN kongtask.pools.concurrency IS 'How many jobs the pool runs at once.';
COMMENT ON COLUMN kongtask.pools.late_after IS 'A pool that was not seen for so long is looked after.';
COMMENT ON COLUMN kongtask.pools.recovered_at IS 'When its jobs were freed. The row stays for a minute longer: what it had asked for may still have been under way.';
COMMENT ON COLUMN kongtask.pools.wanted_concurrency IS 'How many it was told to run at once; null where nobody has.';

--
-- Functions
--

CREATE FUNCTION kongtask.cancel_job(job_id bigint, reason text DEFAULT NULL::text)
    RETURNS text
    LANGUAGE plpgsql
    AS $$
declare
  message text := 'Cancelled' || coalesce(': ' || nullif(cancel_job.reason, ''), '');
begin
  if not exists (
    select from graphile_worker._private_jobs as jobs
    where jobs.id = cancel_job.job_id
      and (jobs.locked_at is not null or jobs.is_available)
  ) then
    return null;
  end if;
  perform from graphile_worker.permanently_fail_jobs(array[cancel_job.job_id], message);
  if found then
    return 'cancelled';
  end if;
  insert into kongtask.cancellations (job_id, message)
  values (cancel_job.job_id, message)
  on conflict on constraint cancellations_pkey do update set message = excluded.message;
  perform pg_catalog.pg_notify('kongtask:control', '');
  return 'requested';
end
$$;
COMMENT ON FUNCTION kongtask.cancel_job(job_id bigint, reason text) IS 'Cancels a job: one that waits fails for good at once ("cancelled"), of one that runs it is asked of its worker ("requested"); null where there is nothing to cancel.';

CREATE FUNCTION kongtask.set_concurrency(pool_id text, concurrency integer)
    RETURNS boolean
    LANGUAGE plpgsql
    AS $$
begin
  update kongtask.pools as pools
  set wanted_concurrency = set_concurrency.concurrency
  where pools.pool_id = set_concurrency.pool_id
    and pools.recovered_at is null;
  if not found then
    return false;
  end if;
  perform pg_catalog.pg_notify('kongtask:control', '');
  return true;
end
$$;
COMMENT ON FUNCTION kongtask.set_concurrency(pool_id text, concurrency integer) IS 'Asks a pool to run so many jobs at once; false where there is no such pool.';

RESET search_path;
RESET check_function_bodies;
RESET standard_conforming_strings;
RESET client_encoding;
