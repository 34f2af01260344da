-- How many relations the schemas have, up to a limit.
select count(*) as relations
from (
  select from pg_class c where c.relnamespace = any (%(namespaces)s) limit %(limit)s
) counted
