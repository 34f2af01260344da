-- Row security policies.
select
  p.oid, p.polname as name, p.polrelid as relation, p.polcmd::text as command,
  p.polpermissive as permissive,
  array(
    select r.rolname::text from pg_roles r where r.oid = any (p.polroles)
    order by r.rolname collate "C"
  ) as roles,
  0 = any (p.polroles) as is_public,
  pg_get_expr(p.polqual, p.polrelid) as using, pg_get_expr(p.polwithcheck, p.polrelid) as check
from pg_policy p
join pg_class c on c.oid = p.polrelid
where c.relnamespace = any (%(namespaces)s)
