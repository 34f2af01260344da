-- The numbers of some tasks.
select tasks.identifier, tasks.id
from :GRAPHILE_WORKER_SCHEMA._private_tasks as tasks
where tasks.identifier = any(%(identifiers)s::text[])
