"""What the Rust port of Graphile Worker brings along with its own revision 20.

Written from what is known of its names and arguments, and of when it takes a worker for dead.
"""

from __future__ import annotations

from kongtask.database.connection import Connection

#: The registry's table and functions.
_REGISTRY = b"""
create table graphile_worker._private_workers (
  id text primary key,
  last_heartbeat_at timestamptz not null,
  started_at timestamptz not null default now(),
  metadata jsonb
);

create function graphile_worker.worker_heartbeat(worker_id text, metadata json default null)
returns void language sql as $$
  insert into graphile_worker._private_workers (id, last_heartbeat_at, metadata)
  values (worker_id, now(), metadata::jsonb)
  on conflict (id) do update set last_heartbeat_at = excluded.last_heartbeat_at
$$;

create function graphile_worker.worker_deregister(worker_id text)
returns void language sql as $$
  delete from graphile_worker._private_workers as workers where workers.id = worker_id
$$;

create function graphile_worker.list_stale_workers(stale_threshold interval)
returns table (worker_id text) language sql as $$
  select workers.id
  from graphile_worker._private_workers as workers
  where now() - workers.last_heartbeat_at > stale_threshold
$$;

create function graphile_worker.list_orphan_locked_workers(stale_threshold interval)
returns table (worker_id text) language sql as $$
  select jobs.locked_by
  from graphile_worker._private_jobs as jobs
  where now() - jobs.locked_at > stale_threshold
    and not exists (
      select from graphile_worker._private_workers as workers where workers.id = jobs.locked_by
    )
  group by jobs.locked_by
$$;

create function graphile_worker.recover_dead_worker_jobs(
  worker_ids text[], recovery_delay interval default interval '0 seconds'
)
returns int language sql as $$
  with freed as (
    update graphile_worker._private_jobs as jobs
    set locked_at = null, locked_by = null, attempts = greatest(0, jobs.attempts - 1)
    where jobs.locked_by = any(worker_ids)
    returning jobs.id
  )
  select count(*)::int from freed
$$;

create function graphile_worker.delete_stale_workers(worker_ids text[])
returns void language sql as $$
  delete from graphile_worker._private_workers as workers where workers.id = any(worker_ids)
$$;
"""

#: Its row in the ledger is that of Graphile Worker's revision 20, which is something else.
_LEDGER = b"insert into graphile_worker.migrations (id, breaking) values (20, false)"


def make_registry(connection: Connection) -> None:
    """Make the registry in the worker schema."""
    connection.execute(_REGISTRY)


def make_revision_20(connection: Connection) -> None:
    """Bring a worker schema from revision 19 to the Rust port's 20."""
    make_registry(connection)
    connection.execute(_LEDGER)
