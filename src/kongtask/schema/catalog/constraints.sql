-- Constraints of tables and domains, but for NOT NULL (the columns' own) and trigger constraints.
select
  k.oid, k.conname as name, k.conrelid as relation, k.contypid as domain, k.contype::text as kind,
  pg_get_constraintdef(k.oid) as definition, k.convalidated as valid, k.conislocal as is_local,
  k.condeferrable as deferrable, k.condeferred as deferred,
  case when k.contype in ('p', 'u', 'x') then k.conindid end as index, pk.conname as parent
from pg_constraint k
left join pg_constraint pk on pk.oid = k.conparentid
where k.connamespace = any (%(namespaces)s) and k.contype in ('p', 'u', 'x', 'c', 'f')
