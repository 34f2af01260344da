-- Deletes the queues that are free and have no job. lock_queues.sql comes before it.
with gone as (
  delete from :GRAPHILE_WORKER_SCHEMA._private_job_queues as queues
  where queues.locked_at is null
    and not exists (
      select from :GRAPHILE_WORKER_SCHEMA._private_jobs as jobs
      where jobs.job_queue_id = queues.id
    )
  returning 1
)
select count(*) from gone
