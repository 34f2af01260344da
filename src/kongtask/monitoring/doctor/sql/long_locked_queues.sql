-- Queues that have been locked for long: whether a job of them is executed, and how many wait, both
-- from some percent of the blocks of the table of jobs.
with locked as materialized (
  select
    queues.id,
    queues.queue_name,
    greatest(queues.locked_at, timestamptz '0001-01-02 00:00:00+00') as locked_at,
    queues.locked_by
  from :GRAPHILE_WORKER_SCHEMA._private_job_queues as queues
  where queues.locked_at < now() - $1::text::interval
  order by queues.locked_at
  limit 20
),
jobs as materialized (
  select
    sample.job_queue_id,
    count(*) filter (where sample.locked_at is not null) as running,
    round(
      count(*) filter (where sample.is_available and sample.run_at <= now())
        * 100 / $2::text::numeric
    ) as waiting
  from :GRAPHILE_WORKER_SCHEMA._private_jobs as sample
    tablesample system ($2::text::float8) repeatable (0)
  where sample.job_queue_id = any (array(select locked.id from locked))
  group by sample.job_queue_id
)
select
  locked.queue_name,
  locked.locked_at,
  locked.locked_by,
  coalesce(jobs.running, 0),
  coalesce(jobs.waiting, 0)::bigint
from locked
left join jobs on jobs.job_queue_id = locked.id
order by locked.locked_at
