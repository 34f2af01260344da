-- Puts jobs back whose attempt has not completed them: the error, the time of the next attempt, what
-- is left of the payload.
--
-- Only what is still this pool's by the claim that the job came with: an attempt whose record was
-- written while its answer was lost is not recorded again once the job has been claimed anew. Without
-- a wait of its own, a job waits e to the number of attempts, in seconds, from the tenth attempt on
-- the same. A job without attempts left stays as it is, not available any more. Returns the jobs that
-- were this pool's.
--
-- A snoozed job gets its attempt back, unless its key is gone: then it was removed, or replaced,
-- while it ran, and has no attempts left for that reason. Its last error stays; only that workers have
-- died in a row is over, since this one has not.
with requeued as (
  update :GRAPHILE_WORKER_SCHEMA._private_jobs as jobs
  set
    attempts = case
      when given.verdict = 'fail' then jobs.max_attempts
      when given.verdict = 'snooze' and jobs.key is not distinct from given.key
        then greatest(0, jobs.attempts - 1)
      else jobs.attempts
    end,
    last_error = case
      when given.verdict <> 'snooze' then given.message
      when jobs.key is distinct from given.key
        then 'Removed or replaced by its job key while it ran; so it does not come again'
      else regexp_replace(jobs.last_error, '^Worker died \([0-9]{1,6} in a row\)', 'Worker died')
    end,
    run_at = case
      when given.wait is null
        then greatest(now(), jobs.run_at)
          + exp(least(jobs.attempts, 10)::float8) * interval '1 second'
      else greatest(coalesce(%(now)s::timestamptz, now()), jobs.run_at)
        + given.wait * interval '1 second'
    end,
    payload = coalesce(given.payload::json, jobs.payload),
    locked_by = null,
    locked_at = null
  from unnest(
    %(ids)s::bigint[], %(moments)s::timestamptz[], %(verdicts)s::text[], %(messages)s::text[],
    %(waits)s::float8[], %(payloads)s::text[], %(keys)s::text[]
  ) as given (id, moment, verdict, message, wait, payload, key)
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
      array(select requeued.job_queue_id from requeued where requeued.job_queue_id is not null)
    )
    and queues.locked_by = %(pool_id)s
)
select requeued.id from requeued
