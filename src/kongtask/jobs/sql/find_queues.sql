-- Counts the jobs of each queue by their state, those without a queue last.
select row_to_json(found)::text
from (
  select
    queues.queue_name,
    count(jobs.id) filter (where jobs.state = 'waiting') as waiting,
    count(jobs.id) filter (where jobs.state = 'scheduled') as scheduled,
    count(jobs.id) filter (where jobs.state = 'retrying') as retrying,
    count(jobs.id) filter (where jobs.state = 'locked') as locked,
    count(jobs.id) filter (where jobs.state = 'failed') as failed,
    queues.locked_at,
    queues.locked_by
  from (
    select
      jobs.id,
      jobs.job_queue_id,
      case
        when jobs.locked_at is not null then 'locked'
        when jobs.attempts >= jobs.max_attempts then 'failed'
        when jobs.attempts > 0 then 'retrying'
        when jobs.run_at > now() then 'scheduled'
        else 'waiting'
      end as state
    from :GRAPHILE_WORKER_SCHEMA._private_jobs as jobs
  ) as jobs
  full join :GRAPHILE_WORKER_SCHEMA._private_job_queues as queues
    on queues.id = jobs.job_queue_id
  group by queues.id, queues.queue_name, queues.locked_at, queues.locked_by
) as found
order by found.queue_name collate "C" nulls last
