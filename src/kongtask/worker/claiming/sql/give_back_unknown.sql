-- Gives back what this pool has locked and does not know of: the answer to a claim was lost with
-- its connection. Reads the whole table, which is rare enough.
with known as materialized (
  select given.id, given.moment
  from unnest(%(ids)s::bigint[], %(moments)s::timestamptz[]) as given (id, moment)
),
returned as (
  update :GRAPHILE_WORKER_SCHEMA._private_jobs as jobs
  set attempts = greatest(0, jobs.attempts - 1), locked_by = null, locked_at = null
  where jobs.locked_by = %(pool_id)s
    and not exists (
      select from known where known.id = jobs.id and known.moment = jobs.locked_at
    )
  returning jobs.id
),
freed as (
  update :GRAPHILE_WORKER_SCHEMA._private_job_queues as queues
  set locked_by = null, locked_at = null
  where queues.locked_by = %(pool_id)s
    and queues.id <> all(%(queue_ids)s::int[])
)
select
  count(*),
  pg_notify('jobs:insert', json_build_object('r', random(), 'count', count(*))::text)::text
from returned
having count(*) > 0
