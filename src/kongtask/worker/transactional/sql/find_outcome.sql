-- What became of a job and of the transaction that was to end it: whether the job is still the pool's
-- by its claim, and what the server remembers of the transaction. After a failover, a transaction of
-- that number may be another one, or one that is yet to come.
select
  exists (
    select from :GRAPHILE_WORKER_SCHEMA._private_jobs as jobs
    where jobs.id = %(job_id)s
      and jobs.locked_by = %(pool_id)s
      and jobs.locked_at = any(%(claims)s::timestamptz[])
  ),
  case
    when %(xid)s::text::xid8 < pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot())
      then pg_catalog.pg_xact_status(%(xid)s::text::xid8)
  end
