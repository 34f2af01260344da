-- Adds jobs with one call. Each spec is one place of the JSON array of payloads and of that of all
-- else.
--
-- Answers with the jobs, in no order, and with the numbers of the names that were known before the
-- call: what it registers itself is not visible to the outer statement.
select
  coalesce(array_agg(row_to_json(job)::text), '{}'),
  (
    select coalesce(json_object_agg(tasks.id, tasks.identifier), '{}')::text
    from :GRAPHILE_WORKER_SCHEMA._private_tasks as tasks
    where tasks.identifier = any ($3::text[])
  ),
  (
    select coalesce(json_object_agg(queues.id, queues.queue_name), '{}')::text
    from :GRAPHILE_WORKER_SCHEMA._private_job_queues as queues
    where queues.queue_name = any ($4::text[])
  )
from :GRAPHILE_WORKER_SCHEMA.add_jobs(
  specs => (
    select array_agg(
      row(
        spec.identifier, spec.payload, spec.queue_name, spec.run_at, spec.max_attempts,
        spec.job_key, spec.priority, spec.flags
      ):::GRAPHILE_WORKER_SCHEMA.job_spec
    )
    from rows from (
      json_array_elements($1::text::json),
      json_to_recordset($2::text::json) as (
        identifier text, queue_name text, run_at timestamptz, max_attempts smallint, job_key text,
        priority smallint, flags text[]
      )
    ) as spec (
      payload, identifier, queue_name, run_at, max_attempts, job_key, priority, flags
    )
  ),
  job_key_preserve_run_at => $5::boolean
) as job
