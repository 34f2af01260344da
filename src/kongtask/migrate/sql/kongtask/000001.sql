-- What kongtask adds beside a worker schema: which pools are alive. Nothing here refers to the worker
-- schema, so either can be dropped without the other.

-- A pool's row lives as long as the pool is alive or holds jobs. It is written every second, so
-- nothing that changes is indexed and pages keep room: then PostgreSQL writes the new row beside the
-- old one and touches no index. There are as many rows as pools.
create table :SCHEMA.pools (
  pool_id text not null constraint pools_pkey primary key,
  lock_key int not null,
  mode text not null constraint pools_mode_check check (mode in ('lock', 'heartbeat')),
  host text not null,
  process_id int not null,
  version text not null,
  tasks text[] not null,
  given_back_tasks text[] not null,
  most_deaths int not null,
  concurrency int not null,
  late_after interval not null,
  started_at timestamptz not null default now(),
  last_seen_at timestamptz not null default now(),
  recovered_at timestamptz
) with (fillfactor = 50);

-- The jobs that a pool has begun, of those for which that is written down before: see the
-- explanation of reliability. The claim is the one of that attempt.
create table :SCHEMA.begun_jobs (
  pool_id text not null,
  job_id bigint not null,
  attempt int not null,
  constraint begun_jobs_pkey primary key (pool_id, job_id)
);

comment on table :SCHEMA.pools is 'The worker pools that are alive, or whose jobs have not been recovered yet.';
comment on column :SCHEMA.pools.lock_key is 'A live pool in the mode "lock" holds the advisory lock of this number.';
comment on column :SCHEMA.pools.late_after is 'A pool that was not seen for so long is looked after.';
comment on column :SCHEMA.pools.recovered_at is 'When its jobs were freed. The row stays for a minute longer: what it had asked for may still have been under way.';
comment on column :SCHEMA.pools.given_back_tasks is 'Tasks whose jobs get the attempt back when the pool dies.';
comment on column :SCHEMA.pools.most_deaths is 'A job that so many pools in a row died of is not tried again.';
comment on table :SCHEMA.begun_jobs is 'The suspicious jobs and last attempts that pools have begun.';
