-- Every object in the schemas, but for those that come with another object or an extension: what
-- an export must know.
select d.classid::int, d.objid
from pg_depend d
where d.refclassid = 'pg_namespace'::regclass and d.refobjid = any (%(namespaces)s)
  and d.deptype = 'n'
  and not exists (
    select 1 from pg_depend o
    where o.classid = d.classid and o.objid = d.objid and o.deptype in ('i', 'e')
  )
