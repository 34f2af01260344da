-- Deletes jobs that nobody executes; a lock older than four hours counts as abandoned.
select row_to_json(job)::text, tasks.identifier, queues.queue_name
from :GRAPHILE_WORKER_SCHEMA.complete_jobs(job_ids => $1::bigint[]) as job
left join :GRAPHILE_WORKER_SCHEMA._private_tasks as tasks
  on tasks.id = job.task_id
left join :GRAPHILE_WORKER_SCHEMA._private_job_queues as queues
  on queues.id = job.job_queue_id
order by job.id
