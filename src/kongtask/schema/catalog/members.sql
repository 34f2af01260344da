-- Every object in the schemas, but for those that come with another object or an extension: what
-- an export must know. An extension that lives in a schema is not the schema's own.
select d.classid::int as catalog, d.objid as object
from pg_depend d
where d.refclassid = 'pg_namespace'::regclass and d.refobjid = any (%(namespaces)s)
  and d.deptype = 'n' and d.classid <> 'pg_extension'::regclass
  and not exists (
    select 1 from pg_depend o
    where o.classid = d.classid and o.objid = d.objid and o.deptype in ('i', 'e')
  )
