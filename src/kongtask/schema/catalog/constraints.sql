-- Constraints of tables and domains, but for NOT NULL (the columns' own) and trigger constraints.
select
  k.oid, k.conname as name, k.conrelid as relation, k.contypid as domain, k.contype::text as kind,
  pg_get_constraintdef(k.oid) as definition, k.convalidated as valid, k.conislocal as is_local,
  k.conindid as index, pk.conname as parent,
  array(
    select a.attname::text from pg_attribute a
    where a.attrelid = xc.oid order by a.attnum
  ) as columns,
  coalesce(x.indisclustered, false) as is_clustered,
  coalesce(x.indisreplident, false) as is_replica_identity,
  case when k.contype in ('p', 'u', 'x') then ts.spcname end as tablespace,
  d.description as comment
from pg_constraint k
left join pg_constraint pk on pk.oid = k.conparentid
left join pg_index x on x.indexrelid = k.conindid and k.contype in ('p', 'u', 'x')
left join pg_class xc on xc.oid = x.indexrelid
left join pg_tablespace ts on ts.oid = xc.reltablespace
left join pg_description d
  on d.objoid = k.oid and d.classoid = 'pg_constraint'::regclass and d.objsubid = 0
where k.connamespace = any (%(namespaces)s) and k.contype in ('p', 'u', 'x', 'c', 'f')
