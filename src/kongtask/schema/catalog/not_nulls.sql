-- NOT NULL constraints: of domains from 17 on, of columns from 18 on; before, there are none. Those
-- of columns that say no more than NOT NULL are left out: nearly all.
select
  k.oid, k.conname as name, k.conrelid as relation, k.conkey[1] as number, k.contypid as domain,
  k.connoinherit as no_inherit, k.convalidated as valid, k.conislocal as is_local
from pg_constraint k
where k.connamespace = any (%(namespaces)s) and k.contype = 'n'
  and (
    %(all_names)s or k.contypid <> 0 or k.connoinherit or not k.convalidated
    or right(k.conname, 9) <> '_not_null' and k.conname !~ '_not_null[0-9]*$'
    or exists (
      select 1 from pg_description d
      where d.classoid = 'pg_constraint'::regclass and d.objoid = k.oid
    )
  )
