-- Who has locked queues, and since when.
select queues.locked_by, min(queues.locked_at)
from :GRAPHILE_WORKER_SCHEMA._private_job_queues as queues
where queues.is_available = false
  and queues.locked_by is not null
group by queues.locked_by
limit 1000
