-- Deletes the job with a key; one that is being executed loses the key and its attempts instead.
select row_to_json(job)::text, tasks.identifier, queues.queue_name
from :GRAPHILE_WORKER_SCHEMA.remove_job(job_key => $1::text) as job
left join :GRAPHILE_WORKER_SCHEMA._private_tasks as tasks
  on tasks.id = job.task_id
left join :GRAPHILE_WORKER_SCHEMA._private_job_queues as queues
  on queues.id = job.job_queue_id
where job.id is not null
order by job.id
