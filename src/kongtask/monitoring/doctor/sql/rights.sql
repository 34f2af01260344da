-- The rights that a role lacks for each thing that a worker does: what it is for, what they are on,
-- as a grant names it, and the rights. $1 is the role, $2 and $3 the two schemas.
with wanted (purpose, schema, relation, rights) as (
  values
    ('see which revision the schema has', $2::text, 'migrations', array['select']),
    ('claim jobs', $2::text, '_private_jobs', array['select', 'update']),
    ('claim jobs', $2::text, '_private_job_queues', array['select', 'update']),
    ('finish jobs', $2::text, '_private_jobs', array['delete']),
    ('add jobs', $2::text, '_private_jobs', array['insert']),
    ('add jobs', $2::text, '_private_job_queues', array['insert']),
    ('add jobs', $2::text, '_private_tasks', array['select', 'insert']),
    ('add jobs by a crontab', $2::text, '_private_known_crontabs', array['select', 'insert', 'update'])
  union all
  -- All that kongtask adds is written by workers, but for its ledger.
  select
    'show that it is alive, and use what kongtask adds', $3::text, tables.relname::text,
    case tables.relkind
      when 'v' then array['select']
      else array['select', 'insert', 'update', 'delete']
    end
  from pg_catalog.pg_class as tables
  join pg_catalog.pg_namespace as schemas on schemas.oid = tables.relnamespace
  where schemas.nspname = $3::text
    and tables.relkind in ('r', 'v')
    and tables.relname <> 'migrations'
),
lacking (purpose, object, rights) as (
  select
    wanted.purpose,
    format('table %I.%I', wanted.schema, wanted.relation),
    array_agg(rights.name order by rights.name)
  from wanted
  join pg_catalog.pg_namespace as schemas on schemas.nspname = wanted.schema
  join pg_catalog.pg_class as tables
    on tables.relnamespace = schemas.oid and tables.relname = wanted.relation
  cross join unnest(wanted.rights) as rights (name)
  where not has_table_privilege($1::text, tables.oid, rights.name)
  group by wanted.purpose, wanted.schema, wanted.relation
  union all
  select
    case when schemas.nspname = $3::text then 'use what kongtask adds' else 'see anything' end,
    format('schema %I', schemas.nspname),
    array['usage']
  from pg_catalog.pg_namespace as schemas
  where schemas.nspname in ($2::text, $3::text)
    and not has_schema_privilege($1::text, schemas.oid, 'usage')
  union all
  select
    'call the function ' || functions.proname,
    format('function %s', functions.oid::regprocedure),
    array['execute']
  from pg_catalog.pg_proc as functions
  join pg_catalog.pg_namespace as schemas on schemas.oid = functions.pronamespace
  where schemas.nspname in ($2::text, $3::text)
    and not has_function_privilege($1::text, functions.oid, 'execute')
)
select lacking.purpose, lacking.object, lacking.rights
from lacking
order by lacking.purpose, lacking.object
