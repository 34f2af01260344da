-- Operators and support functions of our operator families, and of our classes in others'. The
-- class is known where the member goes with it; since 14 that is so only where it cannot do without.
with members as (
  select
    'pg_amop'::regclass as catalog, o.oid, o.amopfamily as family, o.amopstrategy as number,
    o.amoplefttype as left_oid, o.amoprighttype as right_oid, o.amopopr as operator,
    0::oid as function, o.amopsortfamily as sort_family
  from pg_amop o
  union all
  select
    'pg_amproc'::regclass, p.oid, p.amprocfamily, p.amprocnum, p.amproclefttype,
    p.amprocrighttype, 0, p.amproc::oid, 0
  from pg_amproc p
)
select
  m.catalog::int, m.oid, m.family, m.number, m.left_oid, m.right_oid,
  format_type(m.left_oid, null) as left_type, format_type(m.right_oid, null) as right_type,
  m.operator, pg_get_function_identity_arguments(m.function) as arguments, m.function,
  sf.opfname as sort_family, sn.nspname as sort_schema, a.amname as method,
  c.oid as of_class
from members m
join pg_opfamily f on f.oid = m.family
join pg_am a on a.oid = f.opfmethod
left join pg_opfamily sf on sf.oid = m.sort_family
left join pg_namespace sn on sn.oid = sf.opfnamespace
left join pg_depend d
  on d.classid = m.catalog and d.objid = m.oid and d.refclassid = 'pg_opclass'::regclass
  and d.deptype = 'i'
left join pg_opclass c on c.oid = d.refobjid
where m.oid >= 16384
  and (c.opcnamespace = any (%(namespaces)s) or f.opfnamespace = any (%(namespaces)s))
