-- Adds jobs, however many, with one call. Each spec is one place of these JSON arrays; null instead
-- of one says that no spec has it.
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
        spec.payload,
        spec.queue_name,
        spec.run_at::timestamptz,
        spec.max_attempts::smallint,
        spec.job_key,
        spec.priority::smallint,
        case when json_typeof(spec.flags) = 'array' then
          array(select json_array_elements_text(spec.flags))
        end
      ):::GRAPHILE_WORKER_SCHEMA.job_spec
      order by spec.ordinality
    )
    from rows from (
      json_array_elements_text($1::text::json),
      json_array_elements($2::text::json),
      json_array_elements_text($3::text::json),
      json_array_elements_text($4::text::json),
      json_array_elements_text($5::text::json),
      json_array_elements_text($6::text::json),
      json_array_elements($7::text::json),
      json_array_elements_text($8::text::json)
    ) with ordinality as spec (
      identifier, payload, queue_name, run_at, max_attempts, priority, flags, job_key, ordinality
    )
  ),
  job_key_preserve_run_at => $9::boolean
) as job
