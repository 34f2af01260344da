-- What extensions own and somebody may have granted: privileges are the only thing about it that
-- CREATE EXTENSION does not bring back. What no schema owns comes with the database's objects.
with members as (
  select e.classid, e.objid from pg_depend e
  where e.deptype = 'e' and e.refclassid = 'pg_extension'::regclass
)
select 'pg_class'::regclass::int as catalog, c.oid, n.nspname as schema, c.relname as name,
  case c.relkind when 'S' then 'SEQUENCE' else 'TABLE' end as kind, null as arguments,
  array(
    select a.attnum from pg_attribute a
    where a.attrelid = c.oid and a.attacl is not null order by a.attname collate "C"
  ) as columns
from members m
join pg_class c on m.classid = 'pg_class'::regclass and c.oid = m.objid
join pg_namespace n on n.oid = c.relnamespace
where c.relnamespace = any (%(namespaces)s) and c.relkind <> 'c' and (
  c.relacl is not null
  or exists (select 1 from pg_attribute a where a.attrelid = c.oid and a.attacl is not null)
)
union all
select 'pg_proc'::regclass::int, p.oid, n.nspname, p.proname,
  case p.prokind when 'p' then 'PROCEDURE' else 'FUNCTION' end,
  array_to_string(array(
    select format_type(a.type, null) from unnest(p.proargtypes) with ordinality a (type, i)
    order by a.i
  ), ', '),
  '{}'
from members m
join pg_proc p on m.classid = 'pg_proc'::regclass and p.oid = m.objid
join pg_namespace n on n.oid = p.pronamespace
where p.pronamespace = any (%(namespaces)s) and p.proacl is not null
union all
select 'pg_type'::regclass::int, t.oid, n.nspname, t.typname, 'TYPE', null, '{}'
from members m
join pg_type t on m.classid = 'pg_type'::regclass and t.oid = m.objid
join pg_namespace n on n.oid = t.typnamespace
where t.typnamespace = any (%(namespaces)s) and t.typacl is not null
union all
select 'pg_language'::regclass::int, l.oid, null, l.lanname, 'LANGUAGE', null, '{}'
from members m
join pg_language l on m.classid = 'pg_language'::regclass and l.oid = m.objid
where %(database)s and l.lanacl is not null and l.lanpltrusted
union all
select 'pg_foreign_data_wrapper'::regclass::int, w.oid, null, w.fdwname,
  'FOREIGN DATA WRAPPER', null, '{}'
from members m
join pg_foreign_data_wrapper w
  on m.classid = 'pg_foreign_data_wrapper'::regclass and w.oid = m.objid
where %(database)s and w.fdwacl is not null
union all
select 'pg_foreign_server'::regclass::int, s.oid, null, s.srvname, 'FOREIGN SERVER', null, '{}'
from members m
join pg_foreign_server s on m.classid = 'pg_foreign_server'::regclass and s.oid = m.objid
where %(database)s and s.srvacl is not null
