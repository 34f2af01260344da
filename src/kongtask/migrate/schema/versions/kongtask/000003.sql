-- Schema:    kongtask
-- Generated: 2026-11-26T05:29:22Z
-- Generator: kongtask schema-dump
-- SHA-256:   cc017aae84165613baf43226f6cd9ed6343d12c531589dc2da74614d43dfca4e
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

CREATE TABLE kongtask.limits (
    name text NOT NULL,
    declared_by text NOT NULL,
    tasks text[] NOT NULL,
    amount integer NOT NULL,
    period interval,
    key_path text[] NOT NULL,
    CONSTRAINT limits_pkey PRIMARY KEY (name, declared_by),
    CONSTRAINT limits_amount_check CHECK ((amount >= 1)),
    CONSTRAINT limits_period_check CHECK ((period > '00:00:00'::interval))
);
COMMENT ON TABLE kongtask.limits IS 'Limits on jobs: what pools declare, and what was set by hand.';
COMMENT ON COLUMN kongtask.limits.declared_by IS 'The id of a pool; empty where it was set by hand, which goes before all that pools declare.';
COMMENT ON COLUMN kongtask.limits.amount IS 'So many jobs at once; with a period, so many begun in any such time.';
COMMENT ON COLUMN kongtask.limits.key_path IS 'Where the payload has the key by which jobs are counted; empty where all are counted together.';

CREATE TABLE kongtask.migrations (
    id integer NOT NULL,
    ts timestamp with time zone NOT NULL DEFAULT now(),
    breaking boolean NOT NULL DEFAULT false,
    sha256 text,
    CONSTRAINT migrations_pkey PRIMARY KEY (id)
);

CREATE TABLE kongtask.pauses (
    kind text NOT NULL,
    name text NOT NULL,
    paused_at timestamp with time zone NOT NULL DEFAULT now(),
    running_job_ids bigint[] NOT NULL DEFAULT '{}'::bigint[],
    is_ending boolean NOT NULL DEFAULT false,
    CONSTRAINT pauses_pkey PRIMARY KEY (kind, name),
    CONSTRAINT pauses_kind_check CHECK ((kind = ANY (ARRAY['all'::text, 'task'::text, 'queue'::text, 'pool'::text])))
);
COMMENT ON TABLE kongtask.pauses IS 'The tasks, queues and pools whose jobs are not begun, or all.';
COMMENT ON COLUMN kongtask.pauses.running_job_ids IS 'Of a queue: the jobs that ran when the pause began.';
COMMENT ON COLUMN kongtask.pauses.is_ending IS 'Of a queue: it is to be resumed once those jobs have ended.';

CREATE TABLE kongtask.permits (
    limit_name text NOT NULL,
    key text NOT NULL,
    job_id bigint NOT NULL,
    pool_id text NOT NULL,
    locked_at timestamp with time zone NOT NULL,
    ends_at timestamp with time zone,
    CONSTRAINT permits_pkey PRIMARY KEY (limit_name, key, job_id, locked_at)
);
COMMENT ON TABLE kongtask.permits IS 'The jobs that limits have allowed to run or to begin.';
COMMENT ON COLUMN kongtask.permits.locked_at IS 'The job''s lock that it was allowed for.';
COMMENT ON COLUMN kongtask.permits.ends_at IS 'Until when it counts; null where it counts as long as the job has that lock.';

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
-- Views
--

CREATE VIEW kongtask.active_limits AS
 SELECT limits.name,
    array_agg(DISTINCT task.task) AS tasks,
    COALESCE(min(limits.amount) FILTER (WHERE (limits.declared_by = ''::text)), min(limits.amount)) AS amount,
    min(limits.period) AS period,
    min(limits.key_path) AS key_path,
    bool_or((limits.declared_by = ''::text)) AS is_set
   FROM kongtask.limits limits,
    LATERAL unnest(limits.tasks) task(task)
  WHERE ((limits.declared_by = ''::text) OR (EXISTS ( SELECT
           FROM kongtask.pools pools
          WHERE ((pools.pool_id = limits.declared_by) AND (pools.recovered_at IS NULL)))))
  GROUP BY limits.name;
COMMENT ON VIEW kongtask.active_limits IS 'The limits that hold now: of each name, what was set by hand, or else the strictest that a live pool declares.';

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

CREATE FUNCTION kongtask.pause(kind text, name text DEFAULT ''::text)
    RETURNS boolean
    LANGUAGE plpgsql
    AS $$
declare
  is_new boolean;
begin
  insert into kongtask.pauses as pauses (kind, name)
  values (pause.kind, pause.name)
  on conflict on constraint pauses_pkey do update set is_ending = false where pauses.is_ending;
  is_new := found;
  if is_new and pause.kind = 'queue' then
    insert into graphile_worker._private_job_queues (queue_name)
    select pause.name
    where not exists (
      select from graphile_worker._private_job_queues as queues
      where queues.queue_name = pause.name
    )
    on conflict (queue_name) do nothing;
    update graphile_worker._private_job_queues as queues
    set locked_by = 'kongtask pause', locked_at = timestamptz '9999-12-31 00:00:00+00'
    where queues.queue_name = pause.name
      and queues.locked_by is distinct from 'kongtask pause';
    if found then
      update kongtask.pauses as pauses
      set running_job_ids = array(
        select jobs.id
        from graphile_worker._private_jobs as jobs
        join graphile_worker._private_job_queues as queues on queues.id = jobs.job_queue_id
        where queues.queue_name = pause.name and jobs.locked_at is not null
      )
      where pauses.kind = 'queue' and pauses.name = pause.name;
    end if;
  end if;
  if is_new then
    perform pg_catalog.pg_notify('kongtask:control', '');
  end if;
  return is_new;
end
$$;
COMMENT ON FUNCTION kongtask.pause(kind text, name text) IS 'Begins no more jobs of a task, queue or pool, or ("all") no more at all; false where that is so already.';

CREATE FUNCTION kongtask.payload_key(payload json, key_path text[])
    RETURNS text
    LANGUAGE plpgsql IMMUTABLE
    AS $$
declare
  key text;
begin
  key := coalesce(payload_key.payload #>> payload_key.key_path, '');
  if octet_length(key) > 500 then
    return left(key, 100) || ' ' || md5(key);
  end if;
  return key;
exception when data_exception then
  return '';
end
$$;
COMMENT ON FUNCTION kongtask.payload_key(payload json, key_path text[]) IS 'The text by which a limit counts a job; empty where the payload has none.';

CREATE FUNCTION kongtask.remove_limit(name text)
    RETURNS boolean
    LANGUAGE plpgsql
    AS $$
begin
  delete from kongtask.limits as limits
  where limits.name = remove_limit.name and limits.declared_by = '';
  if not found then
    return false;
  end if;
  perform pg_catalog.pg_notify('kongtask:control', '');
  perform pg_catalog.pg_notify('jobs:insert', '{"r":' || random() || ',"count":1}');
  return true;
end
$$;
COMMENT ON FUNCTION kongtask.remove_limit(name text) IS 'Removes a limit that was set by hand; what pools declare under its name holds again. False where there is none.';

CREATE FUNCTION kongtask.resume(kind text, name text DEFAULT ''::text)
    RETURNS text
    LANGUAGE plpgsql
    AS $$
begin
  if resume.kind = 'queue' then
    update kongtask.pauses as pauses
    set is_ending = true
    where pauses.kind = 'queue' and pauses.name = resume.name;
    if not found then
      return null;
    end if;
    perform kongtask.settle_queues();
  else
    delete from kongtask.pauses as pauses
    where pauses.kind = resume.kind and pauses.name = resume.name;
    if not found then
      return null;
    end if;
    perform pg_catalog.pg_notify('jobs:insert', '{"r":' || random() || ',"count":1}');
  end if;
  perform pg_catalog.pg_notify('kongtask:control', '');
  if exists (
    select from kongtask.pauses as pauses
    where pauses.kind = resume.kind and pauses.name = resume.name
  ) then
    return 'requested';
  end if;
  return 'resumed';
end
$$;
COMMENT ON FUNCTION kongtask.resume(kind text, name text) IS 'Ends a pause ("resumed"); of a queue, once what ran when it began has ended ("requested"). Null where there is none.';

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

CREATE FUNCTION kongtask.set_limit(name text, tasks text[], amount integer, period interval DEFAULT NULL::interval, key_path text[] DEFAULT '{}'::text[])
    RETURNS void
    LANGUAGE plpgsql
    AS $$
begin
  insert into kongtask.limits as limits (name, declared_by, tasks, amount, period, key_path)
  values (
    set_limit.name, '', set_limit.tasks, set_limit.amount, set_limit.period, set_limit.key_path
  )
  on conflict on constraint limits_pkey do update
  set tasks = excluded.tasks, amount = excluded.amount, period = excluded.period,
    key_path = excluded.key_path;
  perform pg_catalog.pg_notify('kongtask:control', '');
end
$$;
COMMENT ON FUNCTION kongtask.set_limit(name text, tasks text[], amount integer, period interval, key_path text[]) IS 'Sets a limit by hand: so many jobs at once, or with a period so many begun in it, of all jobs or of each key.';

CREATE FUNCTION kongtask.settle_queues()
    RETURNS void
    LANGUAGE plpgsql
    AS $$
declare
  pause record;
begin
  for pause in
    select pauses.name, pauses.is_ending, pauses.running_job_ids
    from kongtask.pauses as pauses
    where pauses.kind = 'queue'
    order by pauses.name
    for update skip locked
  loop
    if not pause.is_ending then
      update graphile_worker._private_job_queues as queues
      set locked_by = 'kongtask pause', locked_at = timestamptz '9999-12-31 00:00:00+00'
      where queues.queue_name = pause.name and queues.locked_at is null;
    elsif not exists (
      select from graphile_worker._private_jobs as jobs
      where jobs.id = any (pause.running_job_ids) and jobs.locked_at is not null
    ) then
      update graphile_worker._private_job_queues as queues
      set locked_by = null, locked_at = null
      where queues.queue_name = pause.name and queues.locked_by = 'kongtask pause';
      delete from kongtask.pauses as pauses
      where pauses.kind = 'queue' and pauses.name = pause.name;
      perform pg_catalog.pg_notify('jobs:insert', '{"r":' || random() || ',"count":1}');
    end if;
  end loop;
end
$$;
COMMENT ON FUNCTION kongtask.settle_queues() IS 'Ends the pauses of queues that are to end and can; workers call it.';

RESET search_path;
RESET check_function_bodies;
RESET standard_conforming_strings;
RESET client_encoding;
