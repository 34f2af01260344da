-- Whose future objects give what in the schemas; the privileges come with all the others.
select d.oid, n.nspname as schema, pg_get_userbyid(d.defaclrole) as role,
  d.defaclobjtype::text as kind
from pg_default_acl d
join pg_namespace n on n.oid = d.defaclnamespace
where d.defaclnamespace = any (%(namespaces)s)
