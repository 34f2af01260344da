-- What is asked of workers that run: to cancel a job, and how many jobs a pool is to run at once.
-- They are told by a notification on the channel kongtask:control, and look every second besides.
--
-- The function that cancels names the worker schema, but only when it is called: either schema can
-- still be dropped without the other.

alter table :SCHEMA.pools
  add column wanted_concurrency int
    constraint pools_wanted_concurrency_check check (wanted_concurrency >= 1);

-- Jobs that were running, or claimed to be run, when somebody cancelled them. A request holds until
-- its job has ended, whoever runs it then; so there are few rows at any time, and mostly none.
create table :SCHEMA.cancellations (
  job_id bigint not null constraint cancellations_pkey primary key,
  message text not null,
  requested_at timestamptz not null default now()
);

create function :SCHEMA.cancel_job(job_id bigint, reason text default null) returns text
language plpgsql
as $kongtask_body$
declare
  message text := 'Cancelled' || coalesce(': ' || nullif(cancel_job.reason, ''), '');
begin
  if not exists (
    select from :GRAPHILE_WORKER_SCHEMA._private_jobs as jobs
    where jobs.id = cancel_job.job_id
      and (jobs.locked_at is not null or jobs.is_available)
  ) then
    return null;
  end if;
  perform from :GRAPHILE_WORKER_SCHEMA.permanently_fail_jobs(array[cancel_job.job_id], message);
  if found then
    return 'cancelled';
  end if;
  insert into :SCHEMA.cancellations (job_id, message)
  values (cancel_job.job_id, message)
  on conflict on constraint cancellations_pkey do update set message = excluded.message;
  perform pg_catalog.pg_notify('kongtask:control', '');
  return 'requested';
end
$kongtask_body$;

create function :SCHEMA.set_concurrency(pool_id text, concurrency int) returns boolean
language plpgsql
as $kongtask_body$
begin
  update :SCHEMA.pools as pools
  set wanted_concurrency = set_concurrency.concurrency
  where pools.pool_id = set_concurrency.pool_id
    and pools.recovered_at is null;
  if not found then
    return false;
  end if;
  perform pg_catalog.pg_notify('kongtask:control', '');
  return true;
end
$kongtask_body$;

comment on column :SCHEMA.pools.concurrency is 'How many jobs the pool runs at once.';
comment on column :SCHEMA.pools.wanted_concurrency is 'How many it was told to run at once; null where nobody has.';
comment on table :SCHEMA.cancellations is 'Jobs to be cancelled that somebody was running when that was asked for.';
comment on column :SCHEMA.cancellations.message is 'What becomes their last error.';
comment on function :SCHEMA.cancel_job(bigint, text) is 'Cancels a job: one that waits fails for good at once ("cancelled"), of one that runs it is asked of its worker ("requested"); null where there is nothing to cancel.';
comment on function :SCHEMA.set_concurrency(text, int) is 'Asks a pool to run so many jobs at once; false where there is no such pool.';
