-- Tables, views, sequences and composite types: whatever has a row in pg_class but indexes. Tables
-- elsewhere come too where ours inherit from them. Keys of partitions that name columns and no more
-- are printed in definitions.py.
select
  c.oid, c.relname as name, n.nspname as schema, c.relkind::text as kind,
  pg_get_userbyid(c.relowner) as owner, c.relpersistence = 'u' as unlogged, c.reltype as row_type,
  not c.relnamespace = any (%(namespaces)s) as is_outside,
  c.relrowsecurity as row_security, c.relforcerowsecurity as force_row_security,
  c.relreplident::text as replica_identity, c.reloptions as options,
  t.reloptions as toast_options, case when c.relkind = 'p' or am.amname <> 'heap' then am.amname end as access_method,
  ts.spcname as tablespace,
  case when c.reloftype <> 0 then format_type(c.reloftype, null) end as of_type,
  case when c.relkind = 'p' then pg_get_partkeydef(c.oid) end as partition_key,
  pt.partstrat::text as strategy, pt.partattrs::text as numbers, pt.partclass::text as classes,
  pt.partcollation::text as collations,
  case when c.relispartition then pg_get_expr(c.relpartbound, c.oid) end as partition_bound,
  case when c.relkind in ('v', 'm') then pg_get_viewdef(c.oid) end as definition,
  fs.srvname as server,
  case when ft.ftoptions is not null then array(
    select quote_ident(o.option_name) || ' ' || quote_literal(o.option_value)
    from pg_options_to_table(ft.ftoptions) o
  ) end as fdw_options
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
left join pg_class t on t.oid = c.reltoastrelid and t.reloptions is not null
left join pg_am am on am.oid = c.relam
left join pg_tablespace ts on ts.oid = c.reltablespace
left join pg_partitioned_table pt on pt.partrelid = c.oid
left join pg_foreign_table ft on ft.ftrelid = c.oid
left join pg_foreign_server fs on fs.oid = ft.ftserver
where (
    c.relnamespace = any (%(namespaces)s) or c.relkind in ('r', 'p', 'f') and c.oid in (
      select i.inhparent from pg_inherits i
      join pg_class k on k.oid = i.inhrelid
      where k.relnamespace = any (%(namespaces)s)
    )
  )
  and c.relkind in ('r', 'p', 'f', 'v', 'm', 'S', 'c')
  and not exists (
    select 1 from pg_depend e
    where e.classid = 'pg_class'::regclass and e.objid = c.oid and e.deptype = 'e'
  )
  and not exists (
    select 1 from pg_depend e
    where c.relkind = 'c' and e.classid = 'pg_type'::regclass and e.objid = c.reltype
      and e.deptype = 'e'
  )
order by c.oid
