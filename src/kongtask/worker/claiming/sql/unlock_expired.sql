-- Frees the locks of workers that have died: those that are older than a lock may get. Passes over
-- rows that somebody else is writing to.
with old_jobs as materialized (
  select jobs.id
  from :GRAPHILE_WORKER_SCHEMA._private_jobs as jobs
  where jobs.locked_at < coalesce(%(now)s::timestamptz, now()) - %(expiry)s::interval
  for update skip locked
),
old_queues as materialized (
  select queues.id
  from :GRAPHILE_WORKER_SCHEMA._private_job_queues as queues
  where queues.locked_at < coalesce(%(now)s::timestamptz, now()) - %(expiry)s::interval
  for update skip locked
),
jobs as (
  update :GRAPHILE_WORKER_SCHEMA._private_jobs as jobs
  set
    locked_by = null,
    locked_at = null,
    run_at = greatest(jobs.run_at, coalesce(%(now)s::timestamptz, now()))
  where jobs.id = any(array(select old_jobs.id from old_jobs))
  returning jobs.id
),
queues as (
  update :GRAPHILE_WORKER_SCHEMA._private_job_queues as queues
  set locked_by = null, locked_at = null
  where queues.id = any(array(select old_queues.id from old_queues))
  returning queues.id
)
select (select count(*) from jobs), (select count(*) from queues)
