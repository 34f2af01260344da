-- Rewrite rules, but for the views' own. The rows of those are needed to read dependencies.
select
  r.oid, r.rulename as name, r.ev_class as relation, r.rulename = '_RETURN' as is_view,
  case when r.rulename <> '_RETURN' then pg_get_ruledef(r.oid) end as definition,
  r.ev_enabled::text as enabled, d.description as comment
from pg_rewrite r
join pg_class c on c.oid = r.ev_class
left join pg_description d
  on d.objoid = r.oid and d.classoid = 'pg_rewrite'::regclass and d.objsubid = 0
where c.relnamespace = any (%(namespaces)s)
