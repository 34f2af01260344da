-- Limits on how many jobs run at once and on how often they begin, and what is paused. Pools are
-- told by a notification on the channel kongtask:control, and look every second besides.

-- What pools declare, one row each, and what was set by hand, with nobody's name. Declarations hold
-- as long as their pool lives, so versions of an application that run at the same time do not fight:
-- the strictest holds, and one that is not there any more is forgotten.
create table :SCHEMA.limits (
  name text not null,
  declared_by text not null,
  tasks text[] not null,
  amount int not null constraint limits_amount_check check (amount >= 1),
  period interval constraint limits_period_check check (period > interval '0'),
  key_path text[] not null,
  constraint limits_pkey primary key (name, declared_by)
);

create view :SCHEMA.active_limits as
select
  limits.name,
  array_agg(distinct task) as tasks,
  coalesce(min(limits.amount) filter (where limits.declared_by = ''), min(limits.amount)) as amount,
  min(limits.period) as period,
  min(limits.key_path) as key_path,
  bool_or(limits.declared_by = '') as is_set
from :SCHEMA.limits as limits, unnest(limits.tasks) as task
where limits.declared_by = ''
  or exists (
    select from :SCHEMA.pools as pools
    where pools.pool_id = limits.declared_by and pools.recovered_at is null
  )
group by limits.name;

-- What limits have allowed: a job to run, or to begin. The first kind holds while the job has the
-- lock that it was allowed for, whoever takes that away, so nothing has to be freed and nothing can
-- leak; the second kind holds for a time. What does not hold any more is deleted now and then.
create table :SCHEMA.permits (
  limit_name text not null,
  key text not null,
  job_id bigint not null,
  pool_id text not null,
  locked_at timestamptz not null,
  ends_at timestamptz,
  constraint permits_pkey primary key (limit_name, key, job_id, locked_at)
);

create table :SCHEMA.pauses (
  kind text not null constraint pauses_kind_check check (kind in ('all', 'task', 'queue', 'pool')),
  name text not null,
  paused_at timestamptz not null default now(),
  running_job_ids bigint[] not null default '{}',
  is_ending boolean not null default false,
  constraint pauses_pkey primary key (kind, name)
);

-- A job's key of a limit. A payload may hold what PostgreSQL cannot make a text of, such as half a
-- surrogate pair, and must not stop the jobs of others with it. Long keys are cut for the index.
create function :SCHEMA.payload_key(payload json, key_path text[]) returns text
language plpgsql immutable
as $kongtask_body$
declare
  key text;
begin
  key := coalesce(payload_key.payload #>> payload_key.key_path, '');
  if octet_length(key) > 500 then
    return left(key, 100) || ' ' || md5(key);
  end if;
  return key;
exception when data_exception then
  return '';
end
$kongtask_body$;

create function :SCHEMA.set_limit(
  name text, tasks text[], amount int, period interval default null, key_path text[] default '{}'
) returns void
language plpgsql
as $kongtask_body$
begin
  insert into :SCHEMA.limits as limits (name, declared_by, tasks, amount, period, key_path)
  values (
    set_limit.name, '', set_limit.tasks, set_limit.amount, set_limit.period, set_limit.key_path
  )
  on conflict on constraint limits_pkey do update
  set tasks = excluded.tasks, amount = excluded.amount, period = excluded.period,
    key_path = excluded.key_path;
  perform pg_catalog.pg_notify('kongtask:control', '');
end
$kongtask_body$;

create function :SCHEMA.remove_limit(name text) returns boolean
language plpgsql
as $kongtask_body$
begin
  delete from :SCHEMA.limits as limits
  where limits.name = remove_limit.name and limits.declared_by = '';
  if not found then
    return false;
  end if;
  perform pg_catalog.pg_notify('kongtask:control', '');
  perform pg_catalog.pg_notify('jobs:insert', '{"r":' || random() || ',"count":1}');
  return true;
end
$kongtask_body$;

-- A paused queue is one that looks busy, to every worker, Node's too. What was running goes on, and
-- when it ends does not free the queue, because it is not its worker's any more. The jobs that run
-- are noted for the end of the pause; no other can begin before that.
create function :SCHEMA.pause(kind text, name text default '') returns boolean
language plpgsql
as $kongtask_body$
declare
  is_new boolean;
begin
  insert into :SCHEMA.pauses as pauses (kind, name)
  values (pause.kind, pause.name)
  on conflict on constraint pauses_pkey do update set is_ending = false where pauses.is_ending;
  is_new := found;
  if is_new and pause.kind = 'queue' then
    insert into :GRAPHILE_WORKER_SCHEMA._private_job_queues (queue_name)
    select pause.name
    where not exists (
      select from :GRAPHILE_WORKER_SCHEMA._private_job_queues as queues
      where queues.queue_name = pause.name
    )
    on conflict (queue_name) do nothing;
    update :GRAPHILE_WORKER_SCHEMA._private_job_queues as queues
    set locked_by = 'kongtask pause', locked_at = timestamptz '9999-12-31 00:00:00+00'
    where queues.queue_name = pause.name
      and queues.locked_by is distinct from 'kongtask pause';
    if found then
      update :SCHEMA.pauses as pauses
      set running_job_ids = array(
        select jobs.id
        from :GRAPHILE_WORKER_SCHEMA._private_jobs as jobs
        join :GRAPHILE_WORKER_SCHEMA._private_job_queues as queues on queues.id = jobs.job_queue_id
        where queues.queue_name = pause.name and jobs.locked_at is not null
      )
      where pauses.kind = 'queue' and pauses.name = pause.name;
    end if;
  end if;
  if is_new then
    perform pg_catalog.pg_notify('kongtask:control', '');
  end if;
  return is_new;
end
$kongtask_body$;

-- Lets go of the queues whose pause is to end, once what ran when it began has ended; and holds
-- those that somebody else has let go of. Pools call it every second while a queue is paused.
create function :SCHEMA.settle_queues() returns void
language plpgsql
as $kongtask_body$
declare
  pause record;
begin
  for pause in
    select pauses.name, pauses.is_ending, pauses.running_job_ids
    from :SCHEMA.pauses as pauses
    where pauses.kind = 'queue'
    order by pauses.name
    for update skip locked
  loop
    if not pause.is_ending then
      update :GRAPHILE_WORKER_SCHEMA._private_job_queues as queues
      set locked_by = 'kongtask pause', locked_at = timestamptz '9999-12-31 00:00:00+00'
      where queues.queue_name = pause.name and queues.locked_at is null;
    elsif not exists (
      select from :GRAPHILE_WORKER_SCHEMA._private_jobs as jobs
      where jobs.id = any (pause.running_job_ids) and jobs.locked_at is not null
    ) then
      update :GRAPHILE_WORKER_SCHEMA._private_job_queues as queues
      set locked_by = null, locked_at = null
      where queues.queue_name = pause.name and queues.locked_by = 'kongtask pause';
      delete from :SCHEMA.pauses as pauses
      where pauses.kind = 'queue' and pauses.name = pause.name;
      perform pg_catalog.pg_notify('jobs:insert', '{"r":' || random() || ',"count":1}');
    end if;
  end loop;
end
$kongtask_body$;

create function :SCHEMA.resume(kind text, name text default '') returns text
language plpgsql
as $kongtask_body$
begin
  if resume.kind = 'queue' then
    update :SCHEMA.pauses as pauses
    set is_ending = true
    where pauses.kind = 'queue' and pauses.name = resume.name;
    if not found then
      return null;
    end if;
    perform :SCHEMA.settle_queues();
  else
    delete from :SCHEMA.pauses as pauses
    where pauses.kind = resume.kind and pauses.name = resume.name;
    if not found then
      return null;
    end if;
    perform pg_catalog.pg_notify('jobs:insert', '{"r":' || random() || ',"count":1}');
  end if;
  perform pg_catalog.pg_notify('kongtask:control', '');
  if exists (
    select from :SCHEMA.pauses as pauses
    where pauses.kind = resume.kind and pauses.name = resume.name
  ) then
    return 'requested';
  end if;
  return 'resumed';
end
$kongtask_body$;

comment on table :SCHEMA.limits is 'Limits on jobs: what pools declare, and what was set by hand.';
comment on column :SCHEMA.limits.declared_by is 'The id of a pool; empty where it was set by hand, which goes before all that pools declare.';
comment on column :SCHEMA.limits.amount is 'So many jobs at once; with a period, so many begun in any such time.';
comment on column :SCHEMA.limits.key_path is 'Where the payload has the key by which jobs are counted; empty where all are counted together.';
comment on view :SCHEMA.active_limits is 'The limits that hold now: of each name, what was set by hand, or else the strictest that a live pool declares.';
comment on table :SCHEMA.permits is 'The jobs that limits have allowed to run or to begin.';
comment on column :SCHEMA.permits.locked_at is 'The job''s lock that it was allowed for.';
comment on column :SCHEMA.permits.ends_at is 'Until when it counts; null where it counts as long as the job has that lock.';
comment on table :SCHEMA.pauses is 'The tasks, queues and pools whose jobs are not begun, or all.';
comment on column :SCHEMA.pauses.running_job_ids is 'Of a queue: the jobs that ran when the pause began.';
comment on column :SCHEMA.pauses.is_ending is 'Of a queue: it is to be resumed once those jobs have ended.';
comment on function :SCHEMA.payload_key(json, text[]) is 'The text by which a limit counts a job; empty where the payload has none.';
comment on function :SCHEMA.set_limit(text, text[], int, interval, text[]) is 'Sets a limit by hand: so many jobs at once, or with a period so many begun in it, of all jobs or of each key.';
comment on function :SCHEMA.remove_limit(text) is 'Removes a limit that was set by hand; what pools declare under its name holds again. False where there is none.';
comment on function :SCHEMA.pause(text, text) is 'Begins no more jobs of a task, queue or pool, or ("all") no more at all; false where that is so already.';
comment on function :SCHEMA.resume(text, text) is 'Ends a pause ("resumed"); of a queue, once what ran when it began has ended ("requested"). Null where there is none.';
comment on function :SCHEMA.settle_queues() is 'Ends the pauses of queues that are to end and can; workers call it.';
