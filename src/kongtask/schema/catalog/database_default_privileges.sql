-- Whose future objects give what in every schema; the privileges come with all the others.
select d.oid, pg_get_userbyid(d.defaclrole) as role, d.defaclobjtype::text as kind
from pg_default_acl d
where d.defaclnamespace = 0
