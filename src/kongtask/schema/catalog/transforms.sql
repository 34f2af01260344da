-- Transforms between types and languages.
select
  t.oid, format_type(t.trftype, null) as type, l.lanname as language,
  nullif(t.trffromsql::oid, 0)::regprocedure::text as from_sql,
  nullif(t.trftosql::oid, 0)::regprocedure::text as to_sql
from pg_transform t
join pg_language l on l.oid = t.trflang
where t.oid >= 16384
  and not exists (
    select 1 from pg_depend e
    where e.classid = 'pg_transform'::regclass and e.objid = t.oid and e.deptype = 'e'
  )
