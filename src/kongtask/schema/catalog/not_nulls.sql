-- NOT NULL constraints: of domains from 17 on, of columns from 18 on; before, there are none.
select
  k.oid, k.conname as name, k.conrelid as relation, k.conkey[1] as number, k.contypid as domain,
  k.connoinherit as no_inherit, k.convalidated as valid, k.conislocal as is_local
from pg_constraint k
where k.connamespace = any (%(namespaces)s) and k.contype = 'n'
