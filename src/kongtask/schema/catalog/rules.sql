-- Rewrite rules. The rows of the views' own are needed to read dependencies.
select
  r.oid, r.rulename as name, r.ev_class as relation, r.rulename = '_RETURN' as is_view,
  case when r.rulename <> '_RETURN' then pg_get_ruledef(r.oid) end as definition,
  r.ev_enabled::text as enabled
from pg_rewrite r
join pg_class c on c.oid = r.ev_class
where c.relnamespace = any (%(namespaces)s)
