-- Counts what each of some keys of limits has begun that counts now, and deletes what does not.
--
-- Runs under the locks of the limits, in a statement after the one that took them, so it sees all
-- that was written under them before. A permit to run counts while its pool holds the job: of a job
-- that the pool takes anew under the same limit, the one before was deleted here.
with permitted as materialized (
  select
    permits.limit_name, permits.key, permits.job_id, permits.locked_at,
    case
      when permits.ends_at is not null then permits.ends_at > clock_timestamp()
      else exists (
        select from :GRAPHILE_WORKER_SCHEMA._private_jobs as jobs
        where jobs.id = permits.job_id and jobs.locked_by = permits.pool_id
      )
    end as is_held
  from unnest(%(names)s::text[], %(keys)s::text[]) as given (name, key)
  join :EXTENSION_SCHEMA.permits as permits
    on permits.limit_name = given.name and permits.key = given.key
),
pruned as (
  delete from :EXTENSION_SCHEMA.permits as permits
  using permitted
  where not permitted.is_held
    and permits.limit_name = permitted.limit_name
    and permits.key = permitted.key
    and permits.job_id = permitted.job_id
    and permits.locked_at = permitted.locked_at
)
select permitted.limit_name, permitted.key, count(*)::int
from permitted
where permitted.is_held
group by permitted.limit_name, permitted.key
