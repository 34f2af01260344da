-- Finds jobs of limited tasks that may begin, the most urgent first, as far as can be seen without
-- locks. Looks at so many of the due jobs of all tasks, not farther, so its work has a ceiling.
--
-- Of each key, as many come out as it may begin now, and of limits that count all jobs together none
-- where those are full; what may really begin together is decided under locks. Nothing is joined but
-- with the few limits: what a key holds is counted once, at its first job, and spread from there.
--
-- A last row without an id tells how many jobs were looked at, how many of them are of tasks without
-- limits, and in how many seconds one more may begin of those that a rate holds back.
with limits as materialized (
  select given.*
  from json_to_recordset(%(limits)s::json)
    as given (task_id int, number int, name text, amount int, key_path text[])
),
reached as materialized (
  select
    jobs.id, jobs.task_id, jobs.job_queue_id, jobs.revision, jobs.priority, jobs.run_at,
    case when jobs.task_id = any(%(limited_tasks)s::int[]) then jobs.payload end as payload,
    (%(forbidden)s::text[] is null or (jobs.flags ?| %(forbidden)s::text[]) is not true)
      and (
        jobs.job_queue_id is null
        or exists (
          select from :GRAPHILE_WORKER_SCHEMA._private_job_queues as queues
          where queues.id = jobs.job_queue_id and queues.is_available = true
        )
      ) as is_open
  from :GRAPHILE_WORKER_SCHEMA._private_jobs as jobs
  where jobs.is_available = true
    and jobs.run_at <= coalesce(%(now)s::timestamptz, now())
  order by jobs.priority, jobs.run_at
  limit %(reach)s
),
placed as materialized (
  select
    reached.*,
    row_number() over in_order as place,
    count(*) filter (
      where reached.is_open and reached.task_id = any(%(free_tasks)s::int[])
    ) over in_order as free_before
  from reached
  window in_order as (order by reached.priority, reached.run_at rows unbounded preceding)
),
counted as (
  select
    placed.id, placed.revision, placed.job_queue_id, placed.place, placed.free_before,
    limits.number, limits.name, limits.amount,
    cardinality(limits.key_path) > 0 as is_keyed,
    case
      when cardinality(limits.key_path) = 0 then ''
      else :EXTENSION_SCHEMA.payload_key(placed.payload, limits.key_path)
    end as key
  from placed
  join limits on limits.task_id = placed.task_id
  where placed.is_open
),
ranked as (
  select
    counted.*,
    row_number() over (partition by counted.name, counted.key order by counted.place) as rank
  from counted
),
judged as materialized (
  select
    ranked.*,
    ranked.amount - max(
      case
        when ranked.rank = 1 then (
          select count(*)
          from :EXTENSION_SCHEMA.permits as permits
          where permits.limit_name = ranked.name
            and permits.key = ranked.key
            and case
              when permits.ends_at is not null then permits.ends_at > clock_timestamp()
              else exists (
                select from :GRAPHILE_WORKER_SCHEMA._private_jobs as jobs
                where jobs.id = permits.job_id and jobs.locked_by = permits.pool_id
              )
            end
        )
      end
    ) over (partition by ranked.name, ranked.key) as free
  from ranked
),
fit as (
  select
    judged.id, judged.revision, judged.job_queue_id, judged.free_before, judged.place,
    array_agg(judged.name order by judged.number) as names,
    array_agg(judged.key order by judged.number) as keys
  from judged
  group by judged.id, judged.revision, judged.job_queue_id, judged.free_before, judged.place
  having bool_and(judged.free > 0 and (not judged.is_keyed or judged.rank <= judged.free))
  order by judged.place
  limit %(most)s
)
select
  fit.id, fit.revision, fit.job_queue_id, fit.free_before, fit.names, fit.keys, null::float8
from fit
union all
select
  null, (select count(*)::int from placed), null,
  (select coalesce(max(placed.free_before), 0) from placed), null, null,
  (
    select
      extract(
        epoch from min(
          (
            select min(permits.ends_at)
            from :EXTENSION_SCHEMA.permits as permits
            where permits.limit_name = judged.name
              and permits.key = judged.key
              and permits.ends_at > clock_timestamp()
          )
        ) - clock_timestamp()
      )::float8
    from judged
    where judged.rank = 1 and judged.free <= 0
  )
