-- The pools that have not been heard of for too long, but for this one. Nobody could be heard of
-- while the server was away, so nobody is late just after it has come up.
select pools.pool_id
from :EXTENSION_SCHEMA.pools as pools
where pools.last_seen_at < now() - pools.late_after
  and coalesce(pools.recovered_at < now() - interval '1 minute', true)
  and pools.pool_id <> %(pool_id)s
  and pg_catalog.pg_postmaster_start_time() < now() - %(settled)s::float8 * interval '1 second'
