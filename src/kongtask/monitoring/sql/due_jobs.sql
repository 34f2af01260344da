-- The job that has been due for the longest time, and how many are due, up to a number.
--
-- The index is by priority first, so it is entered once for each priority: however many jobs are
-- scheduled for later, only those that are due are read. A time before all those that Python knows,
-- minus infinity for instance, becomes the first of them.
with recursive priorities as (
  (
    select jobs.priority
    from :GRAPHILE_WORKER_SCHEMA._private_jobs as jobs
    where jobs.is_available = true
    order by jobs.priority
    limit 1
  )
  union all
  select (
    select jobs.priority
    from :GRAPHILE_WORKER_SCHEMA._private_jobs as jobs
    where jobs.is_available = true and jobs.priority > priorities.priority
    order by jobs.priority
    limit 1
  )
  from priorities
  where priorities.priority is not null
),
firsts as (
  select first.*
  from (select priorities.priority from priorities limit 1000) as priorities
  cross join lateral (
    select jobs.id, jobs.task_id, jobs.job_queue_id, jobs.run_at
    from :GRAPHILE_WORKER_SCHEMA._private_jobs as jobs
    where jobs.is_available = true
      and jobs.priority = priorities.priority
      and jobs.run_at <= now()
    order by jobs.run_at
    limit 1
  ) as first
),
due as (
  select count(*) as jobs
  from (
    select
    from (select priorities.priority from priorities limit 1000) as priorities
    cross join lateral (
      select
      from :GRAPHILE_WORKER_SCHEMA._private_jobs as jobs
      where jobs.is_available = true
        and jobs.priority = priorities.priority
        and jobs.run_at <= now()
    ) as jobs
    limit $1::bigint + 1
  ) as counted
)
select
  (select due.jobs from due),
  (
    select row_to_json(oldest)::text
    from (
      select
        firsts.id,
        tasks.identifier as task_identifier,
        queues.queue_name,
        greatest(firsts.run_at, timestamptz '0001-01-02 00:00:00+00') as run_at
      from firsts
      left join :GRAPHILE_WORKER_SCHEMA._private_tasks as tasks on tasks.id = firsts.task_id
      left join :GRAPHILE_WORKER_SCHEMA._private_job_queues as queues
        on queues.id = firsts.job_queue_id
      order by firsts.run_at, firsts.id
      limit 1
    ) as oldest
  )
