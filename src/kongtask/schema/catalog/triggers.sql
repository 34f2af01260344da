-- Triggers that somebody wrote: none that a constraint made, none cloned onto a partition.
select
  t.oid, t.tgname as name, t.tgrelid as relation, pg_get_triggerdef(t.oid) as definition,
  t.tgenabled::text as enabled, d.description as comment
from pg_trigger t
join pg_class c on c.oid = t.tgrelid
left join pg_description d
  on d.objoid = t.oid and d.classoid = 'pg_trigger'::regclass and d.objsubid = 0
where c.relnamespace = any (%(namespaces)s) and not t.tgisinternal and t.tgparentid = 0
