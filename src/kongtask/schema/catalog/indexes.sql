-- Indexes. What a constraint's definition says already is left out, but on partitions, where a
-- partitioned table's index could be taken for it. Definitions come from definitions.py: it prints
-- those that name columns and no more, and asks index_definitions for the others, once for all whose
-- likeness is the same. PostgreSQL's own operator classes of these methods have no parameters, which
-- it would not show.
--
-- An index keeps the names that columns had when it was made; a load takes those of today, and they
-- matter on partitioned tables and partitions, whose indexes PostgreSQL names after them. Only
-- columns that are expressions have statistics targets.
select
  c.oid, c.relname as name, n.nspname as schema, x.indrelid as relation, k.oid as key,
  p.is_printed, p.is_plain, am.amname as method,
  case when p.is_printed then x.indkey::text end as numbers,
  case when p.is_printed then x.indclass::text end as classes,
  case when p.is_printed then x.indcollation::text end as collations,
  case when p.is_printed then x.indoption::text end as options,
  case when p.is_printed and am.amname in ('btree', 'hash', 'gin') and 16384 > all (x.indclass::oid[])
  then concat_ws(
    ' ', x.indnkeyatts, c.reloptions, x.indisexclusion,
    x.indnullsnotdistinct, -- from 15
    x.indexprs, x.indpred -- from 17
    -- Each node tells where in its statement it stood.
    regexp_replace(concat_ws(' ', x.indexprs, x.indpred), ' :location -?\d+', '', 'g') -- before 17
  ) end as likeness,
  case when o.is_partition or x.indrelid in (select partrelid from pg_partitioned_table) then array(
    select
      case
        when x.indkey[a.attnum - 1] = any (array_prepend(0::int2, (x.indkey::int2[])[0:a.attnum - 2]))
          then a.attname
        else ta.attname
      end
    from pg_attribute a
    left join pg_attribute ta on ta.attrelid = x.indrelid and ta.attnum = x.indkey[a.attnum - 1]
    where a.attrelid = x.indexrelid
    order by a.attnum
  ) end as column_names,
  case when x.indexprs is not null then (
    select array_agg(array[a.attnum, a.attstattarget] order by a.attnum)
    from pg_attribute a
    where a.attrelid = x.indexrelid and a.attstattarget >= 0
  ) end as targets,
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
  select x.indrelid in (
    select i.inhrelid from pg_inherits i join pg_class p on p.oid = i.inhparent and p.relkind = 'p'
  ) as is_partition
  offset 0 -- looks once for all that mention it
) o
cross join lateral (
  select
    k.oid is null or o.is_partition as is_printed,
    x.indexprs is null and x.indpred is null and 0 < all (x.indkey::int2[])
      and c.reloptions is null and not x.indisexclusion
      and not x.indnullsnotdistinct -- from 15
      and am.amname in ('btree', 'hash') as is_plain
) p
where c.relnamespace = any (%(namespaces)s)
order by x.indrelid, c.oid
