-- Collations.
select
  c.oid, c.collname as name, n.nspname as schema, pg_get_userbyid(c.collowner) as owner,
  c.collprovider::text as provider, c.collcollate as lc_collate, c.collctype as lc_ctype,
  c.colllocale as locale, -- from 17
  c.colliculocale as locale, -- from 15 before 17
  case when c.collprovider = 'i' then c.collcollate end as locale, -- before 15
  c.collicurules as rules, -- from 16
  null as rules, -- before 16
  c.collisdeterministic as is_deterministic
from pg_collation c
join pg_namespace n on n.oid = c.collnamespace
where c.collnamespace = any (%(namespaces)s)
  and not exists (
    select 1 from pg_depend e
    where e.classid = 'pg_collation'::regclass and e.objid = c.oid and e.deptype = 'e'
  )
