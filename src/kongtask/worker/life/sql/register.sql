-- Makes a pool known to others.
insert into :EXTENSION_SCHEMA.pools (
  pool_id, lock_key, mode, host, process_id, version, tasks, given_back_tasks, most_deaths,
  concurrency, late_after
)
values (
  %(pool_id)s, %(lock_key)s, %(mode)s, %(host)s, %(process_id)s, %(version)s, %(tasks)s::text[],
  %(given_back_tasks)s::text[], %(most_deaths)s, %(concurrency)s,
  %(late_after)s::float8 * interval '1 second'
)
on conflict (pool_id) do nothing
