-- Privileges that differ from what an object has when nobody granted or revoked anything: given
-- beyond that, or taken away. A schema that initdb made is compared with what initdb gave, and what
-- an extension owns with what the extension gave; default privileges of one schema are compared
-- with a column's, which are none. Nobody can grant anything on an untrusted language.
with initial as (
  select i.classoid, i.objoid, i.objsubid, i.initprivs
  from pg_init_privs i
  join pg_depend e on e.classid = i.classoid and e.objid = i.objoid and e.deptype = 'e'
  where i.privtype = 'e'
), objects (catalog, object, part, kind, column_name, owner, acl, usual) as (
  select 'pg_class'::regclass, c.oid, 0, case c.relkind when 'S' then 's' else 'r' end::"char",
    null::name, c.relowner, c.relacl, i.initprivs
  from pg_class c
  left join initial i
    on i.classoid = 'pg_class'::regclass and i.objoid = c.oid and i.objsubid = 0
  where c.relnamespace = any (%(namespaces)s) and c.relacl is not null
  union all
  select 'pg_class'::regclass, a.attrelid, a.attnum, 'c', a.attname, c.relowner, a.attacl, i.initprivs
  from pg_attribute a join pg_class c on c.oid = a.attrelid
  left join initial i
    on i.classoid = 'pg_class'::regclass and i.objoid = c.oid and i.objsubid = a.attnum
  where c.relnamespace = any (%(namespaces)s) and a.attacl is not null and not a.attisdropped
  union all
  select 'pg_proc'::regclass, p.oid, 0, 'f', null, p.proowner, p.proacl, i.initprivs
  from pg_proc p
  left join initial i
    on i.classoid = 'pg_proc'::regclass and i.objoid = p.oid and i.objsubid = 0
  where p.pronamespace = any (%(namespaces)s) and p.proacl is not null
  union all
  select 'pg_type'::regclass, t.oid, 0, 'T', null, t.typowner, t.typacl, i.initprivs
  from pg_type t
  left join initial i
    on i.classoid = 'pg_type'::regclass and i.objoid = t.oid and i.objsubid = 0
  where t.typnamespace = any (%(namespaces)s) and t.typacl is not null
  union all
  select 'pg_namespace'::regclass, n.oid, 0, 'n', null, n.nspowner, n.nspacl, i.initprivs
  from pg_namespace n
  left join pg_init_privs i
    on i.classoid = 'pg_namespace'::regclass and i.objoid = n.oid and i.privtype = 'i'
  where n.oid = any (%(namespaces)s) and n.nspacl is not null
  union all
  select 'pg_default_acl'::regclass, d.oid, 0,
    case d.defaclobjtype when 'S' then 's' else d.defaclobjtype end, null, d.defaclrole,
    d.defaclacl, case when d.defaclnamespace <> 0 then acldefault('c', d.defaclrole) end
  from pg_default_acl d
  where d.defaclnamespace = any (%(namespaces)s) or %(database)s and d.defaclnamespace = 0
  union all
  select 'pg_language'::regclass, l.oid, 0, 'l', null, l.lanowner, l.lanacl, i.initprivs
  from pg_language l
  left join initial i
    on i.classoid = 'pg_language'::regclass and i.objoid = l.oid and i.objsubid = 0
  where %(database)s and l.lanacl is not null and l.lanpltrusted
  union all
  select 'pg_foreign_data_wrapper'::regclass, w.oid, 0, 'F', null, w.fdwowner, w.fdwacl, i.initprivs
  from pg_foreign_data_wrapper w
  left join initial i
    on i.classoid = 'pg_foreign_data_wrapper'::regclass and i.objoid = w.oid and i.objsubid = 0
  where %(database)s and w.fdwacl is not null
  union all
  select 'pg_foreign_server'::regclass, s.oid, 0, 'S', null, s.srvowner, s.srvacl, i.initprivs
  from pg_foreign_server s
  left join initial i
    on i.classoid = 'pg_foreign_server'::regclass and i.objoid = s.oid and i.objsubid = 0
  where %(database)s and s.srvacl is not null
), given as (
  select o.catalog, o.object, o.part, x.*
  from objects o, aclexplode(o.acl) x
), usual as (
  select o.catalog, o.object, o.part, o.owner as grantor,
    case when x.grantee = x.grantor then o.owner else x.grantee end as grantee,
    x.privilege_type, x.is_grantable
  from objects o, aclexplode(coalesce(o.usual, acldefault(o.kind, o.owner))) x
), differences as (
  (select false as revoked, g.* from given g except all select false, u.* from usual u)
  union all
  (select true, u.* from usual u except all select true, g.* from given g)
), merged as (
  select d.catalog, d.object, d.part, d.revoked, d.grantor, d.grantee, d.is_grantable,
    array_agg(d.privilege_type order by d.privilege_type) as privileges
  from differences d
  group by d.catalog, d.object, d.part, d.revoked, d.grantor, d.grantee, d.is_grantable
)
select
  m.catalog::int, m.object, m.part, m.revoked, m.is_grantable as grantable, m.privileges,
  cardinality(m.privileges) = case o.kind when 'c' then 4 else (
    select count(*)
    from aclexplode(acldefault(o.kind, o.owner)) f
    where f.grantee = o.owner
  ) end as is_all,
  o.column_name as column,
  case when m.grantee <> 0 then pg_get_userbyid(m.grantee) end as grantee,
  case when m.grantor <> o.owner then pg_get_userbyid(m.grantor) end as grantor
from merged m
join objects o using (catalog, object, part)
