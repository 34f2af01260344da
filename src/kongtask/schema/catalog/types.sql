-- Enums, ranges, base types and domains. Row types and arrays come with what they belong to.
select
  t.oid, t.typname as name, n.nspname as schema, t.typtype::text as kind,
  t.typisdefined as is_defined, pg_get_userbyid(t.typowner) as owner,
  case when t.typtype = 'd' then format_type(t.typbasetype, t.typtypmod) end as base_type,
  t.typnotnull as not_null,
  case
    when t.typtype = 'd' then pg_get_expr(t.typdefaultbin, 0) else t.typdefault
  end as default_text,
  case
    when t.typcollation <> 0 and t.typcollation <> b.typcollation
      then quote_ident(cn.nspname) || '.' || quote_ident(co.collname)
  end as collation,
  case when t.typtype = 'e' then array(
    select e.enumlabel::text from pg_enum e where e.enumtypid = t.oid order by e.enumsortorder
  ) end as labels,
  t.typinput::oid as input, t.typoutput::oid as output, t.typreceive::oid as receive,
  t.typsend::oid as send, t.typmodin::oid as typmod_in, t.typmodout::oid as typmod_out,
  t.typanalyze::oid as analyze,
  t.typsubscript::oid as subscript, -- from 14
  0 as subscript, -- before 14
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
where t.typnamespace = any (%(namespaces)s)
  and (t.typtype in ('e', 'r', 'd') or t.typtype in ('b', 'p') and not exists (
    select 1 from pg_type element where element.oid = t.typelem and element.typarray = t.oid
  ))
  and not exists (
    select 1 from pg_depend e
    where e.classid = 'pg_type'::regclass and e.objid = t.oid and e.deptype = 'e'
  )
