-- Names of routines and operators that others mention by OID.
select 'pg_proc'::regclass::int as catalog, p.oid, n.nspname as schema, p.proname as name
from pg_proc p join pg_namespace n on n.oid = p.pronamespace
where p.oid = any (%(routines)s)
union all
select 'pg_operator'::regclass::int, o.oid, n.nspname, o.oprname
from pg_operator o join pg_namespace n on n.oid = o.oprnamespace
where o.oid = any (%(operators)s)
