-- Operator classes.
select
  c.oid, c.opcname as name, n.nspname as schema, pg_get_userbyid(c.opcowner) as owner,
  a.amname as method, c.opcdefault as is_default, c.opcintype as type_oid,
  format_type(c.opcintype, null) as type, c.opcfamily as family, f.opfname as family_name,
  fn.nspname as family_schema,
  case when c.opckeytype <> 0 then format_type(c.opckeytype, null) end as storage
from pg_opclass c
join pg_namespace n on n.oid = c.opcnamespace
join pg_am a on a.oid = c.opcmethod
join pg_opfamily f on f.oid = c.opcfamily
join pg_namespace fn on fn.oid = f.opfnamespace
where c.opcnamespace = any (%(namespaces)s)
  and not exists (
    select 1 from pg_depend e
    where e.classid = 'pg_opclass'::regclass and e.objid = c.oid and e.deptype = 'e'
  )
