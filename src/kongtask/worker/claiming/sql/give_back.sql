-- Gives jobs back that were claimed and not begun: as if they had not been claimed. Tells other
-- pools of them, as if they had just been added.
with returned as (
  update :GRAPHILE_WORKER_SCHEMA._private_jobs as jobs
  set attempts = greatest(0, jobs.attempts - 1), locked_by = null, locked_at = null
  where jobs.id = any(%(ids)s::bigint[])
    and jobs.locked_by = %(pool_id)s
    and jobs.locked_at = any(%(moments)s::timestamptz[])
  returning jobs.id, jobs.job_queue_id
),
freed as (
  update :GRAPHILE_WORKER_SCHEMA._private_job_queues as queues
  set locked_by = null, locked_at = null
  where queues.id = any(
      array(select returned.job_queue_id from returned where returned.job_queue_id is not null)
    )
    and queues.locked_by = %(pool_id)s
)
select
  count(*),
  pg_notify('jobs:insert', json_build_object('r', random(), 'count', count(*))::text)::text
from returned
having count(*) > 0
