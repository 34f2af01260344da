-- Deletes the tasks that have no job and are not to be kept. lock_tasks.sql comes before it.
with gone as (
  delete from :GRAPHILE_WORKER_SCHEMA._private_tasks as tasks
  where tasks.identifier <> all ($1::text[])
    and not exists (
      select from :GRAPHILE_WORKER_SCHEMA._private_jobs as jobs
      where jobs.task_id = tasks.id
    )
  returning 1
)
select count(*) from gone
