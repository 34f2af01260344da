-- What makes a range.
select
  r.rngtypid as type, format_type(r.rngsubtype, null) as subtype,
  case
    when not oc.opcdefault then quote_ident(ocn.nspname) || '.' || quote_ident(oc.opcname)
  end as operator_class,
  case
    when r.rngcollation <> 0 and r.rngcollation <> st.typcollation
      then quote_ident(cn.nspname) || '.' || quote_ident(co.collname)
  end as collation,
  r.rngcanonical::oid as canonical, r.rngsubdiff::oid as subtype_diff,
  mn.nspname as multirange_schema, m.typname as multirange, m.oid as multirange_oid -- from 14
  null as multirange_schema, null as multirange, 0 as multirange_oid -- before 14
from pg_range r
join pg_type t on t.oid = r.rngtypid
join pg_type st on st.oid = r.rngsubtype
join pg_opclass oc on oc.oid = r.rngsubopc
join pg_namespace ocn on ocn.oid = oc.opcnamespace
left join pg_collation co on co.oid = r.rngcollation
left join pg_namespace cn on cn.oid = co.collnamespace
left join pg_type m on m.oid = r.rngmultitypid -- from 14
left join pg_namespace mn on mn.oid = m.typnamespace -- from 14
where t.typnamespace = any (%(namespaces)s)
