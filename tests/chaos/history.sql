-- What happens to jobs, written down by the server itself in the transaction in which it happens.
-- Nothing here is ever changed or deleted. Rows of one job, and of one queue, are numbered in the
-- order in which they were committed, since whoever writes them holds the row of the job.
create schema chaos;

-- Who it is: each process has a name of its own, and connects with it. Where tasks run in
-- transactions, kongtask gives the session another application_name meanwhile.
create function chaos.process() returns text language sql stable as $$
  select coalesce(
    pg_catalog.current_setting('chaos.process', true),
    pg_catalog.current_setting('application_name')
  )
$$;

create table chaos.history (
  id bigint generated always as identity primary key,
  at timestamptz not null default clock_timestamp(),
  transaction_began_at timestamptz not null default now(),
  transaction_id bigint not null default pg_catalog.pg_current_xact_id()::text::bigint,
  process text not null default chaos.process(),
  -- added, changed, removed: a job's row. begin, end, effect: written by tasks.
  -- registered, recovered, forgotten: a pool's row.
  what text not null,
  job bigint,
  number int,
  task text,
  customer int,
  queue int,
  cron text,
  minute bigint,
  old_pool text,
  pool text,
  old_attempts int,
  attempts int,
  max_attempts int,
  old_run_at timestamptz,
  run_at timestamptz,
  locked_at timestamptz,
  mode text
);

create function chaos.note_job() returns trigger language plpgsql as $$
begin
  insert into chaos.history (
    what, job, number, task, customer, queue, cron, minute, old_pool, pool, old_attempts, attempts,
    max_attempts, old_run_at, run_at, locked_at
  )
  select
    case tg_op when 'INSERT' then 'added' when 'UPDATE' then 'changed' else 'removed' end,
    row.id, (row.work ->> 'number')::int,
    (select identifier from graphile_worker._private_tasks as tasks where tasks.id = row.task_id),
    (row.work ->> 'customer')::int, row.job_queue_id,
    case when row.payload -> '_cron' is not null then row.payload ->> 'cron' end,
    extract(epoch from (row.payload -> '_cron' ->> 'ts')::timestamptz) / 60,
    old.locked_by, new.locked_by, old.attempts, new.attempts, row.max_attempts, old.run_at,
    new.run_at, new.locked_at
  from (
    -- Batch jobs have a list, of one entry.
    select job.*, coalesce(job.payload -> 0, job.payload) as work
    from (select (case when tg_op = 'DELETE' then old else new end).*) as job
  ) as row;
  return null;
end $$;

create trigger note_added after insert on graphile_worker._private_jobs
  for each row execute function chaos.note_job();
create trigger note_removed after delete on graphile_worker._private_jobs
  for each row execute function chaos.note_job();
create trigger note_changed after update on graphile_worker._private_jobs
  for each row
  when (
    old.locked_by is distinct from new.locked_by or old.attempts <> new.attempts
    or old.run_at <> new.run_at
  )
  execute function chaos.note_job();

create function chaos.note_pool() returns trigger language plpgsql as $$
begin
  insert into chaos.history (what, pool, mode)
  select
    case tg_op when 'INSERT' then 'registered' when 'UPDATE' then 'recovered' else 'forgotten' end,
    row.pool_id, row.mode
  from (select (case when tg_op = 'DELETE' then old else new end).*) as row;
  return null;
end $$;

create trigger note_registered after insert or delete on kongtask.pools
  for each row execute function chaos.note_pool();
create trigger note_recovered after update on kongtask.pools
  for each row when (old.recovered_at is null and new.recovered_at is not null)
  execute function chaos.note_pool();

-- Every so-manieth statement of a worker that writes to jobs clashes with another one; 0 for none.
-- A sequence counts them, because it also counts those that are rolled back.
create sequence chaos.statements;
create table chaos.clashes (one_in int not null);
insert into chaos.clashes values (0);

create function chaos.clash() returns trigger language plpgsql as $$
declare
  every int := (select one_in from chaos.clashes);
  number bigint;
begin
  if every > 0 and chaos.process() like 'python-%' then
    number := nextval('chaos.statements');
    if number % every = 0 then
      raise exception 'a clash by the chaos harness'
        using errcode = case (number / every) % 2 when 0 then '40001' else '40P01' end;
    end if;
  end if;
  return null;
end $$;

create trigger clash before update or delete on graphile_worker._private_jobs
  for each statement execute function chaos.clash();
