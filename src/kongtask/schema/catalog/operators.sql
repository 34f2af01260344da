-- Operators. One without a function is a shell, which others name as commutator or negator.
select
  o.oid, o.oprname as name, n.nspname as schema, pg_get_userbyid(o.oprowner) as owner,
  case when o.oprleft <> 0 then format_type(o.oprleft, null) end as left_type,
  case when o.oprright <> 0 then format_type(o.oprright, null) end as right_type,
  o.oprcode::oid as function, o.oprcom as commutator, o.oprnegate as negator,
  o.oprrest::oid as restriction, o.oprjoin::oid as join_estimator,
  o.oprcanhash as hashes, o.oprcanmerge as merges
from pg_operator o
join pg_namespace n on n.oid = o.oprnamespace
where o.oprnamespace = any (%(namespaces)s)
  and not exists (
    select 1 from pg_depend e
    where e.classid = 'pg_operator'::regclass and e.objid = o.oid and e.deptype = 'e'
  )
