-- Takes over from a pool that is dead: frees its jobs and queues. The second time, a minute later, it
-- also forgets the pool: a claim that was under way when the pool died may have come to an end since.
--
-- Only one can: it locks the pool's row, which nobody else then sees, and looks at it once more. A
-- pool that proves its life by a lock is dead if that lock can be had; while this transaction has it,
-- the pool cannot come back. All writes of the pool ask for locked_by, so it loses its jobs for good.
-- Finds them by reading the whole table: there is no index, and deaths are rare.
--
-- What is known about a job at its pool's death: begun, where its begin was written down; not begun,
-- where it would have been and was not; else it may have been. It would have been if the job was
-- suspicious already, since its last error is the death of a worker, or if it was its last attempt.
with dead as materialized (
  select pools.*
  from :EXTENSION_SCHEMA.pools as pools
  where pools.pool_id = %(pool_id)s
    and pools.last_seen_at < now() - pools.late_after
    and coalesce(pools.recovered_at < now() - interval '1 minute', true)
  for update skip locked
),
proven as materialized (
  select dead.*
  from dead
  where dead.mode = 'heartbeat'
    or pg_catalog.pg_try_advisory_xact_lock(%(namespace)s::int, dead.lock_key)
),
marked as (
  update :EXTENSION_SCHEMA.pools as pools
  set recovered_at = now()
  from proven
  where pools.pool_id = proven.pool_id and proven.recovered_at is null
),
forgotten as (
  delete from :EXTENSION_SCHEMA.pools as pools
  using proven
  where pools.pool_id = proven.pool_id and proven.recovered_at is not null
),
known as materialized (
  select
    jobs.id,
    jobs.attempts,
    jobs.max_attempts,
    coalesce(
      substring(jobs.last_error from '^Worker died \(([0-9]{1,6}) in a row\): ')::int, 0
    ) as deaths,
    begun.job_id is not null as has_begun,
    exists (
      select from :GRAPHILE_WORKER_SCHEMA._private_tasks as tasks
      where tasks.id = jobs.task_id and tasks.identifier = any(proven.given_back_tasks)
    ) as is_given_back,
    proven.pool_id, proven.host, proven.process_id, proven.most_deaths
  from proven
  join :GRAPHILE_WORKER_SCHEMA._private_jobs as jobs on jobs.locked_by = proven.pool_id
  left join :EXTENSION_SCHEMA.begun_jobs as begun
    on begun.pool_id = proven.pool_id
    and begun.job_id = jobs.id
    and begun.attempt = jobs.attempts
),
judged as materialized (
  select
    known.*,
    known.deaths + 1 as deaths_now,
    known.has_begun or (known.deaths = 0 and known.attempts < known.max_attempts) as may_have_run,
    known.has_begun and known.deaths + 1 >= known.most_deaths as is_given_up
  from known
),
freed as (
  update :GRAPHILE_WORKER_SCHEMA._private_jobs as jobs
  set
    attempts = case
      when judged.is_given_up then jobs.max_attempts
      when judged.may_have_run and not judged.is_given_back then jobs.attempts
      else greatest(0, jobs.attempts - 1)
    end,
    last_error = case
      when judged.may_have_run then
        'Worker died (' || judged.deaths_now || ' in a row): ' || judged.host || ' (process '
        || judged.process_id || ', ' || judged.pool_id || ') died while it '
        || case when judged.has_begun then 'ran' else 'held' end || ' this job'
        || case
          when judged.is_given_up then '; it is not tried again, since they may die of it'
          else ''
        end
      else jobs.last_error
    end,
    run_at = case
      when judged.has_begun and judged.deaths_now > 1
        then greatest(now(), jobs.run_at) + exp(least(judged.deaths_now, 10)) * interval '1 second'
      else jobs.run_at
    end,
    locked_by = null,
    locked_at = null
  from judged
  where jobs.id = judged.id
    and jobs.locked_by = judged.pool_id
    and jobs.attempts = judged.attempts
  returning judged.is_given_up
),
freed_queues as (
  update :GRAPHILE_WORKER_SCHEMA._private_job_queues as queues
  set locked_by = null, locked_at = null
  from proven
  where queues.locked_by = proven.pool_id
  returning queues.id
),
cleared as (
  delete from :EXTENSION_SCHEMA.begun_jobs as begun
  using proven
  where begun.pool_id = proven.pool_id
)
select
  proven.host, proven.process_id, proven.recovered_at is null,
  (select count(*) from freed),
  (select count(*) from freed where freed.is_given_up),
  (select count(*) from freed_queues),
  pg_catalog.pg_notify(
    'jobs:insert',
    json_build_object('r', random(), 'count', (select count(*) from freed))::text
  )::text
from proven
