-- Indexes. What a constraint's definition says already is left out, but on partitions, where a
-- partitioned table's index could be taken for it.
select
  c.oid, c.relname as name, n.nspname as schema, x.indrelid as relation, k.oid as key,
  case when k.oid is null or t.relispartition then
    substr(pg_get_indexdef(c.oid), 1 + length(format(
      'CREATE %%sINDEX %%I ON %%s%%I.%%I ',
      case when x.indisunique then 'UNIQUE ' end, c.relname,
      case when c.relkind = 'I' then 'ONLY ' end, tn.nspname, t.relname
    )))
  end as definition,
  x.indisunique as is_unique, x.indisclustered as is_clustered,
  x.indisreplident as is_replica_identity, x.indisvalid or c.relkind = 'I' as is_valid,
  ts.spcname as tablespace, case when k.contype in ('p', 'u') then c.reloptions end as key_options,
  -- The index keeps the names that columns had when it was made; a load takes those of today.
  case when t.relispartition or t.relkind = 'p' or x.indexprs is not null then array(
    select case
      when x.indkey[a.attnum - 1] = any (array_prepend(0::int2, (x.indkey::int2[])[0:a.attnum - 2]))
        then a.attname
      else ta.attname
    end::text
    from pg_attribute a
    left join pg_attribute ta on ta.attrelid = x.indrelid and ta.attnum = x.indkey[a.attnum - 1]
    where a.attrelid = c.oid order by a.attnum
  ) end as columns,
  case when x.indexprs is not null then array(
    select a.attnum || '=' || a.attstattarget
    from pg_attribute a where a.attrelid = c.oid and a.attstattarget >= 0 order by a.attnum
  ) end as statistics
from pg_index x
join pg_class c on c.oid = x.indexrelid
join pg_namespace n on n.oid = c.relnamespace
join pg_class t on t.oid = x.indrelid
join pg_namespace tn on tn.oid = t.relnamespace
left join pg_constraint k on k.conindid = c.oid and k.contype in ('p', 'u', 'x')
left join pg_tablespace ts on ts.oid = c.reltablespace
where c.relnamespace = any (%(namespaces)s)
