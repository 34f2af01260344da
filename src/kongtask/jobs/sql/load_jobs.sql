-- Adds jobs without keys, however many, straight to the table: a third of what add_jobs costs, which
-- makes a value of each job before it adds any.
--
-- Each argument is a JSON array. Names come once each, and jobs have the numbers of theirs, counted
-- from 1; the other arrays have a place for each job, and are null where no job has it. Without
-- numbers, all jobs are of the first task.
--
-- Answers with the number of jobs, their ids in order if these are wanted, the ids of the names, and
-- the time. Answers with no row, and adds nothing, where a name is new, the schema is newer than what
-- is known here, or the table has triggers: add_jobs is asked then.
\ir load_names.sql
added as (
  insert into :GRAPHILE_WORKER_SCHEMA._private_jobs
    (task_id, job_queue_id, payload, run_at, max_attempts, priority, flags)
  select
    plain.task_ids[coalesce(spec.task::int, 1)],
    plain.queue_ids[spec.queue::int],
    spec.payload,
    coalesce(spec.run_at::timestamptz, now()),
    coalesce(spec.max_attempts::smallint, 25),
    coalesce(spec.priority::smallint, 0),
    case when json_typeof(spec.flags) = 'array' then
      (select jsonb_object_agg(flag, true) from json_array_elements_text(spec.flags) as flag)
    end
  from plain, rows from (
    json_array_elements_text($4::text::json),
    json_array_elements_text($5::text::json),
    json_array_elements($6::text::json),
    json_array_elements_text($7::text::json),
    json_array_elements_text($8::text::json),
    json_array_elements_text($9::text::json),
    json_array_elements($10::text::json)
  ) as spec (task, queue, payload, run_at, max_attempts, priority, flags)
  returning id
)
select
  count(*),
  (json_agg(added.id) filter (where $11::boolean))::text,
  null,
  null,
  (select array_to_json(tasks.ids)::text from tasks),
  (select array_to_json(queues.ids)::text from queues),
  to_json(now())::text,
  pg_notify('jobs:insert', '{"r":' || random() || ',"count":' || count(*) || '}')::text
from added
having count(*) > 0
