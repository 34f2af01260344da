-- Adding a job no longer takes a value from the int sequence of a task or queue that is known
-- already. The functions that Graphile Worker installs at revisions 18 and 19 take one for each job
-- added, so that 2^31 jobs exhaust the ids; on such a database both are replaced in full here. One
-- that kongtask installed has had these very functions since 000018.

-- add_job answers most requests with three cheap statements: find the task, insert the job, notify.
-- It does not go through add_jobs: arrays of specs and set-based statements cost several times as
-- much for a single job.

create or replace function :GRAPHILE_WORKER_SCHEMA.add_job(
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

create or replace function :GRAPHILE_WORKER_SCHEMA.add_jobs(
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
