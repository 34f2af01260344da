-- Renews the locks of jobs that run for long, and of their queues: each gets the moment that the pool
-- takes for the one of its claim, besides those before it.
--
-- Only what is still this pool's by the claim that the job came with. Waits until that cannot be lost
-- any more. Returns the jobs that were.
with renewed as (
  update :GRAPHILE_WORKER_SCHEMA._private_jobs as jobs
  set locked_at = %(moment)s::timestamptz
  from unnest(%(ids)s::bigint[], %(moments)s::timestamptz[]) as given (id, moment)
  where jobs.id = given.id
    and jobs.locked_by = %(pool_id)s
    and jobs.locked_at = given.moment
    and pg_catalog.set_config('synchronous_commit', 'on', true) is not null
  returning jobs.id, jobs.job_queue_id
),
queues as (
  update :GRAPHILE_WORKER_SCHEMA._private_job_queues as queues
  set locked_at = %(moment)s::timestamptz
  where queues.id = any(
      array(select renewed.job_queue_id from renewed where renewed.job_queue_id is not null)
    )
    and queues.locked_by = %(pool_id)s
)
select renewed.id from renewed
