-- Adds the jobs of one minute, each at most once however many schedulers try: only who moves a
-- schedule's last_execution up to the minute adds its job. The rows stay locked until the end of
-- the transaction, so another scheduler waits, and then finds that it is too late.
--
-- Rows are locked in the items' order, as Graphile Worker does: schedulers with one crontab cannot
-- deadlock. The jobs are added in that order too, for which the inner query is sorted: a function
-- in "from" is called row by row as its left side comes.

with due as (
  select *
  from unnest(
    %(identifiers)s::text[],
    %(task_identifiers)s::text[],
    %(payloads)s::text[],
    %(queue_names)s::text[],
    %(max_attempts)s::int[],
    %(job_keys)s::text[],
    %(job_key_modes)s::text[],
    %(priorities)s::int[]
  ) with ordinality as item (
    identifier, task_identifier, payload, queue_name, max_attempts, job_key, job_key_mode, priority,
    position
  )
),
taken as (
  insert into :GRAPHILE_WORKER_SCHEMA._private_known_crontabs as known
    (identifier, known_since, last_execution)
    select due.identifier, %(minute)s::timestamptz, %(minute)s::timestamptz
    from due
    order by due.position
    on conflict (identifier) do update set last_execution = excluded.last_execution
      where known.last_execution is null or known.last_execution < excluded.last_execution
    returning known.identifier
)
select mine.identifier, job.id
from (
  select due.*
  from due
  join taken on taken.identifier = due.identifier
  order by due.position
) as mine
cross join lateral :GRAPHILE_WORKER_SCHEMA.add_job(
  identifier => mine.task_identifier,
  payload => mine.payload::json,
  queue_name => mine.queue_name,
  run_at => %(minute)s::timestamptz,
  max_attempts => mine.max_attempts,
  job_key => mine.job_key,
  priority => mine.priority,
  job_key_mode => mine.job_key_mode
) as job
