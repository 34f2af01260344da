-- Columns of tables, views and composite types, in order, without the dropped ones.
select
  a.attrelid as relation, a.attnum as number, a.attname as name,
  format_type(a.atttypid, a.atttypmod) as type,
  case
    when a.attcollation <> 0 and a.attcollation <> ty.typcollation
      then quote_ident(cn.nspname) || '.' || quote_ident(co.collname)
  end as collation,
  a.attnotnull as not_null,
  pg_get_expr(ad.adbin, ad.adrelid) as default_text, ad.oid as default_oid,
  nullif(a.attgenerated::text, '') as generated, nullif(a.attidentity::text, '') as identity,
  case when a.attstorage <> ty.typstorage then a.attstorage::text end as storage,
  nullif(a.attcompression::text, '') as compression, -- from 14
  null as compression, -- before 14
  nullif(a.attstattarget, -1) as statistics,
  coalesce(a.attoptions, '{}') as options,
  array(
    select quote_ident(o.option_name) || ' ' || quote_literal(o.option_value)
    from pg_options_to_table(a.attfdwoptions) o
  ) as fdw_options,
  a.attislocal as is_local, a.attinhcount > 0 as is_inherited,
  nn.conname as not_null_name, nn.connoinherit as not_null_no_inherit, -- from 18
  nn.convalidated as not_null_valid, -- from 18
  null as not_null_name, false as not_null_no_inherit, true as not_null_valid, -- before 18
  d.description as comment
from pg_attribute a
join pg_class c on c.oid = a.attrelid
join pg_type ty on ty.oid = a.atttypid
left join pg_collation co on co.oid = a.attcollation
left join pg_namespace cn on cn.oid = co.collnamespace
left join pg_attrdef ad on ad.adrelid = a.attrelid and ad.adnum = a.attnum
left join pg_constraint nn -- from 18
  on nn.conrelid = a.attrelid and nn.contype = 'n' and nn.conkey = array[a.attnum] -- from 18
left join pg_description d
  on d.objoid = a.attrelid and d.classoid = 'pg_class'::regclass and d.objsubid = a.attnum
where c.relnamespace = any (%(namespaces)s)
  and c.relkind in ('r', 'p', 'f', 'v', 'm', 'c')
  and a.attnum > 0 and not a.attisdropped
order by a.attrelid, a.attnum
