-- Functions, window functions, procedures and aggregates.
select
  p.oid, p.proname as name, n.nspname as schema, p.prokind::text as kind,
  pg_get_userbyid(p.proowner) as owner,
  array_to_string(array(
    select format_type(a.type, null) from unnest(p.proargtypes) with ordinality a (type, i)
    order by a.i
  ), ', ') as signature,
  pg_get_function_identity_arguments(p.oid) as identity,
  pg_get_function_arguments(p.oid) as arguments,
  pg_get_function_result(p.oid) as result, l.lanname as language,
  -- Where a parameter's name became a keyword in 16 or 17, older servers leave it without quotes.
  case when p.prokind <> 'a' and p.proargnames && '{
    json, json_array, json_arrayagg, json_exists, json_object, json_objectagg, json_query,
    json_scalar, json_serialize, json_table, json_value, merge_action, system_user
  }'::text[] then array(
    select array[
      coalesce(p.proargmodes[a.i], 'i')::text, p.proargnames[a.i], format_type(a.type, null),
      pg_get_function_arg_default(p.oid, a.i::int)
    ]
    from unnest(coalesce(p.proallargtypes, p.proargtypes::oid[])) with ordinality a (type, i)
    order by a.i
  ) end as parameters,
  p.provolatile::text as volatility, p.proisstrict as strict, p.proleakproof as leakproof,
  p.prosecdef as security_definer, p.proparallel::text as parallel,
  -- The number that people read: a float4 in binary is another one as a float8.
  p.procost::text::float8 as cost, p.prorows::text::float8 as rows, p.proretset as returns_set,
  p.prosupport::oid as support,
  case when p.protrftypes is not null then array(
    select format_type(t.type, null) from unnest(p.protrftypes) with ordinality t (type, i)
    order by t.i
  ) end as transforms,
  p.proconfig as settings, p.prosrc as body, p.probin as library,
  pg_get_function_sqlbody(p.oid) as sql_body -- from 14
  null as sql_body -- before 14
from pg_proc p
join pg_namespace n on n.oid = p.pronamespace
join pg_language l on l.oid = p.prolang
where p.pronamespace = any (%(namespaces)s)
  and not exists (
    select 1 from pg_depend e
    where e.classid = 'pg_proc'::regclass and e.objid = p.oid and e.deptype in ('e', 'i')
  )
