-- Triggers: none that a constraint made, and of those cloned onto a partition only what differs
-- from the partitioned table's.
select
  t.oid, t.tgname as name, t.tgrelid as relation, t.tgenabled::text as enabled,
  t.tgparentid as parent,
  case when t.tgparentid = 0 then pg_get_triggerdef(t.oid) else '' end as definition
from pg_trigger t
join pg_class c on c.oid = t.tgrelid
left join pg_trigger p on p.oid = t.tgparentid
left join pg_constraint k on k.oid = t.tgconstraint
where c.relnamespace = any (%(namespaces)s) and (k.oid is null or k.contype = 't')
  and (t.tgparentid = 0 or t.tgenabled <> p.tgenabled or exists (
    select 1 from pg_description d
    where d.classoid = 'pg_trigger'::regclass and d.objoid = t.oid
  ))
