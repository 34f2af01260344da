-- Indexes. What a constraint's definition says already is left out, but on partitions, where a
-- partitioned table's index could be taken for it. An index that names columns and no more comes as
-- numbers: definitions.py prints it, or asks for index_definitions where it cannot.
select
  c.oid, c.relname as name, n.nspname as schema, x.indrelid as relation, k.oid as key,
  case when p.is_printed and not p.is_plain then
    substr(pg_get_indexdef(c.oid), 1 + length(format(
      'CREATE %%sINDEX %%I ON %%s%%I.%%I ',
      case when x.indisunique then 'UNIQUE ' end, c.relname,
      case when c.relkind = 'I' then 'ONLY ' end, tn.nspname, t.relname
    )))
  end as definition,
  am.amname as method,
  case when p.is_printed and p.is_plain then x.indkey::text end as numbers,
  x.indclass::text as classes, x.indcollation::text as collations, x.indoption::text as options,
  case when p.is_printed and p.is_plain then pg_get_expr(x.indpred, x.indrelid) end as predicate,
  x.indisunique as is_unique, x.indisclustered as is_clustered,
  x.indisreplident as is_replica_identity, x.indisvalid or c.relkind = 'I' as is_valid,
  ts.spcname as tablespace, case when k.contype in ('p', 'u') then c.reloptions end as key_options
from pg_index x
join pg_class c on c.oid = x.indexrelid
join pg_namespace n on n.oid = c.relnamespace
join pg_class t on t.oid = x.indrelid
join pg_namespace tn on tn.oid = t.relnamespace
join pg_am am on am.oid = c.relam
left join pg_constraint k on k.conindid = c.oid and k.contype in ('p', 'u', 'x')
left join pg_tablespace ts on ts.oid = c.reltablespace
cross join lateral (
  select
    k.oid is null or t.relispartition as is_printed,
    x.indexprs is null and 0 < all (x.indkey::int2[]) and c.reloptions is null and not x.indisexclusion
      and not x.indnullsnotdistinct -- from 15
      and am.amname in ('btree', 'hash') as is_plain
) p
where c.relnamespace = any (%(namespaces)s)
