-- The schemas that are asked for.
select n.oid, n.nspname as name, pg_get_userbyid(n.nspowner) as owner,
  n.nspowner in (10, (select r.oid from pg_roles r where r.rolname = 'pg_database_owner'))
    as is_system_owned
from pg_namespace n
where n.nspname = any (%(schemas)s)
order by n.nspname collate "C"
