"""The fastest loop over the worker schema that we can write; see ``support/contestants.py``.

One connection claims in batches, another deletes what was claimed, in threads; no task is called.
It looks at named queues as little as at flags, and forgets about jobs when it is killed: what a
worker does beyond it is what the worker costs.
"""

from __future__ import annotations

import queue
import sys
import threading

import psycopg

CLAIM = """
with free as materialized (
  select id from graphile_worker._private_jobs
  where is_available = true and job_queue_id is null and run_at <= now() and task_id = any(%s)
  order by priority, run_at limit {batch} for update skip locked
)
update graphile_worker._private_jobs as jobs
set attempts = jobs.attempts + 1, locked_by = 'ceiling', locked_at = now()
where id = any(array(select id from free))
returning id, task_id, payload::text
"""
DELETE = "delete from graphile_worker._private_jobs where id = any(%s) and locked_by = 'ceiling'"


def connect() -> psycopg.Connection[tuple[object, ...]]:
    """Open a connection that finds jobs by index."""
    connection = psycopg.connect("", autocommit=True)
    connection.execute("set enable_seqscan = off")
    connection.execute("set jit = off")
    return connection


def delete(claimed: queue.Queue[list[object]]) -> None:
    """Delete what was claimed."""
    count = 0
    with connect() as connection:
        while True:
            ids = claimed.get()
            connection.execute(DELETE, [ids], prepare=True, binary=True)
            count += len(ids)
            print(count, flush=True)


def main(batch: int) -> None:
    """Claim until standard input ends."""
    claimed: queue.Queue[list[object]] = queue.Queue(10)
    threading.Thread(target=delete, args=[claimed], daemon=True).start()
    with connect() as connection:
        connection.execute("set synchronous_commit = off")
        statement = CLAIM.format(batch=batch).encode()
        tasks = [
            row[0] for row in connection.execute("select id from graphile_worker._private_tasks")
        ]
        connection.execute('listen "jobs:insert"')
        print("ready", flush=True)
        while True:
            while rows := connection.execute(
                statement, [tasks], prepare=True, binary=True
            ).fetchall():
                claimed.put([row[0] for row in rows])
            for _ in connection.notifies(stop_after=1):
                break


if __name__ == "__main__":
    threading.Thread(target=main, args=[int(sys.argv[1])], daemon=True).start()
    sys.stdin.read()
