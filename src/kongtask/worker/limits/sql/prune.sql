-- Deletes what does not count any more: permits, and what is named after pools that are not there.
-- Passes over what somebody else is at.
with ended as materialized (
  select permits.limit_name, permits.key, permits.job_id, permits.locked_at
  from :EXTENSION_SCHEMA.permits as permits
  where case
    when permits.ends_at is not null then permits.ends_at <= clock_timestamp()
    else not exists (
      select from :GRAPHILE_WORKER_SCHEMA._private_jobs as jobs
      where jobs.id = permits.job_id and jobs.locked_by = permits.pool_id
    )
  end
  limit 10000
  for update skip locked
),
pruned as (
  delete from :EXTENSION_SCHEMA.permits as permits
  using ended
  where permits.limit_name = ended.limit_name
    and permits.key = ended.key
    and permits.job_id = ended.job_id
    and permits.locked_at = ended.locked_at
),
undeclared as (
  delete from :EXTENSION_SCHEMA.limits as limits
  where limits.declared_by <> ''
    and not exists (
      select from :EXTENSION_SCHEMA.pools as pools where pools.pool_id = limits.declared_by
    )
)
delete from :EXTENSION_SCHEMA.pauses as pauses
where pauses.kind = 'pool'
  and not exists (select from :EXTENSION_SCHEMA.pools as pools where pools.pool_id = pauses.name)
