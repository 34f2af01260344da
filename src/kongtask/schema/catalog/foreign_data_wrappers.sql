-- Foreign-data wrappers. The values of secret options are not even read.
select
  w.oid, w.fdwname as name, pg_get_userbyid(w.fdwowner) as owner,
  w.fdwhandler as handler, w.fdwvalidator as validator,
  array(
    select quote_ident(o.option_name) || ' ' || quote_literal(o.option_value)
    from pg_options_to_table(w.fdwoptions) o
    where o.option_name !~* %(secret)s
  ) as options,
  array(
    select o.option_name from pg_options_to_table(w.fdwoptions) o where o.option_name ~* %(secret)s
  ) as secrets
from pg_foreign_data_wrapper w
where w.oid >= 16384
  and not exists (
    select 1 from pg_depend e
    where e.classid = 'pg_foreign_data_wrapper'::regclass and e.objid = w.oid and e.deptype = 'e'
  )
