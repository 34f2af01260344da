-- Every security label on what somebody made, and on schemas, of which initdb makes some.
select
  l.classoid::int as catalog, l.objoid as object, l.objsubid as part, l.provider, l.label as text
from pg_seclabel l
where l.objoid >= 16384 or l.classoid = 'pg_namespace'::regclass
