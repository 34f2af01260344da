-- Forgets a pool that has ended, unless it has left jobs locked: those are for others to free.
with gone as (
  delete from :EXTENSION_SCHEMA.pools as pools
  where pools.pool_id = %(pool_id)s
    and not exists (
      select from :GRAPHILE_WORKER_SCHEMA._private_jobs as jobs
      where jobs.locked_by = %(pool_id)s
    )
  returning pools.pool_id
)
delete from :EXTENSION_SCHEMA.begun_jobs as begun
using gone
where begun.pool_id = gone.pool_id
