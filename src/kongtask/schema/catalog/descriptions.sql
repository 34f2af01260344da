-- How PostgreSQL calls some objects, for an error's text.
select pg_describe_object(o.classid::oid, o.objid::oid, 0)
from unnest(%(classes)s::int[], %(objects)s::bigint[]) o (classid, objid)
order by 1
limit 20
