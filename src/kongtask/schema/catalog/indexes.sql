-- Indexes. What a constraint's definition says already is left out, but on partitions, where a
-- partitioned table's index could be taken for it. Definitions come from definitions.py: it prints
-- those that name columns and no more, and asks index_definitions for the others, once for all whose
-- likeness is the same. PostgreSQL's own operator classes of these methods have no parameters, which
-- it would not show.
select
  c.oid, c.relname as name, n.nspname as schema, x.indrelid as relation, k.oid as key,
  p.is_printed, p.is_plain, am.amname as method,
  case when p.is_printed then x.indkey::text end as numbers,
  x.indclass::text as classes, x.indcollation::text as collations, x.indoption::text as options,
  case when p.is_printed and am.amname in ('btree', 'hash', 'gin') and 16384 > all (x.indclass::oid[])
  then concat_ws(
    ' ', x.indnkeyatts, c.reloptions, x.indisexclusion,
    x.indnullsnotdistinct, -- from 15
    x.indexprs, x.indpred -- from 17
    -- Each node tells where in its statement it stood.
    regexp_replace(concat_ws(' ', x.indexprs, x.indpred), ' :location -?\d+', '', 'g') -- before 17
  ) end as likeness,
  x.indisunique as is_unique, x.indisclustered as is_clustered,
  x.indisreplident as is_replica_identity, x.indisvalid or c.relkind = 'I' as is_valid,
  ts.spcname as tablespace, case when k.contype in ('p', 'u') then c.reloptions end as key_options
from pg_index x
join pg_class c on c.oid = x.indexrelid
join pg_namespace n on n.oid = c.relnamespace
join pg_am am on am.oid = c.relam
left join pg_constraint k on k.conindid = c.oid and k.contype in ('p', 'u', 'x')
left join pg_tablespace ts on ts.oid = c.reltablespace
cross join lateral (
  select
    k.oid is null or x.indrelid in (
      select i.inhrelid from pg_inherits i join pg_class p on p.oid = i.inhparent and p.relkind = 'p'
    ) as is_printed,
    x.indexprs is null and x.indpred is null and 0 < all (x.indkey::int2[])
      and c.reloptions is null and not x.indisexclusion
      and not x.indnullsnotdistinct -- from 15
      and am.amname in ('btree', 'hash') as is_plain
) p
where c.relnamespace = any (%(namespaces)s)
order by x.indrelid, c.oid
