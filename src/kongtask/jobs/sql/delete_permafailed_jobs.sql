-- Deletes the jobs that are out of attempts and that nobody executes.
with gone as (
  delete from :GRAPHILE_WORKER_SCHEMA._private_jobs as jobs
  where jobs.attempts >= jobs.max_attempts and jobs.locked_at is null
  returning 1
)
select count(*) from gone
