-- Makes a pool known to others. Names the newest column, so that an older schema is noticed.
insert into :EXTENSION_SCHEMA.pools (
  pool_id, lock_key, mode, host, process_id, version, tasks, given_back_tasks, most_deaths,
  concurrency, wanted_concurrency, late_after
)
values (
  %(pool_id)s, %(lock_key)s, %(mode)s, %(host)s, %(process_id)s, %(version)s, %(tasks)s::text[],
  %(given_back_tasks)s::text[], %(most_deaths)s, %(concurrency)s, null,
  %(late_after)s::float8 * interval '1 second'
)
on conflict (pool_id) do nothing
