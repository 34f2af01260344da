-- Gives back what this pool has locked and does not know of: the answer to a claim was lost with
-- its connection. Reads the whole table, which is rare enough.
with returned as (
  update :GRAPHILE_WORKER_SCHEMA._private_jobs as jobs
  set attempts = greatest(0, jobs.attempts - 1), locked_by = null, locked_at = null
  where jobs.locked_by = %(pool_id)s
    and jobs.id <> all(%(known_ids)s::bigint[])
  returning jobs.id
),
freed as (
  update :GRAPHILE_WORKER_SCHEMA._private_job_queues as queues
  set locked_by = null, locked_at = null
  where queues.locked_by = %(pool_id)s
    and queues.id <> all(%(known_queue_ids)s::int[])
)
select returned.id from returned
