-- Records failed attempts: the error, the time of the next attempt, what is left of the payload.
--
-- Only what is still this pool's by the claim that the job came with: an attempt whose record was
-- written while its answer was lost is not recorded again once the job has been claimed anew. The
-- wait is e to the number of attempts, in seconds, from the tenth attempt on the same. A job without
-- attempts left stays as it is, not available any more. Returns the jobs that were.
with failed as (
  update :GRAPHILE_WORKER_SCHEMA._private_jobs as jobs
  set
    last_error = given.message,
    run_at = greatest(now(), jobs.run_at)
      + exp(least(jobs.attempts, 10)::float8) * interval '1 second',
    payload = coalesce(given.payload::json, jobs.payload),
    locked_by = null,
    locked_at = null
  from unnest(
    %(ids)s::bigint[], %(moments)s::timestamptz[], %(messages)s::text[], %(payloads)s::text[]
  ) as given (id, moment, message, payload)
  where jobs.id = given.id
    and jobs.id = any(%(ids)s::bigint[])
    and jobs.locked_by = %(pool_id)s
    and jobs.locked_at = given.moment
  returning jobs.id, jobs.job_queue_id
),
freed as (
  update :GRAPHILE_WORKER_SCHEMA._private_job_queues as queues
  set locked_by = null, locked_at = null
  where queues.id = any(
      array(select failed.job_queue_id from failed where failed.job_queue_id is not null)
    )
    and queues.locked_by = %(pool_id)s
)
select failed.id from failed
