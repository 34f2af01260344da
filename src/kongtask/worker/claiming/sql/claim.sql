-- Takes up to :size due jobs for a pool, the most urgent first.
--
-- Locks the jobs that it looks at and passes over those that others are looking at; of named queues
-- it locks the rows of those whose first job it wants. Jobs without a queue are locked while they
-- are found, so that pools side by side find different ones. Of a queue, only the first job that is
-- due may run: it is found without a lock and locked after its queue, because two pools that locked
-- jobs first could take the second job of a queue before its first.
--
-- What is chosen is updated by its identity: a join with it becomes a hash join that reads the whole
-- table once there are many jobs.
--
-- A last row without an id tells that there is more: others were looking at jobs that this pool
-- might have taken, or one queue filled all that a claim looks at. They will not tell of it.
with free as materialized (
  select jobs.id, jobs.priority, jobs.run_at
  from :GRAPHILE_WORKER_SCHEMA._private_jobs as jobs
  where jobs.is_available = true
    and jobs.job_queue_id is null
    and jobs.run_at <= coalesce(%(now)s::timestamptz, now())
    and jobs.task_id = any(%(task_ids)s::int[])
    and (%(forbidden)s::text[] is null or (jobs.flags ?| %(forbidden)s::text[]) is not true)
  order by jobs.priority, jobs.run_at
  limit %(size)s
  for update skip locked
),
-- As far as a claim may reach: what is behind it has to wait for a later one. It is farther than what
-- is asked for, because the jobs in front may be of few queues. Without any queue, it is not looked
-- at. Which queues are locked is looked up once: there are fewer of them than jobs behind them.
reach as materialized (
  select jobs.id, jobs.job_queue_id, jobs.priority, jobs.run_at
  from :GRAPHILE_WORKER_SCHEMA._private_jobs as jobs
  where exists (select from :GRAPHILE_WORKER_SCHEMA._private_job_queues)
    and jobs.is_available = true
    and jobs.run_at <= coalesce(%(now)s::timestamptz, now())
    and jobs.task_id = any(%(task_ids)s::int[])
    and (%(forbidden)s::text[] is null or (jobs.flags ?| %(forbidden)s::text[]) is not true)
    and (
      jobs.job_queue_id is null
      or jobs.job_queue_id not in (
        select queues.id
        from :GRAPHILE_WORKER_SCHEMA._private_job_queues as queues
        where not queues.is_available
      )
    )
  order by jobs.priority, jobs.run_at
  limit greatest(%(size)s, 1000)
),
first as materialized (
  select firsts.id, firsts.job_queue_id
  from (
    select distinct on (reach.job_queue_id) reach.*
    from reach
    where reach.job_queue_id is not null
    order by reach.job_queue_id, reach.priority, reach.run_at, reach.id
  ) as firsts
  order by firsts.priority, firsts.run_at, firsts.id
  limit %(size)s
),
held as materialized (
  select queues.id
  from :GRAPHILE_WORKER_SCHEMA._private_job_queues as queues
  where queues.id = any(array(select first.job_queue_id from first))
    and queues.is_available = true
  for update skip locked
),
-- Which of them are held is looked up by hash: as a join, by statistics from before there were
-- queues, it became a loop in a loop.
queued as materialized (
  select jobs.id, jobs.job_queue_id, jobs.priority, jobs.run_at
  from :GRAPHILE_WORKER_SCHEMA._private_jobs as jobs
  where jobs.id = any(
    array(
      select first.id from first
      where (first.job_queue_id in (select held.id from held)) is true
    )
  )
    and jobs.is_available = true
    and jobs.run_at <= coalesce(%(now)s::timestamptz, now())
  for update skip locked
),
chosen as materialized (
  select free.id, null::int as job_queue_id, free.priority, free.run_at from free
  union all
  select queued.id, queued.job_queue_id, queued.priority, queued.run_at from queued
  order by priority, run_at, id
  limit %(size)s
),
taken as (
  update :GRAPHILE_WORKER_SCHEMA._private_job_queues as queues
  set locked_by = %(pool_id)s, locked_at = coalesce(%(now)s::timestamptz, now())
  where queues.id = any(
    array(select chosen.job_queue_id from chosen where chosen.job_queue_id is not null)
  )
),
claimed as (
  update :GRAPHILE_WORKER_SCHEMA._private_jobs as jobs
  set
    attempts = jobs.attempts + 1,
    locked_by = %(pool_id)s,
    locked_at = coalesce(%(now)s::timestamptz, now())
  where jobs.id = any(array(select chosen.id from chosen))
  returning
    jobs.id, jobs.task_id, jobs.payload::text, jobs.priority, jobs.run_at, jobs.attempts,
    jobs.max_attempts, jobs.job_queue_id, jobs.key, jobs.revision, jobs.flags::text,
    jobs.created_at, jobs.last_error, jobs.locked_at
)
select * from claimed
union all
select
  null, null, null, null, null, null, null, null, null, null, null, null, null, null
where (select count(*) from chosen) < %(size)s
  and (
    (select count(*) from reach) >= greatest(%(size)s, 1000)
    or (select count(*) from first) > (select count(*) from queued)
    or (select count(*) from reach where reach.job_queue_id is null) > (select count(*) from free)
  )
