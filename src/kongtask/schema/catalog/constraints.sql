-- Constraints of tables and domains, but for NOT NULL (the columns' own) and trigger constraints. A
-- key that names columns and no more comes as numbers: definitions.py prints it.
select
  k.oid, k.conname as name, k.conrelid as relation, k.contypid as domain, k.contype::text as kind,
  case when p.is_plain then null else pg_get_constraintdef(k.oid) end as definition,
  case when p.is_plain then k.conkey end as columns,
  k.confrelid as other, k.confkey as other_columns, f.relname as other_name,
  fn.nspname as other_schema,
  concat(k.confmatchtype, k.confupdtype, k.confdeltype) as actions,
  k.convalidated as valid, k.conislocal as is_local,
  k.condeferrable as deferrable, k.condeferred as deferred,
  case when k.contype in ('p', 'u', 'x') then k.conindid end as index, pk.conname as parent
from pg_constraint k
left join pg_constraint pk on pk.oid = k.conparentid
left join pg_index x on x.indexrelid = k.conindid and k.contype in ('p', 'u')
left join pg_class f on f.oid = k.confrelid and f.relnamespace = any (%(namespaces)s)
left join pg_namespace fn on fn.oid = f.relnamespace
cross join lateral (
  select (
    k.contype in ('p', 'u') and x.indnatts = x.indnkeyatts
      and not x.indnullsnotdistinct -- from 15
    or k.contype = 'f' and f.oid is not null
      and k.confdelsetcols is null -- from 15
      and k.conenforced -- from 18
  )
    and not k.conperiod -- from 18
    as is_plain
) p
where k.connamespace = any (%(namespaces)s) and k.contype in ('p', 'u', 'x', 'c', 'f')
order by k.conrelid, k.oid
