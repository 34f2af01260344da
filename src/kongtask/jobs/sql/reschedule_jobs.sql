-- Changes jobs that nobody executes. A null leaves what is there; a zero is a zero.
select row_to_json(job)::text, tasks.identifier, queues.queue_name
from :GRAPHILE_WORKER_SCHEMA.reschedule_jobs(
  job_ids => $1::bigint[],
  run_at => $2::text::timestamptz,
  priority => $3::int,
  attempts => $4::int,
  max_attempts => $5::int
) as job
left join :GRAPHILE_WORKER_SCHEMA._private_tasks as tasks
  on tasks.id = job.task_id
left join :GRAPHILE_WORKER_SCHEMA._private_job_queues as queues
  on queues.id = job.job_queue_id
order by job.id
