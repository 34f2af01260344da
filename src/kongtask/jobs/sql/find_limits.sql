-- The limits that hold now, and how many jobs count against each.
select row_to_json(found)::text
from (
  select
    limits.name,
    limits.tasks,
    limits.amount,
    extract(epoch from limits.period)::float8 as per,
    nullif(array_to_string(limits.key_path, '.'), '') as key,
    limits.is_set,
    (
      select count(*)
      from :EXTENSION_SCHEMA.permits as permits
      where permits.limit_name = limits.name
        and case
          when permits.ends_at is not null then permits.ends_at > clock_timestamp()
          else exists (
            select from :GRAPHILE_WORKER_SCHEMA._private_jobs as jobs
            where jobs.id = permits.job_id and jobs.locked_by = permits.pool_id
          )
        end
    ) as held
  from :EXTENSION_SCHEMA.active_limits as limits
) as found
order by found.name collate "C"
