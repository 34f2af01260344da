-- The tables whose rows row-level security may hide from a role: it is neither their owner, nor a
-- member of that role, nor above all that.
select format('table %I.%I', schemas.nspname, tables.relname)
from pg_catalog.pg_class as tables
join pg_catalog.pg_namespace as schemas on schemas.oid = tables.relnamespace
join pg_catalog.pg_roles as roles on roles.rolname = $1::text
where schemas.nspname in ($2::text, $3::text)
  and tables.relkind = 'r'
  and tables.relrowsecurity
  and not (roles.rolsuper or roles.rolbypassrls)
  and (tables.relforcerowsecurity or not pg_has_role(roles.oid, tables.relowner, 'usage'))
  and not exists (
    select
    from pg_catalog.pg_policy as policies
    where policies.polrelid = tables.oid
  )
order by 1
