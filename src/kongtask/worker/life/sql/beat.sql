-- Says that a pool is there; returns what is asked of it, and nothing where others have taken over
-- from it.
update :EXTENSION_SCHEMA.pools as pools
set
  last_seen_at = now(),
  mode = %(mode)s,
  concurrency = %(concurrency)s,
  late_after = %(late_after)s::float8 * interval '1 second'
where pools.pool_id = %(pool_id)s
  and pools.recovered_at is null
returning
  pg_catalog.pg_backend_pid(),
  pools.wanted_concurrency,
  exists (select from :EXTENSION_SCHEMA.cancellations)
