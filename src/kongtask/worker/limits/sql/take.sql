-- Takes jobs for a pool under the locks of their limits, and notes that they count.
--
-- Of queues, their rows are locked first, as every claim does. A job that is not what it was when its
-- keys were read is left for the next time. Returns what claim.sql returns.
with wanted as materialized (
  select given.id, given.revision
  from unnest(%(ids)s::bigint[], %(revisions)s::int[]) as given (id, revision)
),
moment as materialized (
  select clock_timestamp() as at
),
held as materialized (
  select queues.id
  from :GRAPHILE_WORKER_SCHEMA._private_job_queues as queues
  where queues.id = any(%(queue_ids)s::int[])
    and queues.is_available = true
  for update skip locked
),
due as materialized (
  select jobs.id, jobs.job_queue_id
  from :GRAPHILE_WORKER_SCHEMA._private_jobs as jobs
  where jobs.id = any(%(ids)s::bigint[])
    and jobs.is_available = true
    and jobs.run_at <= coalesce(%(now)s::timestamptz, now())
    and (jobs.id, jobs.revision) in (select wanted.id, wanted.revision from wanted)
    and (jobs.job_queue_id is null or jobs.job_queue_id = any(array(select held.id from held)))
  for update skip locked
),
locked as (
  update :GRAPHILE_WORKER_SCHEMA._private_job_queues as queues
  set locked_by = %(pool_id)s, locked_at = coalesce(%(now)s::timestamptz, moment.at)
  from moment
  where queues.id = any(
    array(select due.job_queue_id from due where due.job_queue_id is not null)
  )
),
claimed as (
  update :GRAPHILE_WORKER_SCHEMA._private_jobs as jobs
  set
    attempts = jobs.attempts + 1,
    locked_by = %(pool_id)s,
    locked_at = coalesce(%(now)s::timestamptz, moment.at)
  from moment
  where jobs.id = any(array(select due.id from due))
  returning
    jobs.id, jobs.task_id, jobs.payload::text, jobs.priority, jobs.run_at, jobs.attempts,
    jobs.max_attempts, jobs.job_queue_id, jobs.key, jobs.revision, jobs.flags::text,
    jobs.created_at, jobs.last_error, jobs.locked_at
),
permitted as (
  insert into :EXTENSION_SCHEMA.permits
    (limit_name, key, job_id, pool_id, locked_at, ends_at)
  select
    given.name, given.key, claimed.id, %(pool_id)s, claimed.locked_at,
    moment.at + given.per * interval '1 second'
  from claimed
  join unnest(
    %(permit_ids)s::bigint[], %(names)s::text[], %(keys)s::text[], %(pers)s::float8[]
  ) as given (id, name, key, per) on given.id = claimed.id
  cross join moment
)
select * from claimed
