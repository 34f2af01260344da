-- Ends a job in its task's transaction: deletes it, and frees its queue for the next job.
--
-- Only what is still the pool's by the claim that the job came with, and only in the transaction that
-- the task began in. Returns whether it is that one, and its number where the job was deleted.
with done as (
  delete from :GRAPHILE_WORKER_SCHEMA._private_jobs as jobs
  where jobs.id = $1::bigint
    and jobs.locked_by = $2::text
    and jobs.locked_at = any($3::text[]::timestamptz[])
    and pg_catalog.current_setting('application_name') = $4::text
  returning jobs.job_queue_id
),
freed as (
  update :GRAPHILE_WORKER_SCHEMA._private_job_queues as queues
  set locked_by = null, locked_at = null
  where queues.id = (select done.job_queue_id from done)
    and queues.locked_by = $2::text
)
select
  pg_catalog.current_setting('application_name') = $4::text,
  (select pg_catalog.pg_current_xact_id()::text from done)
