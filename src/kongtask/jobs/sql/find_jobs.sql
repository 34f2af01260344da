-- Finds jobs by what they have; a null asks for nothing. Jobs come in the order of their ids.
select row_to_json(found)::text, found.identifier, found.queue_name, found.state
from (
  select
    jobs.id,
    jobs.job_queue_id,
    jobs.task_id,
    case when $8::boolean then jobs.payload else 'null' end as payload,
    jobs.priority,
    jobs.run_at,
    jobs.attempts,
    jobs.max_attempts,
    jobs.last_error,
    jobs.created_at,
    jobs.updated_at,
    jobs.key,
    jobs.locked_at,
    jobs.locked_by,
    jobs.revision,
    jobs.flags,
    tasks.identifier,
    queues.queue_name,
    case
      when jobs.locked_at is not null then 'locked'
      when jobs.attempts >= jobs.max_attempts then 'failed'
      when jobs.attempts > 0 then 'retrying'
      when jobs.run_at > now() then 'scheduled'
      else 'waiting'
    end as state
  from :GRAPHILE_WORKER_SCHEMA._private_jobs as jobs
  left join :GRAPHILE_WORKER_SCHEMA._private_tasks as tasks
    on tasks.id = jobs.task_id
  left join :GRAPHILE_WORKER_SCHEMA._private_job_queues as queues
    on queues.id = jobs.job_queue_id
  where ($1::bigint[] is null or jobs.id = any ($1::bigint[]))
    and ($2::text[] is null or tasks.identifier = any ($2::text[]))
    and ($3::text[] is null or queues.queue_name = any ($3::text[]))
    and ($4::text[] is null or jobs.key = any ($4::text[]))
    and jobs.id > $5::bigint
) as found
where $6::text[] is null or found.state = any ($6::text[])
order by found.id
limit $7::bigint
