-- Sequences' numbers, and the columns that own them: deptype i is an identity, a is OWNED BY.
select
  s.seqrelid as relation, format_type(s.seqtypid, null) as type, s.seqstart as start,
  s.seqincrement as increment, s.seqmin as minimum, s.seqmax as maximum, s.seqcache as cache,
  s.seqcycle as cycle, o.refobjid as owner_relation, o.refobjsubid as owner_column,
  o.deptype::text as ownership
from pg_sequence s
join pg_class c on c.oid = s.seqrelid
left join pg_depend o
  on o.classid = 'pg_class'::regclass and o.objid = s.seqrelid and o.objsubid = 0
  and o.refclassid = 'pg_class'::regclass and o.deptype in ('a', 'i')
where c.relnamespace = any (%(namespaces)s)
order by s.seqrelid
