-- Columns of tables, views and composite types, in order, without the dropped ones. The option
-- pg_attver is PostgreSQL's own mark of when a column's type came to be (minor releases from
-- November 2026 on).
select
  a.attrelid as relation, a.attnum as number, a.attname as name,
  format_type(a.atttypid, a.atttypmod) as type,
  case
    when a.attcollation <> 0 and a.attcollation <> ty.typcollation
      then quote_ident(cn.nspname) || '.' || quote_ident(co.collname)
  end as collation,
  a.attnotnull as not_null,
  pg_get_expr(ad.adbin, ad.adrelid) as default_text, ad.oid as default_oid,
  a.attgenerated::text as generated, a.attidentity::text as identity,
  a.attstorage::text as storage, a.attstorage = ty.typstorage as is_usual_storage,
  a.attcompression::text as compression, -- from 14
  '' as compression, -- before 14
  nullif(a.attstattarget, -1) as statistics,
  case when a.attoptions is not null then array(
    select o from unnest(a.attoptions) o where not starts_with(o, 'pg_attver=')
  ) end as options,
  case when a.attfdwoptions is not null then array(
    select quote_ident(o.option_name) || ' ' || quote_literal(o.option_value)
    from pg_options_to_table(a.attfdwoptions) o
  ) end as fdw_options,
  a.attislocal as is_local, a.attinhcount > 0 as is_inherited
from pg_attribute a
join pg_class c on c.oid = a.attrelid
join pg_type ty on ty.oid = a.atttypid
left join pg_collation co on co.oid = a.attcollation
left join pg_namespace cn on cn.oid = co.collnamespace
left join pg_attrdef ad on ad.adrelid = a.attrelid and ad.adnum = a.attnum
where (c.relnamespace = any (%(namespaces)s) or c.oid = any (%(parents)s))
  and c.relkind in ('r', 'p', 'f', 'v', 'm', 'c')
  and a.attnum > 0 and not a.attisdropped
order by a.attrelid, a.attnum
