-- Names of routines and operators that others mention by OID. What a routine's body names without a
-- schema is looked up when it runs, unless it has a search_path of its own or was parsed already.
select 'pg_proc'::regclass::int as catalog, p.oid, n.nspname as schema, p.proname as name,
  l.lanname not in ('c', 'internal')
    and p.prosqlbody is null -- from 14
    and not coalesce(array_to_string(p.proconfig, ',') ~ '(^|,)search_path=', false)
    as needs_path
from pg_proc p
join pg_namespace n on n.oid = p.pronamespace
join pg_language l on l.oid = p.prolang
where p.oid = any (%(routines)s)
union all
select 'pg_operator'::regclass::int, o.oid, n.nspname, o.oprname, false
from pg_operator o
join pg_namespace n on n.oid = o.oprnamespace
where o.oid = any (%(operators)s)
