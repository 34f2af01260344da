-- Counts what gc_job_queues.sql would delete: without any there is no need for its lock.
select count(*)
from :GRAPHILE_WORKER_SCHEMA._private_job_queues as queues
where queues.locked_at is null
  and not exists (
    select from :GRAPHILE_WORKER_SCHEMA._private_jobs as jobs
    where jobs.job_queue_id = queues.id
  )
