-- Columns of tables, views and composite types, without the dropped ones; tables elsewhere come too
-- where ours inherit from them. What few columns have comes as one object, by the names of the
-- model's attributes: most rows are short. The option pg_attver is PostgreSQL's own mark of when a
-- column's type came to be (minor releases from November 2026 on). The order of the row matters:
-- what stands behind default_oid is the column, before it is which one.
select
  a.attrelid as relation, a.attnum as number, ad.oid as default_oid, a.attname as name,
  format_type(a.atttypid, a.atttypmod) as type, a.attnotnull as not_null,
  -- A default names no columns; without its table PostgreSQL need not look at that.
  pg_get_expr(ad.adbin, case when a.attgenerated <> '' then ad.adrelid else 0 end) as default_text,
  a.attidentity::text as identity, a.attstorage::text as storage,
  a.attislocal as is_local, a.attinhcount > 0 as is_inherited,
  a.atttypid as type_oid, a.attcollation as collation_oid,
  case when a.attcollation <> ty.typcollation or a.attstorage <> ty.typstorage
    or a.attcompression <> '' -- from 14
    or a.attgenerated <> '' or a.attstattarget <> -1 or a.attoptions is not null
    or a.attfdwoptions is not null
  then jsonb_strip_nulls(jsonb_build_object(
    'collation', case when a.attcollation <> 0 and a.attcollation <> ty.typcollation then (
      select quote_ident(n.nspname) || '.' || quote_ident(o.collname)
      from pg_collation o join pg_namespace n on n.oid = o.collnamespace
      where o.oid = a.attcollation
    ) end,
    'is_usual_storage', a.attstorage = ty.typstorage,
    'compression', case a.attcompression when 'p' then 'pglz' when 'l' then 'lz4' end, -- from 14
    'generated', case a.attgenerated when 's' then 'STORED' when 'v' then 'VIRTUAL' end,
    'statistics', nullif(a.attstattarget, -1),
    'options', case when a.attoptions is not null then array(
      select o from unnest(a.attoptions) o where not starts_with(o, 'pg_attver=')
    ) end,
    'fdw_options', case when a.attfdwoptions is not null then array(
      select quote_ident(o.option_name) || ' ' || quote_literal(o.option_value)
      from pg_options_to_table(a.attfdwoptions) o
    ) end
  )) end as rare
from pg_attribute a
join pg_class c on c.oid = a.attrelid
join pg_type ty on ty.oid = a.atttypid
left join pg_attrdef ad on ad.adrelid = a.attrelid and ad.adnum = a.attnum
where (
    c.relnamespace = any (%(namespaces)s) or c.relkind in ('r', 'p', 'f') and c.oid in (
      select i.inhparent from pg_inherits i
      join pg_class k on k.oid = i.inhrelid
      where k.relnamespace = any (%(namespaces)s)
    )
  )
  and c.relkind in ('r', 'p', 'f', 'v', 'm', 'c')
  and a.attnum > 0 and not a.attisdropped
order by a.attrelid, a.attnum
