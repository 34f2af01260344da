-- Schema:    graphile_worker
-- Generated: 2026-11-22T20:29:17Z
-- Generator: kongtask schema-dump
-- SHA-256:   8bc7ab79a5b4f8d9d055308190251deb01b8cc149207764386f078199fd63ce5
--
-- DO NOT EDIT: this file is generated from the database. Change the migrations, apply
-- them, and export again (make db-dump).

SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SET check_function_bodies = off;
SET search_path = '';

CREATE SCHEMA IF NOT EXISTS graphile_worker;

--
-- Types
--

CREATE TYPE graphile_worker.job_spec AS (
    identifier text,
    payload json,
    queue_name text,
    run_at timestamp with time zone,
    max_attempts smallint,
    job_key text,
    priority smallint,
    flags text[]
);

--
-- Tables
--

CREATE TABLE graphile_worker._private_job_queues (
    id integer NOT NULL GENERATED ALWAYS AS IDENTITY (SEQUENCE NAME graphile_worker.job_queues_id_seq),
    queue_name text NOT NULL,
    locked_at timestamp with time zone,
    locked_by text,
    is_available boolean NOT NULL GENERATED ALWAYS AS ((locked_at IS NULL)) STORED,
    CONSTRAINT job_queues_pkey1 PRIMARY KEY (id),
    CONSTRAINT job_queues_queue_name_key UNIQUE (queue_name),
    CONSTRAINT job_queues_queue_name_check CHECK ((length(queue_name) <= 128))
);
ALTER TABLE graphile_worker._private_job_queues ENABLE ROW LEVEL SECURITY;

CREATE TABLE graphile_worker._private_jobs (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY (SEQUENCE NAME graphile_worker.jobs_id_seq1),
    job_queue_id integer,
    task_id integer NOT NULL,
    payload json NOT NULL DEFAULT '{}'::json,
    priority smallint NOT NULL DEFAULT 0,
    run_at timestamp with time zone NOT NULL DEFAULT now(),
    attempts smallint NOT NULL DEFAULT 0,
    max_attempts smallint NOT NULL DEFAULT 25,
    last_error text,
    created_at timestamp with time zone NOT NULL DEFAULT now(),
    updated_at timestamp with time zone NOT NULL DEFAULT now(),
    key text,
    locked_at timestamp with time zone,
    locked_by text,
    revision integer NOT NULL DEFAULT 0,
    flags jsonb,
    is_available boolean NOT NULL GENERATED ALWAYS AS (((locked_at IS NULL) AND (attempts < max_attempts))) STORED,
    CONSTRAINT jobs_pkey1 PRIMARY KEY (id),
    CONSTRAINT jobs_key_key1 UNIQUE (key),
    CONSTRAINT jobs_key_check CHECK (((length(key) > 0) AND (length(key) <= 512))),
    CONSTRAINT jobs_max_attempts_check CHECK ((max_attempts >= 1))
);
ALTER TABLE graphile_worker._private_jobs ENABLE ROW LEVEL SECURITY;

CREATE TABLE graphile_worker._private_known_crontabs (
    identifier text NOT NULL,
    known_since timestamp with time zone NOT NULL,
    last_execution timestamp with time zone,
    CONSTRAINT known_crontabs_pkey PRIMARY KEY (identifier)
);
ALTER TABLE graphile_worker._private_known_crontabs ENABLE ROW LEVEL SECURITY;

CREATE TABLE graphile_worker._private_tasks (
    id integer NOT NULL GENERATED ALWAYS AS IDENTITY (SEQUENCE NAME graphile_worker.tasks_id_seq),
    identifier text NOT NULL,
    CONSTRAINT tasks_pkey PRIMARY KEY (id),
    CONSTRAINT tasks_identifier_key UNIQUE (identifier),
    CONSTRAINT tasks_identifier_check CHECK ((length(identifier) <= 128))
);
ALTER TABLE graphile_worker._private_tasks ENABLE ROW LEVEL SECURITY;

CREATE TABLE graphile_worker.migrations (
    id integer NOT NULL,
    ts timestamp with time zone NOT NULL DEFAULT now(),
    breaking boolean NOT NULL DEFAULT false,
    CONSTRAINT migrations_pkey PRIMARY KEY (id)
);

--
-- Indexes
--

CREATE INDEX jobs_main_index ON graphile_worker._private_jobs USING btree (priority, run_at) INCLUDE (id, task_id, job_queue_id) WHERE (is_available = true);

CREATE INDEX jobs_no_queue_index ON graphile_worker._private_jobs USING btree (priority, run_at) INCLUDE (id, task_id) WHERE ((is_available = true) AND (job_queue_id IS NULL));

--
-- Views
--

CREATE VIEW graphile_worker.jobs AS
 SELECT jobs.id,
    job_queues.queue_name,
    tasks.identifier AS task_identifier,
    jobs.priority,
    jobs.run_at,
    jobs.attempts,
    jobs.max_attempts,
    jobs.last_error,
    jobs.created_at,
    jobs.updated_at,
    jobs.key,
    jobs.locked_at,
    jobs.locked_by,
    jobs.revision,
    jobs.flags
   FROM ((graphile_worker._private_jobs jobs
     JOIN graphile_worker._private_tasks tasks ON ((tasks.id = jobs.task_id)))
     LEFT JOIN graphile_worker._private_job_queues job_queues ON ((job_queues.id = jobs.job_queue_id)));

--
-- Functions
--

CREATE FUNCTION graphile_worker.add_job(identifier text, payload json DEFAULT NULL::json, queue_name text DEFAULT NULL::text, run_at timestamp with time zone DEFAULT NULL::timestamp with time zone, max_attempts integer DEFAULT NULL::integer, job_key text DEFAULT NULL::text, priority integer DEFAULT NULL::integer, flags text[] DEFAULT NULL::text[], job_key_mode text DEFAULT 'replace'::text)
    RETURNS graphile_worker._private_jobs
    LANGUAGE plpgsql
    AS $$
#variable_conflict use_column
declare
  v_task_id int;
  v_queue_id int;
  v_flags jsonb;
  v_job graphile_worker._private_jobs;
begin
  -- Without a key the mode means nothing and is not looked at; a null mode is the default one.
  if add_job.job_key is not null
    and add_job.job_key_mode not in ('replace', 'preserve_run_at', 'unsafe_dedupe')
  then
    raise exception using
      errcode = 'GWBKM',
      message = 'job_key_mode must be replace, preserve_run_at or unsafe_dedupe, not '
        || quote_literal(add_job.job_key_mode);
  end if;

  -- Look first: an insert that meets a conflict has already taken a value from the sequence, and
  -- int ids would run out after 2^31 jobs. Two sessions may register one name at once; the one that
  -- waits inserts nothing and, each statement having its own snapshot, finds the other's row.
  select known.id into v_task_id
    from graphile_worker._private_tasks as known
    where known.identifier = add_job.identifier;
  if not found then
    insert into graphile_worker._private_tasks (identifier)
      values (add_job.identifier)
      on conflict (identifier) do nothing;
    select known.id into v_task_id
      from graphile_worker._private_tasks as known
      where known.identifier = add_job.identifier;
  end if;

  if add_job.queue_name is not null then
    select known.id into v_queue_id
      from graphile_worker._private_job_queues as known
      where known.queue_name = add_job.queue_name;
    if not found then
      insert into graphile_worker._private_job_queues (queue_name)
        values (add_job.queue_name)
        on conflict (queue_name) do nothing;
      select known.id into v_queue_id
        from graphile_worker._private_job_queues as known
        where known.queue_name = add_job.queue_name;
    end if;
  end if;

  if add_job.flags is not null then
    select jsonb_object_agg(flag, true) into v_flags
      from unnest(add_job.flags) as flag;
  end if;

  if add_job.job_key is null then
    -- Apart from the upserts below, because a speculative insert locks and logs more.
    insert into graphile_worker._private_jobs
      (job_queue_id, task_id, payload, run_at, max_attempts, priority, flags)
      values (
        v_queue_id,
        v_task_id,
        coalesce(add_job.payload, '{}'),
        coalesce(add_job.run_at, now()),
        coalesce(add_job.max_attempts, 25),
        coalesce(add_job.priority, 0),
        v_flags
      )
      returning * into v_job;

  elsif add_job.job_key_mode = 'unsafe_dedupe' then
    insert into graphile_worker._private_jobs as jobs
      (job_queue_id, task_id, payload, run_at, max_attempts, key, priority, flags)
      values (
        v_queue_id,
        v_task_id,
        coalesce(add_job.payload, '{}'),
        coalesce(add_job.run_at, now()),
        coalesce(add_job.max_attempts, 25),
        add_job.job_key,
        coalesce(add_job.priority, 0),
        v_flags
      )
      on conflict (key) do update set
        revision = jobs.revision + 1,
        updated_at = now()
      returning * into v_job;
    -- A revision above 0: the job was there already, nothing new to wake a worker for.
    if v_job.revision > 0 then
      return v_job;
    end if;

  else
    -- The first pass is all there is, unless the key belongs to a job that is locked or out of
    -- attempts. Such a job is left to its fate without the key, and the second pass inserts a new
    -- one. It cannot be stolen in between: "on conflict" keeps the row locked even where its
    -- condition fails, so one answer is certain however busy the key is.
    for v_pass in 1..2 loop
      insert into graphile_worker._private_jobs as jobs
        (job_queue_id, task_id, payload, run_at, max_attempts, key, priority, flags)
        values (
          v_queue_id,
          v_task_id,
          coalesce(add_job.payload, '{}'),
          coalesce(add_job.run_at, now()),
          coalesce(add_job.max_attempts, 25),
          add_job.job_key,
          coalesce(add_job.priority, 0),
          v_flags
        )
        on conflict (key) do update set
          job_queue_id = excluded.job_queue_id,
          task_id = excluded.task_id,
          payload = case
            when json_typeof(jobs.payload) = 'array' and json_typeof(excluded.payload) = 'array'
            then (jobs.payload::jsonb || excluded.payload::jsonb)::json
            else excluded.payload
          end,
          run_at = case
            when add_job.job_key_mode = 'preserve_run_at' and jobs.attempts = 0
            then jobs.run_at
            else excluded.run_at
          end,
          max_attempts = excluded.max_attempts,
          priority = excluded.priority,
          flags = excluded.flags,
          attempts = 0,
          last_error = null,
          revision = jobs.revision + 1,
          updated_at = now()
        where jobs.is_available
        returning * into v_job;
      exit when found;

      update graphile_worker._private_jobs as jobs
        set key = null, attempts = jobs.max_attempts, updated_at = now()
        where jobs.key = add_job.job_key and not jobs.is_available;
    end loop;
  end if;

  -- The random number keeps PostgreSQL from folding equal notifications of a transaction into one.
  perform pg_notify('jobs:insert', '{"r":' || random() || ',"count":1}');
  return v_job;
end;
$$;

CREATE FUNCTION graphile_worker.add_jobs(specs graphile_worker.job_spec[], job_key_preserve_run_at boolean DEFAULT false)
    RETURNS SETOF graphile_worker._private_jobs
    LANGUAGE plpgsql
    AS $$
#variable_conflict use_column
declare
  v_specs graphile_worker.job_spec[] := add_jobs.specs;
  v_count bigint;
begin
  -- Only what is missing is inserted; add_job tells why.
  insert into graphile_worker._private_tasks (identifier)
    select wanted.identifier
    from (select distinct spec.identifier from unnest(v_specs) as spec) as wanted
    where not exists (
      select from graphile_worker._private_tasks as known
      where known.identifier = wanted.identifier
    )
    order by wanted.identifier
    on conflict (identifier) do nothing;

  insert into graphile_worker._private_job_queues (queue_name)
    select wanted.queue_name
    from (select distinct spec.queue_name from unnest(v_specs) as spec) as wanted
    where wanted.queue_name is not null
      and not exists (
        select from graphile_worker._private_job_queues as known
        where known.queue_name = wanted.queue_name
      )
    order by wanted.queue_name
    on conflict (queue_name) do nothing;

  if not exists (select from unnest(v_specs) as spec where spec.job_key is not null) then
    return query
      insert into graphile_worker._private_jobs
        (job_queue_id, task_id, payload, run_at, max_attempts, priority, flags)
        select
          queues.id,
          tasks.id,
          coalesce(spec.payload, '{}'),
          coalesce(spec.run_at, now()),
          coalesce(spec.max_attempts, 25),
          coalesce(spec.priority, 0),
          case when spec.flags is not null then
            (select jsonb_object_agg(flag, true) from unnest(spec.flags) as flag)
          end
        from unnest(v_specs) as spec
        join graphile_worker._private_tasks as tasks
          on tasks.identifier = spec.identifier
        left join graphile_worker._private_job_queues as queues
          on queues.queue_name = spec.queue_name
        returning *;

  else
    -- The first pass takes every spec, the second those whose key belonged to a job that was locked
    -- or out of attempts; see add_job.
    for v_pass in 1..2 loop
      return query
        insert into graphile_worker._private_jobs as jobs
          (job_queue_id, task_id, payload, run_at, max_attempts, key, priority, flags)
          select
            queues.id,
            tasks.id,
            coalesce(spec.payload, '{}'),
            coalesce(spec.run_at, now()),
            coalesce(spec.max_attempts, 25),
            spec.job_key,
            coalesce(spec.priority, 0),
            case when spec.flags is not null then
              (select jsonb_object_agg(flag, true) from unnest(spec.flags) as flag)
            end
          from unnest(v_specs) with ordinality as spec
          join graphile_worker._private_tasks as tasks
            on tasks.identifier = spec.identifier
          left join graphile_worker._private_job_queues as queues
            on queues.queue_name = spec.queue_name
          order by spec.job_key, spec.ordinality
          on conflict (key) do update set
            job_queue_id = excluded.job_queue_id,
            task_id = excluded.task_id,
            payload = case
              when json_typeof(jobs.payload) = 'array' and json_typeof(excluded.payload) = 'array'
              then (jobs.payload::jsonb || excluded.payload::jsonb)::json
              else excluded.payload
            end,
            run_at = case
              when add_jobs.job_key_preserve_run_at and jobs.attempts = 0
              then jobs.run_at
              else excluded.run_at
            end,
            max_attempts = excluded.max_attempts,
            priority = excluded.priority,
            flags = excluded.flags,
            attempts = 0,
            last_error = null,
            revision = jobs.revision + 1,
            updated_at = now()
          where jobs.is_available
          returning *;
      get diagnostics v_count = row_count;
      exit when v_count = cardinality(v_specs);

      select array_agg(spec) into v_specs
        from unnest(v_specs) as spec
        join graphile_worker._private_jobs as jobs
          on jobs.key = spec.job_key
        where not jobs.is_available;
      update graphile_worker._private_jobs as jobs
        set key = null, attempts = jobs.max_attempts, updated_at = now()
        from unnest(v_specs) as spec
        where jobs.key = spec.job_key;
    end loop;
  end if;

  -- For no specs at all array_length is null, and so is the message: a bare wake-up, counted as 1.
  perform pg_notify(
    'jobs:insert',
    '{"r":' || random() || ',"count":' || array_length(add_jobs.specs, 1) || '}'
  );
end;
$$;

CREATE FUNCTION graphile_worker.complete_jobs(job_ids bigint[])
    RETURNS SETOF graphile_worker._private_jobs
    LANGUAGE sql
    AS $$
  delete from graphile_worker._private_jobs as jobs
    where jobs.id = any (complete_jobs.job_ids)
      and (jobs.locked_at is null or jobs.locked_at < now() - interval '4 hours')
    returning *;
$$;

CREATE FUNCTION graphile_worker.force_unlock_workers(worker_ids text[])
    RETURNS void
    LANGUAGE sql
    AS $$
  update graphile_worker._private_jobs as jobs
    set locked_at = null, locked_by = null
    where jobs.locked_by = any (force_unlock_workers.worker_ids);
  update graphile_worker._private_job_queues as queues
    set locked_at = null, locked_by = null
    where queues.locked_by = any (force_unlock_workers.worker_ids);
$$;

CREATE FUNCTION graphile_worker.permanently_fail_jobs(job_ids bigint[], error_message text DEFAULT NULL::text)
    RETURNS SETOF graphile_worker._private_jobs
    LANGUAGE sql
    AS $$
  update graphile_worker._private_jobs as jobs
    set
      last_error = coalesce(permanently_fail_jobs.error_message, 'Manually marked as failed'),
      attempts = jobs.max_attempts,
      updated_at = now()
    where jobs.id = any (permanently_fail_jobs.job_ids)
      and (jobs.locked_at is null or jobs.locked_at < now() - interval '4 hours')
    returning *;
$$;

CREATE FUNCTION graphile_worker.remove_job(job_key text)
    RETURNS graphile_worker._private_jobs
    LANGUAGE plpgsql STRICT
    AS $$
#variable_conflict use_column
declare
  v_job graphile_worker._private_jobs;
begin
  delete from graphile_worker._private_jobs as jobs
    where jobs.key = remove_job.job_key
      and (jobs.locked_at is null or jobs.locked_at < now() - interval '4 hours')
    returning * into v_job;
  if found then
    perform pg_notify('jobs:insert', '{"r":' || random() || ',"count":-1}');
    return v_job;
  end if;

  update graphile_worker._private_jobs as jobs
    set key = null, attempts = jobs.max_attempts, updated_at = now()
    where jobs.key = remove_job.job_key
    returning * into v_job;
  return v_job;
end;
$$;

CREATE FUNCTION graphile_worker.reschedule_jobs(job_ids bigint[], run_at timestamp with time zone DEFAULT NULL::timestamp with time zone, priority integer DEFAULT NULL::integer, attempts integer DEFAULT NULL::integer, max_attempts integer DEFAULT NULL::integer)
    RETURNS SETOF graphile_worker._private_jobs
    LANGUAGE sql
    AS $$
  update graphile_worker._private_jobs as jobs
    set
      run_at = coalesce(reschedule_jobs.run_at, jobs.run_at),
      priority = coalesce(reschedule_jobs.priority, jobs.priority),
      attempts = coalesce(reschedule_jobs.attempts, jobs.attempts),
      max_attempts = coalesce(reschedule_jobs.max_attempts, jobs.max_attempts),
      updated_at = now()
    where jobs.id = any (reschedule_jobs.job_ids)
      and (jobs.locked_at is null or jobs.locked_at < now() - interval '4 hours')
    returning *;
$$;

RESET search_path;
RESET check_function_bodies;
RESET standard_conforming_strings;
RESET client_encoding;
