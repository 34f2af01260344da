-- Ends jobs that are done: deletes them, and frees their queues for the next job.
--
-- Only what is still this pool's by one of the claims that these jobs came with: where a lock has
-- expired or was taken away, the job may be running elsewhere. Returns the jobs that were.
with done as (
  delete from :GRAPHILE_WORKER_SCHEMA._private_jobs as jobs
  where jobs.id = any(%(ids)s::bigint[])
    and jobs.locked_by = %(pool_id)s
    and jobs.locked_at = any(%(moments)s::timestamptz[])
  returning jobs.id, jobs.job_queue_id
),
freed as (
  update :GRAPHILE_WORKER_SCHEMA._private_job_queues as queues
  set locked_by = null, locked_at = null
  where queues.id = any(array(select done.job_queue_id from done where done.job_queue_id is not null))
    and queues.locked_by = %(pool_id)s
)
select done.id from done
