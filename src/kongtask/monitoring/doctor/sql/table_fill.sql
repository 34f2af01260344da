-- How many bytes the rows of jobs take, from some percent of the blocks of their table, and the size
-- of the index that claims use. What is long is stored elsewhere.
select
  (
    select coalesce(
      sum(
        120
        + least(pg_column_size(jobs.payload), 2000)
        + least(coalesce(pg_column_size(jobs.last_error), 0), 2000)
        + coalesce(pg_column_size(jobs.flags), 0)
        + coalesce(pg_column_size(jobs.key), 0)
      ) * 100 / $2::text::float8,
      0
    )
    from :GRAPHILE_WORKER_SCHEMA._private_jobs as jobs
      tablesample system ($2::text::float8) repeatable (0)
  ),
  (
    select pg_relation_size(indexes.oid)
    from pg_catalog.pg_class as indexes
    join pg_catalog.pg_namespace as schemas on schemas.oid = indexes.relnamespace
    where schemas.nspname = $1::text and indexes.relname = 'jobs_main_index'
  )
