-- Event triggers; the function by OID.
select
  t.oid, t.evtname as name, pg_get_userbyid(t.evtowner) as owner, t.evtevent as event,
  t.evttags as tags, t.evtfoid as function, t.evtenabled::text as enabled
from pg_event_trigger t
where t.oid >= 16384
  and not exists (
    select 1 from pg_depend e
    where e.classid = 'pg_event_trigger'::regclass and e.objid = t.oid and e.deptype = 'e'
  )
