-- The pools that are registered. A pool that was not heard of for too long is dead if the server has
-- taken its lock from it; a standby knows of no locks.
select
  row_to_json(pools)::text,
  case
    when pools.recovered_at is not null then 'recovered'
    when pools.last_seen_at >= now() - pools.late_after then 'alive'
    when pg_is_in_recovery() then 'late'
    when pools.mode = 'heartbeat' then 'dead'
    when exists (
      select
      from pg_catalog.pg_locks as locks
      join pg_catalog.pg_database as databases on databases.oid = locks.database
      where databases.datname = current_database()
        and locks.locktype = 'advisory'
        and locks.classid = ($1::bigint & 4294967295)::oid
        and locks.objid = (pools.lock_key::bigint & 4294967295)::oid
        and locks.objsubid = 2
        and locks.granted
    ) then 'late'
    else 'dead'
  end
from :EXTENSION_SCHEMA.pools as pools
order by pools.started_at, pools.pool_id
