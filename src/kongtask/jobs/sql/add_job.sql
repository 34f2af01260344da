-- Adds one job. No row comes back where another session has locked the job that has the key between
-- two statements of Graphile Worker's function; then the call is to be repeated.
-- A task or queue that this very call registers is not visible to the outer statement, hence coalesce.
select
  row_to_json(job)::text,
  coalesce(
    (
      select tasks.identifier
      from :GRAPHILE_WORKER_SCHEMA._private_tasks as tasks
      where tasks.id = job.task_id
    ),
    $1::text
  ),
  case when job.job_queue_id is not null then
    coalesce(
      (
        select queues.queue_name
        from :GRAPHILE_WORKER_SCHEMA._private_job_queues as queues
        where queues.id = job.job_queue_id
      ),
      $3::text
    )
  end
from :GRAPHILE_WORKER_SCHEMA.add_job(
  identifier => $1::text,
  payload => $2::text::json,
  queue_name => $3::text,
  run_at => $4::text::timestamptz,
  max_attempts => $5::int,
  job_key => $6::text,
  priority => $7::int,
  flags => $8::text[],
  job_key_mode => $9::text
) as job
where job.id is not null
