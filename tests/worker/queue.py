"""A migrated database seen from outside the worker: adding jobs by SQL, and looking at them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from kongtask.database.connection import Connection


@dataclass(frozen=True, slots=True)
class Queue:
    """The worker schema of a database.

    Attributes:
        connection: to the database, in autocommit mode.
        conninfo: of the same database.
    """

    connection: Connection
    conninfo: str

    def add(self, identifier: str, payload: object = None, **options: object) -> int:
        """Add a job with the schema's own function; return its id."""
        names = "".join(f", {name} => %({name})s" for name in options)
        call = f"graphile_worker.add_job(%(identifier)s, %(payload)s::json{names})"
        row = self.connection.execute(
            f"select id from {call}".encode(),
            {"identifier": identifier, "payload": json.dumps(payload), **options},
        ).fetchone()
        assert row is not None
        return int(row[0])

    def fill(self, identifier: str, count: int) -> None:
        """Add many jobs whose payload is their number."""
        self.connection.execute(
            b"""
            with task as (
              insert into graphile_worker._private_tasks (identifier) values (%(identifier)s)
              on conflict (identifier) do update set identifier = excluded.identifier
              returning id
            )
            insert into graphile_worker._private_jobs (task_id, payload)
            select task.id, to_json(n) from task, generate_series(1, %(count)s) as n
            """,
            {"identifier": identifier, "count": count},
        )

    def refuse(self, write: str, table: str, *, times: int, state: str, when: str = "true") -> None:
        """Let the first rows of a write fail with "in the way".

        Args:
            write: ``insert``, ``update`` or ``delete``.
            table: its name with its schema.
            times: how many of them; the sequence ``refusals`` counts.
            state: the SQLSTATE.
            when: a condition on ``old`` and ``new``.
        """
        self.connection.execute(
            f"""
            create sequence refusals;
            create function refuse() returns trigger language plpgsql as $$
            begin
              if nextval('refusals') <= {times} then
                raise exception 'in the way' using errcode = '{state}';
              end if;
              return case when tg_op = 'DELETE' then old else new end;
            end $$;
            create trigger refuse before {write} on {table}
            for each row when ({when}) execute function refuse()
            """.encode()
        )

    def jobs(self, columns: str = "id") -> list[Any]:
        """Return columns of all jobs, by id; of one column, its values."""
        rows: Sequence[tuple[Any, ...]] = self.connection.execute(
            f"select {columns} from graphile_worker._private_jobs order by id".encode()
        ).fetchall()
        return [row[0] for row in rows] if rows and len(rows[0]) == 1 else list(rows)

    def locks(self) -> int:
        """Return how many jobs and queues are locked."""
        row = self.connection.execute(b"""
            select count(*) from (
              select locked_at from graphile_worker._private_jobs
              union all
              select locked_at from graphile_worker._private_job_queues
            ) as rows
            where locked_at is not null
        """).fetchone()
        assert row is not None
        return int(row[0])
