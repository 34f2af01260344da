-- Every comment on what somebody made, and on schemas, of which initdb makes some.
select d.classoid::int as catalog, d.objoid as object, d.objsubid as part, d.description as text
from pg_description d
where d.objoid >= 16384 or d.classoid = 'pg_namespace'::regclass
order by d.objoid
