-- The names of some queues.
select queues.id, queues.queue_name
from :GRAPHILE_WORKER_SCHEMA._private_job_queues as queues
where queues.id = any(%(ids)s::int[])
