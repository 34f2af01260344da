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
        spec.payload::json,
        spec.queue_name,
        spec.run_at::timestamptz,
        spec.max_attempts::smallint,
        spec.job_key,
        spec.priority::smallint,
        spec.flags::text[]
      ):::GRAPHILE_WORKER_SCHEMA.job_spec
      order by spec.ordinality
    )
    from unnest(
      $1::text[], $2::text[], $3::text[], $4::text[], $5::int[], $6::text[], $7::int[], $8::text[]
    ) with ordinality as spec (
      identifier, payload, queue_name, run_at, max_attempts, job_key, priority, flags, ordinality
    )
  ),
  job_key_preserve_run_at => $9::boolean
) as job
