-- Forgets the begun jobs of a pool that have ended.
delete from :EXTENSION_SCHEMA.begun_jobs as begun
where begun.pool_id = %(pool_id)s
  and begun.job_id <> all(%(running)s::bigint[])
