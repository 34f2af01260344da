-- Counts what gc_task_identifiers.sql would delete: without any there is no need for its lock.
select count(*)
from :GRAPHILE_WORKER_SCHEMA._private_tasks as tasks
where tasks.identifier <> all ($1::text[])
  and not exists (
    select from :GRAPHILE_WORKER_SCHEMA._private_jobs as jobs
    where jobs.task_id = tasks.id
  )
