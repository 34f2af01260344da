-- Frees the locks of workers that have died: those that are older than a lock may get.
with jobs as (
  update :GRAPHILE_WORKER_SCHEMA._private_jobs as jobs
  set
    locked_by = null,
    locked_at = null,
    run_at = greatest(jobs.run_at, coalesce(%(now)s::timestamptz, now()))
  where jobs.locked_at < coalesce(%(now)s::timestamptz, now()) - %(expiry)s::interval
  returning jobs.id
),
queues as (
  update :GRAPHILE_WORKER_SCHEMA._private_job_queues as queues
  set locked_by = null, locked_at = null
  where queues.locked_at < coalesce(%(now)s::timestamptz, now()) - %(expiry)s::interval
  returning queues.id
)
select (select count(*) from jobs), (select count(*) from queues)
