-- Writes down that a pool begins a job, and waits until that cannot be lost any more.
insert into :EXTENSION_SCHEMA.begun_jobs (pool_id, job_id, attempt)
select %(pool_id)s, %(job_id)s, %(attempt)s
where pg_catalog.set_config('synchronous_commit', 'on', true) is not null
on conflict (pool_id, job_id) do update set attempt = excluded.attempt
