-- Named NOT NULL constraints of domains (those of columns come with the columns).
select k.contypid as domain, k.conname as name
from pg_constraint k
where k.connamespace = any (%(namespaces)s) and k.contype = 'n' and k.contypid <> 0
