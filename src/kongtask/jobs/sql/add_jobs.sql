-- Adds jobs, however many, with one call. Each spec is one place of these arrays; flags are written
-- as the text of an array, because an array of arrays would need them all to be of one length.
-- A task or queue that this very call registers is not visible to the outer statement: its name is
-- null here.
select
  row_to_json(job)::text,
  (
    select tasks.identifier
    from :GRAPHILE_WORKER_SCHEMA._private_tasks as tasks
    where tasks.id = job.task_id
  ),
  (
    select queues.queue_name
    from :GRAPHILE_WORKER_SCHEMA._private_job_queues as queues
    where queues.id = job.job_queue_id
  )
from :GRAPHILE_WORKER_SCHEMA.add_jobs(
  specs => (
    select array_agg(
      row(
        spec.identifier,
        spec.payload::json,
        spec.queue_name,
        spec.run_at::timestamptz,
        spec.max_attempts::smallint,
        spec.job_key,
        spec.priority::smallint,
        spec.flags::text[]
      ):::GRAPHILE_WORKER_SCHEMA.job_spec
      order by spec.ordinality
    )
    from unnest(
      $1::text[], $2::text[], $3::text[], $4::text[], $5::int[], $6::text[], $7::int[], $8::text[]
    ) with ordinality as spec (
      identifier, payload, queue_name, run_at, max_attempts, job_key, priority, flags, ordinality
    )
  ),
  job_key_preserve_run_at => $9::boolean
) as job
