-- Whether workers of the Rust port keep a registry in the worker schema.
select exists (
  select
  from pg_catalog.pg_proc as functions
  join pg_catalog.pg_namespace as schemas on schemas.oid = functions.pronamespace
  where schemas.nspname = %(schema)s
    and functions.proname = 'worker_heartbeat'
    and functions.proargtypes[0] = 'text'::pg_catalog.regtype
)
