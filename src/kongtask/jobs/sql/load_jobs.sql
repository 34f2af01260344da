-- Adds jobs without keys, however many, straight to the table: half of what add_jobs costs, which
-- makes a value of each job before it adds any.
--
-- Each argument is a JSON array with a place for each job, and null where no job has it. Names that
-- are not known yet are registered; one that another session registers meanwhile is waited for.
--
-- Answers null where the schema is newer than what is known here: add_jobs is asked then.
with given as materialized (
  select spec.*
  from rows from (
    json_array_elements_text($1::text::json),
    json_array_elements($2::text::json),
    json_array_elements_text($3::text::json),
    json_array_elements_text($4::text::json),
    json_array_elements_text($5::text::json),
    json_array_elements_text($6::text::json),
    json_array_elements($7::text::json)
  ) with ordinality as spec (
    identifier, payload, queue_name, run_at, max_attempts, priority, flags, ordinality
  )
  where (select max(id) from :GRAPHILE_WORKER_SCHEMA.migrations) <= 20
),
new_tasks as (
  insert into :GRAPHILE_WORKER_SCHEMA._private_tasks (identifier)
  select distinct given.identifier
  from given
  where not exists (
    select from :GRAPHILE_WORKER_SCHEMA._private_tasks as known
    where known.identifier = given.identifier
  )
  order by given.identifier
  on conflict (identifier) do update set identifier = excluded.identifier
  returning id, identifier
),
new_queues as (
  insert into :GRAPHILE_WORKER_SCHEMA._private_job_queues (queue_name)
  select distinct given.queue_name
  from given
  where given.queue_name is not null
    and not exists (
      select from :GRAPHILE_WORKER_SCHEMA._private_job_queues as known
      where known.queue_name = given.queue_name
    )
    -- After the tasks, as in add_jobs: callers who register the same names do not deadlock.
    and (select count(*) from new_tasks) >= 0
  order by given.queue_name
  on conflict (queue_name) do update set queue_name = excluded.queue_name
  returning id, queue_name
),
tasks as materialized (
  select known.id, known.identifier
  from :GRAPHILE_WORKER_SCHEMA._private_tasks as known
  where known.identifier in (select given.identifier from given)
  union all
  select new_tasks.id, new_tasks.identifier from new_tasks
),
queues as materialized (
  select known.id, known.queue_name
  from :GRAPHILE_WORKER_SCHEMA._private_job_queues as known
  where known.queue_name in (select given.queue_name from given)
  union all
  select new_queues.id, new_queues.queue_name from new_queues
),
added as (
  insert into :GRAPHILE_WORKER_SCHEMA._private_jobs
    (job_queue_id, task_id, payload, run_at, max_attempts, priority, flags)
  select
    queues.id,
    tasks.id,
    given.payload,
    coalesce(given.run_at::timestamptz, now()),
    coalesce(given.max_attempts::smallint, 25),
    coalesce(given.priority::smallint, 0),
    case when json_typeof(given.flags) = 'array' then
      (select jsonb_object_agg(flag, true) from json_array_elements_text(given.flags) as flag)
    end
  from given
  join tasks on tasks.identifier = given.identifier
  left join queues on queues.queue_name = given.queue_name
  order by given.ordinality
  returning id
)
select
  count(*),
  pg_notify('jobs:insert', '{"r":' || random() || ',"count":' || count(*) || '}')
from added
having count(*) > 0 or (select max(id) from :GRAPHILE_WORKER_SCHEMA.migrations) <= 20
