-- Where the things live that the schemas need and do not own: extensions and other schemas.
with outside as (
  select classid, objid, pg_identify_object(classid::oid, objid::oid, 0) as identity
  from unnest(%(classes)s::int[], %(objects)s::bigint[]) o (classid, objid)
)
select distinct
  case when e.oid is null then 'schema' else 'extension' end as kind,
  coalesce(e.extname, (o.identity).schema) as name, n.nspname as schema
from outside o
left join pg_depend d
  on d.classid = o.classid::oid and d.objid = o.objid::oid and d.deptype = 'e'
left join pg_extension e on e.oid = d.refobjid
left join pg_namespace n on n.oid = e.extnamespace
where coalesce(e.extname, (o.identity).schema) is not null
