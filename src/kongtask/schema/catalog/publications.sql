-- Publications.
select
  p.oid, p.pubname as name, pg_get_userbyid(p.pubowner) as owner, p.puballtables as all_tables,
  array_remove(array[
    case when p.pubinsert then 'insert' end, case when p.pubupdate then 'update' end,
    case when p.pubdelete then 'delete' end, case when p.pubtruncate then 'truncate' end
  ], null) as operations,
  p.pubviaroot as via_root,
  p.pubgencols::text as generated_columns -- from 18
  'n' as generated_columns -- before 18
from pg_publication p
where p.oid >= 16384
  and not exists (
    select 1 from pg_depend e
    where e.classid = 'pg_publication'::regclass and e.objid = p.oid and e.deptype = 'e'
  )
