-- As load_jobs.sql, for jobs of which some have a key: adds those whose key nobody has, and replaces
-- those that are waiting. One whose key belongs to a job that is locked or out of attempts is not
-- among the answers: add_jobs is asked for it.
--
-- The keys are taken in the order in which add_jobs takes them: callers who share some wait for each
-- other instead of deadlocking.
--
-- Answers, besides, with the key of each job, and with the whole job where it was there before.
\ir load_names.sql
added as (
  insert into :GRAPHILE_WORKER_SCHEMA._private_jobs as jobs
    (task_id, job_queue_id, payload, run_at, max_attempts, priority, flags, key)
  select
    plain.task_ids[coalesce(spec.task::int, 1)],
    plain.queue_ids[spec.queue::int],
    spec.payload,
    coalesce(spec.run_at::timestamptz, now()),
    coalesce(spec.max_attempts::smallint, 25),
    coalesce(spec.priority::smallint, 0),
    case when json_typeof(spec.flags) = 'array' then
      (select jsonb_object_agg(flag, true) from json_array_elements_text(spec.flags) as flag)
    end,
    spec.key
  from plain, rows from (
    json_array_elements_text($4::text::json),
    json_array_elements_text($5::text::json),
    json_array_elements($6::text::json),
    json_array_elements_text($7::text::json),
    json_array_elements_text($8::text::json),
    json_array_elements_text($9::text::json),
    json_array_elements($10::text::json),
    json_array_elements_text($12::text::json)
  ) with ordinality
    as spec (task, queue, payload, run_at, max_attempts, priority, flags, key, ordinality)
  order by spec.key, spec.ordinality
  on conflict (key) do update set
    job_queue_id = excluded.job_queue_id,
    task_id = excluded.task_id,
    payload = case
      when json_typeof(jobs.payload) = 'array' and json_typeof(excluded.payload) = 'array'
      then (jobs.payload::jsonb || excluded.payload::jsonb)::json
      else excluded.payload
    end,
    run_at = case
      when $13::boolean and jobs.attempts = 0 then jobs.run_at
      else excluded.run_at
    end,
    max_attempts = excluded.max_attempts,
    priority = excluded.priority,
    flags = excluded.flags,
    attempts = 0,
    last_error = null,
    revision = jobs.revision + 1,
    updated_at = now()
  where jobs.is_available
  returning
    jobs.id,
    jobs.key,
    case when $11::boolean and jobs.revision > 0 then row_to_json(jobs)::text end as replaced
)
select
  count(*),
  (json_agg(added.id) filter (where $11::boolean))::text,
  json_agg(added.key)::text,
  array_agg(added.replaced) filter (where $11::boolean and added.replaced is not null),
  (select array_to_json(tasks.ids)::text from tasks),
  (select array_to_json(queues.ids)::text from queues),
  to_json(now())::text,
  pg_notify('jobs:insert', '{"r":' || random() || ',"count":' || count(*) || '}')::text
from added
having count(*) > 0
