-- The worker schema at revision 18: what Graphile Worker 0.16 leaves behind after its first
-- eighteen migrations, made in one step. The schema itself and its ledger, the table "migrations",
-- are the migration engine's; it records 1 to 18 as Graphile Worker would.
--
-- Everything the catalogs show is a contract: tables, constraint, index and sequence names, types,
-- signatures and their attributes are Graphile Worker's to the letter, because its workers and its
-- later migrations name them. Some names look odd for that reason (jobs_id_seq1, job_queues_pkey1,
-- NOT NULL names that end in 1: older tables once held the plain ones). The function bodies are our
-- own. PostgreSQL before 18 accepts names of NOT NULL constraints and forgets them.
--
-- Functions run as their caller and with the caller's search_path, so every name that is not
-- PostgreSQL's own is written with its schema.

-- The tables. All are private: read the view "jobs", write through the functions. There are no
-- foreign keys, because checking them would cost each job two row locks on the same few rows.

create table :GRAPHILE_WORKER_SCHEMA._private_tasks (
  id int
    constraint tasks_id_not_null not null
    generated always as identity (sequence name :GRAPHILE_WORKER_SCHEMA.tasks_id_seq),
  identifier text constraint tasks_identifier_not_null not null,
  constraint tasks_pkey primary key (id),
  constraint tasks_identifier_key unique (identifier),
  constraint tasks_identifier_check check (length(identifier) <= 128)
);

create table :GRAPHILE_WORKER_SCHEMA._private_job_queues (
  id int
    constraint job_queues_id_not_null not null
    generated always as identity (sequence name :GRAPHILE_WORKER_SCHEMA.job_queues_id_seq),
  queue_name text constraint job_queues_queue_name_not_null1 not null,
  locked_at timestamptz,
  locked_by text,
  is_available boolean
    generated always as (locked_at is null) stored
    constraint job_queues_is_available_not_null not null,
  constraint job_queues_pkey1 primary key (id),
  constraint job_queues_queue_name_key unique (queue_name),
  constraint job_queues_queue_name_check check (length(queue_name) <= 128)
);

create table :GRAPHILE_WORKER_SCHEMA._private_jobs (
  id bigint
    constraint jobs_id_not_null1 not null
    generated always as identity (sequence name :GRAPHILE_WORKER_SCHEMA.jobs_id_seq1),
  job_queue_id int,
  task_id int constraint jobs_task_id_not_null not null,
  payload json default '{}'::json constraint jobs_payload_not_null1 not null,
  priority smallint default 0 constraint jobs_priority_not_null1 not null,
  run_at timestamptz default now() constraint jobs_run_at_not_null1 not null,
  attempts smallint default 0 constraint jobs_attempts_not_null1 not null,
  max_attempts smallint default 25 constraint jobs_max_attempts_not_null1 not null,
  last_error text,
  created_at timestamptz default now() constraint jobs_created_at_not_null1 not null,
  updated_at timestamptz default now() constraint jobs_updated_at_not_null1 not null,
  key text,
  locked_at timestamptz,
  locked_by text,
  revision int default 0 constraint jobs_revision_not_null1 not null,
  flags jsonb,
  is_available boolean
    generated always as (locked_at is null and attempts < max_attempts) stored
    constraint jobs_is_available_not_null not null,
  constraint jobs_pkey1 primary key (id),
  constraint jobs_key_key1 unique (key),
  constraint jobs_key_check check (length(key) > 0 and length(key) <= 512),
  constraint jobs_max_attempts_check check (max_attempts >= 1)
);

create table :GRAPHILE_WORKER_SCHEMA._private_known_crontabs (
  identifier text constraint known_crontabs_identifier_not_null not null,
  known_since timestamptz constraint known_crontabs_known_since_not_null not null,
  last_execution timestamptz,
  constraint known_crontabs_pkey primary key (identifier)
);

-- Row level security without a policy: only the owner of the tables (and roles that bypass row
-- security) sees a row, whatever has been granted to others.

alter table :GRAPHILE_WORKER_SCHEMA._private_tasks enable row level security;
alter table :GRAPHILE_WORKER_SCHEMA._private_job_queues enable row level security;
alter table :GRAPHILE_WORKER_SCHEMA._private_jobs enable row level security;
alter table :GRAPHILE_WORKER_SCHEMA._private_known_crontabs enable row level security;

-- Claiming reads one of these two in order and stops at its limit; the included columns let it
-- judge a job's task and queue without a visit to the table.

create index jobs_main_index
  on :GRAPHILE_WORKER_SCHEMA._private_jobs using btree (priority, run_at)
  include (id, task_id, job_queue_id)
  where (is_available = true);

create index jobs_no_queue_index
  on :GRAPHILE_WORKER_SCHEMA._private_jobs using btree (priority, run_at)
  include (id, task_id)
  where (is_available = true and job_queue_id is null);

-- One job as add_jobs takes it.

create type :GRAPHILE_WORKER_SCHEMA.job_spec as (
  identifier text,
  payload json,
  queue_name text,
  run_at timestamptz,
  max_attempts smallint,
  job_key text,
  priority smallint,
  flags text[]
);

-- The public face of the queue. Payloads are left out on purpose: they may be large or secret.

create view :GRAPHILE_WORKER_SCHEMA.jobs as
  select
    jobs.id,
    job_queues.queue_name,
    tasks.identifier as task_identifier,
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
  from :GRAPHILE_WORKER_SCHEMA._private_jobs as jobs
  join :GRAPHILE_WORKER_SCHEMA._private_tasks as tasks
    on tasks.id = jobs.task_id
  left join :GRAPHILE_WORKER_SCHEMA._private_job_queues as job_queues
    on job_queues.id = jobs.job_queue_id;

-- add_job answers most requests with three cheap statements: find the task, insert the job, notify.
-- It does not go through add_jobs: arrays of specs and set-based statements cost several times as
-- much for a single job.

create function :GRAPHILE_WORKER_SCHEMA.add_job(
  identifier text,
  payload json default null,
  queue_name text default null,
  run_at timestamptz default null,
  max_attempts int default null,
  job_key text default null,
  priority int default null,
  flags text[] default null,
  job_key_mode text default 'replace'
) returns :GRAPHILE_WORKER_SCHEMA._private_jobs
language plpgsql
as $kongtask_body$
#variable_conflict use_column
declare
  v_task_id int;
  v_queue_id int;
  v_flags jsonb;
  v_job :GRAPHILE_WORKER_SCHEMA._private_jobs;
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
    from :GRAPHILE_WORKER_SCHEMA._private_tasks as known
    where known.identifier = add_job.identifier;
  if not found then
    insert into :GRAPHILE_WORKER_SCHEMA._private_tasks (identifier)
      values (add_job.identifier)
      on conflict (identifier) do nothing;
    select known.id into v_task_id
      from :GRAPHILE_WORKER_SCHEMA._private_tasks as known
      where known.identifier = add_job.identifier;
  end if;

  if add_job.queue_name is not null then
    select known.id into v_queue_id
      from :GRAPHILE_WORKER_SCHEMA._private_job_queues as known
      where known.queue_name = add_job.queue_name;
    if not found then
      insert into :GRAPHILE_WORKER_SCHEMA._private_job_queues (queue_name)
        values (add_job.queue_name)
        on conflict (queue_name) do nothing;
      select known.id into v_queue_id
        from :GRAPHILE_WORKER_SCHEMA._private_job_queues as known
        where known.queue_name = add_job.queue_name;
    end if;
  end if;

  if add_job.flags is not null then
    select jsonb_object_agg(flag, true) into v_flags
      from unnest(add_job.flags) as flag;
  end if;

  if add_job.job_key is null then
    -- Apart from the upserts below, because a speculative insert locks and logs more.
    insert into :GRAPHILE_WORKER_SCHEMA._private_jobs
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
    insert into :GRAPHILE_WORKER_SCHEMA._private_jobs as jobs
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
      insert into :GRAPHILE_WORKER_SCHEMA._private_jobs as jobs
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

      update :GRAPHILE_WORKER_SCHEMA._private_jobs as jobs
        set key = null, attempts = jobs.max_attempts, updated_at = now()
        where jobs.key = add_job.job_key and not jobs.is_available;
    end loop;
  end if;

  -- The random number keeps PostgreSQL from folding equal notifications of a transaction into one.
  perform pg_notify('jobs:insert', '{"r":' || random() || ',"count":1}');
  return v_job;
end;
$kongtask_body$;

-- add_jobs does the same for many jobs, one statement a step. Names and keys are always taken in
-- sorted order: callers that share some wait for each other instead of deadlocking. Jobs without
-- keys need neither the sorting of whole payloads nor the upsert.

create function :GRAPHILE_WORKER_SCHEMA.add_jobs(
  specs :GRAPHILE_WORKER_SCHEMA.job_spec[],
  job_key_preserve_run_at boolean default false
) returns setof :GRAPHILE_WORKER_SCHEMA._private_jobs
language plpgsql
as $kongtask_body$
#variable_conflict use_column
declare
  v_specs :GRAPHILE_WORKER_SCHEMA.job_spec[] := add_jobs.specs;
  v_count bigint;
begin
  -- Only what is missing is inserted; add_job tells why.
  insert into :GRAPHILE_WORKER_SCHEMA._private_tasks (identifier)
    select wanted.identifier
    from (select distinct spec.identifier from unnest(v_specs) as spec) as wanted
    where not exists (
      select from :GRAPHILE_WORKER_SCHEMA._private_tasks as known
      where known.identifier = wanted.identifier
    )
    order by wanted.identifier
    on conflict (identifier) do nothing;

  insert into :GRAPHILE_WORKER_SCHEMA._private_job_queues (queue_name)
    select wanted.queue_name
    from (select distinct spec.queue_name from unnest(v_specs) as spec) as wanted
    where wanted.queue_name is not null
      and not exists (
        select from :GRAPHILE_WORKER_SCHEMA._private_job_queues as known
        where known.queue_name = wanted.queue_name
      )
    order by wanted.queue_name
    on conflict (queue_name) do nothing;

  if not exists (select from unnest(v_specs) as spec where spec.job_key is not null) then
    return query
      insert into :GRAPHILE_WORKER_SCHEMA._private_jobs
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
        join :GRAPHILE_WORKER_SCHEMA._private_tasks as tasks
          on tasks.identifier = spec.identifier
        left join :GRAPHILE_WORKER_SCHEMA._private_job_queues as queues
          on queues.queue_name = spec.queue_name
        returning *;

  else
    -- The first pass takes every spec, the second those whose key belonged to a job that was locked
    -- or out of attempts; see add_job.
    for v_pass in 1..2 loop
      return query
        insert into :GRAPHILE_WORKER_SCHEMA._private_jobs as jobs
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
          join :GRAPHILE_WORKER_SCHEMA._private_tasks as tasks
            on tasks.identifier = spec.identifier
          left join :GRAPHILE_WORKER_SCHEMA._private_job_queues as queues
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
        join :GRAPHILE_WORKER_SCHEMA._private_jobs as jobs
          on jobs.key = spec.job_key
        where not jobs.is_available;
      update :GRAPHILE_WORKER_SCHEMA._private_jobs as jobs
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
$kongtask_body$;

-- Takes a job back by its key. One that is being executed cannot be stopped; it loses the key and
-- its remaining attempts, so that it is not tried again. A lock older than four hours counts as
-- abandoned, here and in the functions below.

create function :GRAPHILE_WORKER_SCHEMA.remove_job(
  job_key text
) returns :GRAPHILE_WORKER_SCHEMA._private_jobs
language plpgsql
strict
as $kongtask_body$
#variable_conflict use_column
declare
  v_job :GRAPHILE_WORKER_SCHEMA._private_jobs;
begin
  delete from :GRAPHILE_WORKER_SCHEMA._private_jobs as jobs
    where jobs.key = remove_job.job_key
      and (jobs.locked_at is null or jobs.locked_at < now() - interval '4 hours')
    returning * into v_job;
  if found then
    perform pg_notify('jobs:insert', '{"r":' || random() || ',"count":-1}');
    return v_job;
  end if;

  update :GRAPHILE_WORKER_SCHEMA._private_jobs as jobs
    set key = null, attempts = jobs.max_attempts, updated_at = now()
    where jobs.key = remove_job.job_key
    returning * into v_job;
  return v_job;
end;
$kongtask_body$;

-- The functions for administrators. They pass over jobs that are being executed and return the
-- others, so possibly fewer than were asked for.

create function :GRAPHILE_WORKER_SCHEMA.complete_jobs(
  job_ids bigint[]
) returns setof :GRAPHILE_WORKER_SCHEMA._private_jobs
language sql
as $kongtask_body$
  delete from :GRAPHILE_WORKER_SCHEMA._private_jobs as jobs
    where jobs.id = any (complete_jobs.job_ids)
      and (jobs.locked_at is null or jobs.locked_at < now() - interval '4 hours')
    returning *;
$kongtask_body$;

create function :GRAPHILE_WORKER_SCHEMA.permanently_fail_jobs(
  job_ids bigint[],
  error_message text default null
) returns setof :GRAPHILE_WORKER_SCHEMA._private_jobs
language sql
as $kongtask_body$
  update :GRAPHILE_WORKER_SCHEMA._private_jobs as jobs
    set
      last_error = coalesce(permanently_fail_jobs.error_message, 'Manually marked as failed'),
      attempts = jobs.max_attempts,
      updated_at = now()
    where jobs.id = any (permanently_fail_jobs.job_ids)
      and (jobs.locked_at is null or jobs.locked_at < now() - interval '4 hours')
    returning *;
$kongtask_body$;

create function :GRAPHILE_WORKER_SCHEMA.reschedule_jobs(
  job_ids bigint[],
  run_at timestamptz default null,
  priority int default null,
  attempts int default null,
  max_attempts int default null
) returns setof :GRAPHILE_WORKER_SCHEMA._private_jobs
language sql
as $kongtask_body$
  update :GRAPHILE_WORKER_SCHEMA._private_jobs as jobs
    set
      run_at = coalesce(reschedule_jobs.run_at, jobs.run_at),
      priority = coalesce(reschedule_jobs.priority, jobs.priority),
      attempts = coalesce(reschedule_jobs.attempts, jobs.attempts),
      max_attempts = coalesce(reschedule_jobs.max_attempts, jobs.max_attempts),
      updated_at = now()
    where jobs.id = any (reschedule_jobs.job_ids)
      and (jobs.locked_at is null or jobs.locked_at < now() - interval '4 hours')
    returning *;
$kongtask_body$;

-- Frees what dead workers hold. Since revision 19 the ids are those of pools, whatever the name
-- says. Attempts are not given back: a job that killed its worker must not do so for ever.

create function :GRAPHILE_WORKER_SCHEMA.force_unlock_workers(
  worker_ids text[]
) returns void
language sql
as $kongtask_body$
  update :GRAPHILE_WORKER_SCHEMA._private_jobs as jobs
    set locked_at = null, locked_by = null
    where jobs.locked_by = any (force_unlock_workers.worker_ids);
  update :GRAPHILE_WORKER_SCHEMA._private_job_queues as queues
    set locked_at = null, locked_by = null
    where queues.locked_by = any (force_unlock_workers.worker_ids);
$kongtask_body$;
