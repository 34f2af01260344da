-- Where the things live that the schemas need and do not own: extensions, other schemas, and what
-- is in no schema. An extension that lives in one of the schemas counts too.
with outside as (
  select o.classid::oid as classid, o.objid::oid as objid,
    pg_identify_object(o.classid::oid, o.objid::oid, 0) as identity
  from unnest(%(classes)s::int[], %(objects)s::bigint[]) o (classid, objid)
)
select distinct
  case
    when e.oid is not null then 'extension'
    when (o.identity).schema is not null then 'schema'
    when o.classid = 'pg_foreign_server'::regclass then 'foreign server'
    else (o.identity).type
  end as kind,
  coalesce(e.extname, (o.identity).schema, (o.identity).name, (o.identity).identity) as name,
  n.nspname as schema
from outside o
left join pg_depend d on d.classid = o.classid and d.objid = o.objid and d.deptype = 'e'
left join pg_extension e on e.oid = d.refobjid
left join pg_namespace n on n.oid = e.extnamespace
where (o.identity).type is not null
union
select 'extension', e.extname, n.nspname
from pg_extension e join pg_namespace n on n.oid = e.extnamespace
where e.extnamespace = any (%(namespaces)s) and e.oid >= 16384
