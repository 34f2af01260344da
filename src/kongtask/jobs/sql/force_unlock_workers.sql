-- Frees what the pools of workers hold. The counts are those of the statement's snapshot, from
-- before the call.
select
  (
    select count(*)
    from :GRAPHILE_WORKER_SCHEMA._private_jobs as jobs
    where jobs.locked_by = any ($1::text[])
  ),
  (
    select count(*)
    from :GRAPHILE_WORKER_SCHEMA._private_job_queues as queues
    where queues.locked_by = any ($1::text[])
  ),
  :GRAPHILE_WORKER_SCHEMA.force_unlock_workers(worker_ids => $1::text[])::text
