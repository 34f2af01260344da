-- Access methods of tables and indexes.
select a.oid, a.amname as name, a.amtype::text as type, a.amhandler::oid as handler
from pg_am a
where a.oid >= 16384
  and not exists (
    select 1 from pg_depend e
    where e.classid = 'pg_am'::regclass and e.objid = a.oid and e.deptype = 'e'
  )
