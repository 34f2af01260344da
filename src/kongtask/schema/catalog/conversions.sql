-- Conversions between encodings.
select
  c.oid, c.conname as name, n.nspname as schema, pg_get_userbyid(c.conowner) as owner,
  pg_encoding_to_char(c.conforencoding) as source, pg_encoding_to_char(c.contoencoding) as target,
  c.conproc::oid as function, c.condefault as is_default
from pg_conversion c
join pg_namespace n on n.oid = c.connamespace
where c.connamespace = any (%(namespaces)s)
  and not exists (
    select 1 from pg_depend e
    where e.classid = 'pg_conversion'::regclass and e.objid = c.oid and e.deptype = 'e'
  )
