-- Counts jobs by what they have, in some percent of the blocks of their table, and takes these for
-- all of it. At 100 percent the counts are exact. The blocks are the same ones each time, so that
-- what is shown does not flicker. Times that Python has no value for, infinity for instance, become
-- the nearest that it has.
with sample as materialized (
  select
    jobs.task_id,
    jobs.job_queue_id,
    jobs.locked_by,
    case
      when jobs.locked_at is not null then 'locked'
      when jobs.attempts >= jobs.max_attempts then 'failed'
      when jobs.attempts > 0 then 'retrying'
      when jobs.run_at > now() then 'scheduled'
      else 'waiting'
    end as state,
    count(*) * 100 / $1::text::numeric as jobs,
    least(
      min(greatest(jobs.locked_at, timestamptz '0001-01-02 00:00:00+00')),
      timestamptz '9999-12-30 00:00:00+00'
    ) as locked_at,
    max(jobs.id) filter (where jobs.last_error is not null) as failing_id
  from :GRAPHILE_WORKER_SCHEMA._private_jobs as jobs tablesample system ($1::text::float8) repeatable (0)
  group by 1, 2, 3, 4
),
states as (
  select
    sample.task_id,
    sample.job_queue_id,
    sum(sample.jobs) as jobs,
    coalesce(round(sum(sample.jobs) filter (where sample.state = 'waiting')), 0) as waiting,
    coalesce(round(sum(sample.jobs) filter (where sample.state = 'scheduled')), 0) as scheduled,
    coalesce(round(sum(sample.jobs) filter (where sample.state = 'retrying')), 0) as retrying,
    coalesce(round(sum(sample.jobs) filter (where sample.state = 'locked')), 0) as locked,
    coalesce(round(sum(sample.jobs) filter (where sample.state = 'failed')), 0) as failed,
    max(sample.failing_id) as failing_id,
    grouping(sample.task_id) = 0 as is_task,
    grouping(sample.job_queue_id) = 0 as is_queue
  from sample
  group by grouping sets ((), (sample.task_id), (sample.job_queue_id))
),
tasks as (
  select
    tasks.identifier as task_identifier,
    (
      select left(jobs.last_error, 500)
      from :GRAPHILE_WORKER_SCHEMA._private_jobs as jobs
      where jobs.id = states.failing_id
    ) as last_error,
    states.*
  from states
  join :GRAPHILE_WORKER_SCHEMA._private_tasks as tasks on tasks.id = states.task_id
  where states.is_task
  order by states.jobs desc, tasks.identifier
  limit $2::int
),
queues as (
  select
    queues.queue_name,
    case when queues.locked_at is not null then
      least(
        greatest(queues.locked_at, timestamptz '0001-01-02 00:00:00+00'),
        timestamptz '9999-12-30 00:00:00+00'
      )
    end as locked_at,
    queues.locked_by,
    states.*
  from states
  join :GRAPHILE_WORKER_SCHEMA._private_job_queues as queues on queues.id = states.job_queue_id
  where states.is_queue
  order by states.jobs desc, queues.queue_name
  limit $2::int
),
holders as (
  select
    sample.locked_by as pool_id,
    round(sum(sample.jobs)) as jobs,
    min(sample.locked_at) as locked_at
  from sample
  where sample.locked_by is not null and sample.state = 'locked'
  group by sample.locked_by
)
select
  now(),
  (select row_to_json(states)::text from states where not (states.is_task or states.is_queue)),
  (select coalesce(json_agg(tasks), '[]')::text from tasks),
  (select coalesce(json_agg(queues), '[]')::text from queues),
  (select coalesce(json_agg(holders), '[]')::text from holders)
