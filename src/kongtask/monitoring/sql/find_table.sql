-- Whether the table of jobs may be read, whether row-level security hides its rows from this role,
-- which would look like a queue without jobs, and its size.
select
  has_schema_privilege(schemas.oid, 'usage') and has_table_privilege(tables.oid, 'select'),
  has_schema_privilege(schemas.oid, 'usage') and row_security_active(tables.oid),
  pg_relation_size(tables.oid),
  current_setting('block_size')::bigint,
  current_user::text
from pg_catalog.pg_class as tables
join pg_catalog.pg_namespace as schemas on schemas.oid = tables.relnamespace
where schemas.nspname = $1::text
  and tables.relname = '_private_jobs'
