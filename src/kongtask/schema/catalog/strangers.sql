-- Of some objects, those that are in no extension, as PostgreSQL names them in every language.
select o.classid as catalog, o.objid as object, i.type || ' ' || i.identity as identity
from unnest(%(classes)s::int[], %(objects)s::bigint[]) o (classid, objid),
  pg_identify_object(o.classid::oid, o.objid::oid, 0) i
where i.type is not null
  and not exists (
    select 1 from pg_depend e
    where e.classid = o.classid::oid and e.objid = o.objid::oid and e.deptype = 'e'
  )
