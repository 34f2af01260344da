-- Enums, ranges, base types and domains. Row types and arrays come with what they belong to.
select
  t.oid, t.typname as name, n.nspname as schema, t.typtype::text as kind,
  t.typisdefined as is_defined, t.typarray as array_type,
  pg_get_userbyid(t.typowner) as owner, d.description as comment,
  case when t.typtype = 'd' then format_type(t.typbasetype, t.typtypmod) end as base_type,
  t.typnotnull as not_null, t.typdefault as default_text,
  case
    when t.typcollation <> 0 and t.typcollation <> b.typcollation
      then quote_ident(cn.nspname) || '.' || quote_ident(co.collname)
  end as collation,
  array(
    select e.enumlabel::text from pg_enum e where e.enumtypid = t.oid order by e.enumsortorder
  ) as labels,
  t.typinput::regproc::text as input, t.typoutput::regproc::text as output,
  nullif(t.typreceive, 0)::regproc::text as receive, nullif(t.typsend, 0)::regproc::text as send,
  nullif(t.typmodin, 0)::regproc::text as typmod_in,
  nullif(t.typmodout, 0)::regproc::text as typmod_out,
  nullif(t.typanalyze, 0)::regproc::text as analyze,
  nullif(t.typsubscript, 0)::regproc::text as subscript, -- from 14
  null as subscript, -- before 14
  t.typlen as length, t.typbyval as by_value, t.typalign::text as alignment,
  t.typstorage::text as storage, t.typcategory::text as category,
  t.typispreferred as is_preferred, t.typdelim::text as delimiter,
  case when t.typelem <> 0 then format_type(t.typelem, null) end as element,
  t.typcollation <> 0 as is_collatable
from pg_type t
join pg_namespace n on n.oid = t.typnamespace
left join pg_type b on b.oid = t.typbasetype
left join pg_collation co on co.oid = t.typcollation
left join pg_namespace cn on cn.oid = co.collnamespace
left join pg_description d
  on d.objoid = t.oid and d.classoid = 'pg_type'::regclass and d.objsubid = 0
where t.typnamespace = any (%(namespaces)s)
  and (t.typtype in ('e', 'r', 'd') or t.typtype in ('b', 'p') and not exists (
    select 1 from pg_type element where element.typarray = t.oid
  ))
  and not exists (
    select 1 from pg_depend e
    where e.classid = 'pg_type'::regclass and e.objid = t.oid and e.deptype = 'e'
  )
