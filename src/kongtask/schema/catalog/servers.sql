-- Foreign servers. The values of secret options are not even read.
select
  s.oid, s.srvname as name, pg_get_userbyid(s.srvowner) as owner, w.fdwname as wrapper,
  s.srvtype as type, s.srvversion as version,
  array(
    select quote_ident(o.option_name) || ' ' || quote_literal(o.option_value)
    from pg_options_to_table(s.srvoptions) o
    where o.option_name !~* %(secret)s
  ) as options,
  array(
    select o.option_name from pg_options_to_table(s.srvoptions) o where o.option_name ~* %(secret)s
  ) as secrets
from pg_foreign_server s
join pg_foreign_data_wrapper w on w.oid = s.srvfdw
where s.oid >= 16384
  and not exists (
    select 1 from pg_depend e
    where e.classid = 'pg_foreign_server'::regclass and e.objid = s.oid and e.deptype = 'e'
  )
