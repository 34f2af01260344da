-- Procedural languages; functions by OID.
select
  l.oid, l.lanname as name, pg_get_userbyid(l.lanowner) as owner, l.lanpltrusted as trusted,
  l.lanplcallfoid as handler, l.laninline as inline, l.lanvalidator as validator
from pg_language l
where l.oid >= 16384 and l.lanispl
  and not exists (
    select 1 from pg_depend e
    where e.classid = 'pg_language'::regclass and e.objid = l.oid and e.deptype = 'e'
  )
