-- Whether the table of pools may be read.
select
  has_schema_privilege(schemas.oid, 'usage') and has_table_privilege(tables.oid, 'select'),
  current_user::text
from pg_catalog.pg_class as tables
join pg_catalog.pg_namespace as schemas on schemas.oid = tables.relnamespace
where schemas.nspname = $1::text
  and tables.relname = 'pools'
