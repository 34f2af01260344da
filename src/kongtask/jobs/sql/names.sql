-- The names of tasks and of queues by their ids: what a call has registered is visible to the next.
select
  (
    select coalesce(json_object_agg(tasks.id, tasks.identifier), '{}')::text
    from :GRAPHILE_WORKER_SCHEMA._private_tasks as tasks
    where tasks.id = any ($1::int[])
  ),
  (
    select coalesce(json_object_agg(queues.id, queues.queue_name), '{}')::text
    from :GRAPHILE_WORKER_SCHEMA._private_job_queues as queues
    where queues.id = any ($2::int[])
  )
