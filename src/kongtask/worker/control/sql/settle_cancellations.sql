-- Settles the requests to cancel jobs that nobody holds any more, and returns the jobs that this
-- pool holds, each with what becomes its last error.
--
-- A job that was given back, freed or failed meanwhile fails for good; one that has ended needs
-- nothing. A request whose job was claimed just now stays, for whoever claimed it. Requests are few,
-- so jobs are found by their ids.
with waiting as materialized (
  select asked.job_id, asked.message, coalesce(jobs.is_available, false) as is_available
  from :EXTENSION_SCHEMA.cancellations as asked
  left join :GRAPHILE_WORKER_SCHEMA._private_jobs as jobs
    on jobs.id = asked.job_id
    and jobs.id = any(
      array(select others.job_id from :EXTENSION_SCHEMA.cancellations as others)
    )
  where jobs.locked_at is null
  for update of asked skip locked
),
failed as (
  update :GRAPHILE_WORKER_SCHEMA._private_jobs as jobs
  set attempts = jobs.max_attempts, last_error = waiting.message, updated_at = now()
  from waiting
  where jobs.id = waiting.job_id
    and jobs.id = any(array(select waiting.job_id from waiting))
    and jobs.is_available
  returning jobs.id
),
settled as (
  delete from :EXTENSION_SCHEMA.cancellations as asked
  using waiting left join failed on failed.id = waiting.job_id
  where asked.job_id = waiting.job_id
    and (failed.id is not null or not waiting.is_available)
)
select jobs.id, asked.message
from :EXTENSION_SCHEMA.cancellations as asked
join :GRAPHILE_WORKER_SCHEMA._private_jobs as jobs on jobs.id = asked.job_id
where jobs.locked_by = %(pool_id)s
  and jobs.id = any(array(select others.job_id from :EXTENSION_SCHEMA.cancellations as others))
