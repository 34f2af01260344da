-- Who has locked queues, and since when; not those that are paused.
select
  queues.locked_by,
  least(
    min(greatest(queues.locked_at, timestamptz '0001-01-02 00:00:00+00')),
    timestamptz '9999-12-30 00:00:00+00'
  )
from :GRAPHILE_WORKER_SCHEMA._private_job_queues as queues
where queues.is_available = false
  and queues.locked_by <> $1::text
group by queues.locked_by
limit 1000
