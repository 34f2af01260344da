-- Casts. A range's cast to its multirange comes with the range.
select
  c.oid, format_type(c.castsource, null) as source, format_type(c.casttarget, null) as target,
  c.castmethod::text as method, c.castcontext::text as context,
  nullif(c.castfunc, 0)::regprocedure::text as function
from pg_cast c
where c.oid >= 16384
  and not exists (
    select 1 from pg_depend e
    where e.classid = 'pg_cast'::regclass and e.objid = c.oid and e.deptype in ('e', 'i')
  )
