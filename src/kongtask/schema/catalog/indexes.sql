-- Indexes that no constraint owns.
select
  c.oid, c.relname as name, n.nspname as schema, x.indrelid as relation,
  substr(pg_get_indexdef(c.oid), 1 + length(format(
    'CREATE %%sINDEX %%I ON %%s%%I.%%I ',
    case when x.indisunique then 'UNIQUE ' end, c.relname,
    case when c.relkind = 'I' then 'ONLY ' end, tn.nspname, t.relname
  ))) as definition, x.indisunique as is_unique,
  x.indisclustered as is_clustered, x.indisreplident as is_replica_identity,
  x.indisvalid or c.relkind = 'I' as is_valid,
  ts.spcname as tablespace, pg_get_userbyid(c.relowner) as owner, d.description as comment,
  array(
    select a.attname::text from pg_attribute a where a.attrelid = c.oid order by a.attnum
  ) as columns,
  array(
    select a.attnum || '=' || a.attstattarget
    from pg_attribute a where a.attrelid = c.oid and a.attstattarget >= 0 order by a.attnum
  ) as statistics
from pg_index x
join pg_class c on c.oid = x.indexrelid
join pg_namespace n on n.oid = c.relnamespace
join pg_class t on t.oid = x.indrelid
join pg_namespace tn on tn.oid = t.relnamespace
left join pg_tablespace ts on ts.oid = c.reltablespace
left join pg_description d
  on d.objoid = c.oid and d.classoid = 'pg_class'::regclass and d.objsubid = 0
where c.relnamespace = any (%(namespaces)s)
  and not exists (
    select 1 from pg_constraint k where k.conindid = c.oid and k.contype in ('p', 'u', 'x')
  )
