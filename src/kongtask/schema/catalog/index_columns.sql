-- What is said of the columns of some indexes. An index keeps the names that columns had when it was
-- made; a load takes those of today, and they matter on partitioned tables and partitions, whose
-- indexes PostgreSQL names after them. Of others, only statistics targets matter.
select
  a.attrelid as index, a.attnum as number,
  case
    when x.indkey[a.attnum - 1] = any (array_prepend(0::int2, (x.indkey::int2[])[0:a.attnum - 2]))
      then a.attname
    else ta.attname
  end as name,
  null::int as target
from pg_index x
join pg_class t on t.oid = x.indrelid
join pg_attribute a on a.attrelid = x.indexrelid
left join pg_attribute ta on ta.attrelid = x.indrelid and ta.attnum = x.indkey[a.attnum - 1]
where t.relnamespace = any (%(namespaces)s) and (t.relispartition or t.relkind = 'p')
union all
select x.indexrelid, a.attnum, null, a.attstattarget
from pg_index x
join pg_class t on t.oid = x.indrelid
cross join lateral (
  select a.attnum, a.attstattarget
  from pg_attribute a
  where a.attrelid = x.indexrelid and a.attstattarget >= 0
  offset 0 -- looks a few indexes up, instead of reading all of pg_attribute
) a
where t.relnamespace = any (%(namespaces)s) and x.indexprs is not null
