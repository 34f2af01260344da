-- Operator families.
select
  f.oid, f.opfname as name, n.nspname as schema, pg_get_userbyid(f.opfowner) as owner,
  a.amname as method
from pg_opfamily f
join pg_namespace n on n.oid = f.opfnamespace
join pg_am a on a.oid = f.opfmethod
where f.opfnamespace = any (%(namespaces)s)
  and not exists (
    select 1 from pg_depend e
    where e.classid = 'pg_opfamily'::regclass and e.objid = f.oid and e.deptype = 'e'
  )
