-- The numbers of the names that a load has, in their order; no row of "plain" where add_jobs must be
-- asked: a name is new, the schema is newer than what is known here, or the table has triggers.
with tasks as materialized (
  select array_agg(known.id order by names.ordinality) as ids
  from json_array_elements_text($1::text::json) with ordinality as names
  left join :GRAPHILE_WORKER_SCHEMA._private_tasks as known
    on known.identifier = names.value
),
queues as materialized (
  select coalesce(array_agg(known.id order by names.ordinality), '{}') as ids
  from json_array_elements_text($2::text::json) with ordinality as names
  left join :GRAPHILE_WORKER_SCHEMA._private_job_queues as known
    on known.queue_name = names.value
),
plain as materialized (
  select tasks.ids as task_ids, queues.ids as queue_ids
  from tasks, queues
  where array_position(tasks.ids, null) is null
    and array_position(queues.ids, null) is null
    and (select max(migrations.id) from :GRAPHILE_WORKER_SCHEMA.migrations) <= 20
    and not exists (
      select from pg_catalog.pg_trigger as triggers
      join pg_catalog.pg_class as tables on tables.oid = triggers.tgrelid
      join pg_catalog.pg_namespace as schemas on schemas.oid = tables.relnamespace
      where schemas.nspname = $3::text
        and tables.relname = '_private_jobs'
        and not triggers.tgisinternal
    )
),
