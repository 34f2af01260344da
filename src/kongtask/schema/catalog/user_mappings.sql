-- User mappings. The values of secret options are not even read; PostgreSQL shows the options only
-- to superusers, the server's owner and partly to the user.
select
  u.umid as oid, u.srvname as server, case when u.umuser <> 0 then u.usename end as user,
  u.umoptions is null and u.usename <> current_user
    and not (select r.rolsuper from pg_roles r where r.rolname = current_user) as is_hidden,
  array(
    select quote_ident(o.option_name) || ' ' || quote_literal(o.option_value)
    from pg_options_to_table(u.umoptions) o
    where o.option_name !~* %(secret)s
  ) as options,
  array(
    select o.option_name from pg_options_to_table(u.umoptions) o where o.option_name ~* %(secret)s
  ) as secrets
from pg_user_mappings u
where u.umid >= 16384
  and not exists (
    select 1 from pg_depend e
    where e.classid = 'pg_user_mapping'::regclass and e.objid = u.umid and e.deptype = 'e'
  )
