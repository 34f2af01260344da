-- Triggers: none that a constraint made, and of those cloned onto a partition only what differs
-- from the partitioned table's. One that calls a function and says no more comes with the function:
-- definitions.py prints it.
select
  t.oid, t.tgname as name, t.tgrelid as relation, t.tgenabled::text as enabled,
  t.tgparentid as parent, t.tgtype as type, case when i.is_plain then t.tgfoid else 0 end as function,
  case when t.tgparentid <> 0 then '' when not i.is_plain then pg_get_triggerdef(t.oid) end
    as definition
from pg_trigger t
join pg_class c on c.oid = t.tgrelid
left join pg_trigger p on p.oid = t.tgparentid
left join pg_constraint k on k.oid = t.tgconstraint and k.contype = 't'
cross join lateral (
  select t.tgfoid >= 16384 and t.tgparentid = 0 and t.tgconstraint = 0 and t.tgnargs = 0
    and t.tgattr[0] is null and t.tgqual is null and t.tgoldtable is null and t.tgnewtable is null
    as is_plain
) i
where c.relnamespace = any (%(namespaces)s) and (t.tgconstraint = 0 or k.oid is not null)
  and (t.tgparentid = 0 or t.tgenabled <> p.tgenabled or exists (
    select 1 from pg_description d
    where d.classoid = 'pg_trigger'::regclass and d.objoid = t.oid
  ))
order by t.tgrelid, t.oid
