-- Locks again what this pool holds and a crash of the server has let go: a claim that it had not
-- written out yet. Such a row is as it was before the claim, one attempt behind; so is one that this
-- pool has just snoozed, which is not due yet.
with held as (
  update :GRAPHILE_WORKER_SCHEMA._private_jobs as jobs
  set attempts = given.attempts, locked_by = %(pool_id)s, locked_at = given.moment
  from unnest(%(ids)s::bigint[], %(moments)s::timestamptz[], %(attempts)s::int[])
    as given (id, moment, attempts)
  where jobs.id = given.id
    and jobs.id = any(%(ids)s::bigint[])
    and jobs.locked_at is null
    and jobs.attempts = given.attempts - 1
    and jobs.run_at <= given.moment
  returning jobs.id, jobs.job_queue_id, jobs.locked_at
),
locked as (
  update :GRAPHILE_WORKER_SCHEMA._private_job_queues as queues
  set locked_by = %(pool_id)s, locked_at = held.locked_at
  from held
  where queues.id = held.job_queue_id
    and queues.id = any(array(select held.job_queue_id from held))
    and queues.locked_at is null
)
select held.id from held
