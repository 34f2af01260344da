-- As add_jobs.sql, for a caller who does not need the jobs: how many there are, and which keys. A key
-- that is missing is to be tried again.
select
  count(*),
  coalesce(json_agg(job.key) filter (where job.key is not null), '[]')::text
from :GRAPHILE_WORKER_SCHEMA.add_jobs(
  specs => (
    select array_agg(
      row(
        spec.identifier,
        spec.payload,
        spec.queue_name,
        spec.run_at::timestamptz,
        spec.max_attempts::smallint,
        spec.job_key,
        spec.priority::smallint,
        case when json_typeof(spec.flags) = 'array' then
          array(select json_array_elements_text(spec.flags))
        end
      ):::GRAPHILE_WORKER_SCHEMA.job_spec
      order by spec.ordinality
    )
    from rows from (
      json_array_elements_text($1::text::json),
      json_array_elements($2::text::json),
      json_array_elements_text($3::text::json),
      json_array_elements_text($4::text::json),
      json_array_elements_text($5::text::json),
      json_array_elements_text($6::text::json),
      json_array_elements($7::text::json),
      json_array_elements_text($8::text::json)
    ) with ordinality as spec (
      identifier, payload, queue_name, run_at, max_attempts, priority, flags, job_key, ordinality
    )
  ),
  job_key_preserve_run_at => $9::boolean
) as job
