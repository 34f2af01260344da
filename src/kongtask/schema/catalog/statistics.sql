-- Extended statistics.
select
  s.oid, s.stxname as name, n.nspname as schema, s.stxrelid as relation,
  pg_get_statisticsobjdef(s.oid) as definition,
  nullif(s.stxstattarget, -1) as target, pg_get_userbyid(s.stxowner) as owner
from pg_statistic_ext s
join pg_namespace n on n.oid = s.stxnamespace
where s.stxnamespace = any (%(namespaces)s)
