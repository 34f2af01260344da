"""Runs a script step by step and notes what can be seen, in words that no clock or sequence alters.

Two schemas behave alike if the same script gives the same notes on both.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
from psycopg.types.string import TextLoader

from kongtask.database.connection import Connection, Target, connect

Row = tuple[tuple[str, str], ...]

_SENTINEL = "replay:step done"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What one step, a transaction, was seen to do.

    Attributes:
        sql: the step.
        rows: what its statements returned, sorted.
        error: SQLSTATE, table, column and constraint; empty if it went well. Never the message or
            its context, which quotes the text of functions.
        notified: the payloads on jobs:insert, with the random number's type in its place.
        jobs: all jobs afterwards, sorted.
        queues: all queues afterwards, sorted.
        tasks: all task identifiers afterwards, sorted.
    """

    sql: str
    rows: tuple[Row, ...]
    error: tuple[str, ...]
    notified: tuple[str, ...]
    jobs: tuple[Row, ...]
    queues: tuple[Row, ...]
    tasks: tuple[Row, ...]


def read_steps(script: Path) -> tuple[str, ...]:
    """Return the paragraphs of a script that hold more than comments."""
    paragraphs = script.read_text(encoding="utf-8").split("\n\n")
    return tuple(
        paragraph.strip()
        for paragraph in paragraphs
        if any(line and not line.startswith("--") for line in paragraph.splitlines())
    )


@contextmanager
def player(target: Target) -> Iterator[Player]:
    """Open the connections that a replay needs."""
    with connect(target) as connection, connect(target) as listener:
        yield Player(connection, listener)


class Player:
    """Plays steps on the schema graphile_worker of one database."""

    def __init__(self, connection: Connection, listener: Connection) -> None:
        for name in ("json", "jsonb", "timestamptz"):
            connection.adapters.register_loader(name, TextLoader)
        connection.execute("set search_path = graphile_worker")
        connection.execute("set timezone = 'UTC'")
        listener.execute('listen "jobs:insert"')
        listener.execute(f'listen "{_SENTINEL}"')
        self._connection, self._listener = connection, listener
        self._clock: list[datetime] = []
        self._names: dict[tuple[str, int], str] = {}

    def play(self, step: str) -> Step:
        """Run one step in a transaction and note what it does."""
        error: tuple[str, ...] = ()
        seen: list[dict[str, Any]] = []
        try:
            with self._connection.transaction():
                self._clock.append(self._now())
                seen = self._execute(step)
        except psycopg.Error as raised:
            diag = raised.diag
            found = (diag.sqlstate, diag.table_name, diag.column_name, diag.constraint_name)
            error = tuple(word or "" for word in found)
        state = {
            table: self._execute(f"select * from _private_{table}")
            for table in ("tasks", "job_queues", "jobs")
        }
        self._learn_names(state)
        return Step(
            sql=step,
            rows=self._tell(seen),
            error=error,
            notified=self._notifications(),
            jobs=self._tell(state["jobs"]),
            queues=self._tell(state["job_queues"]),
            tasks=self._tell(state["tasks"]),
        )

    def _execute(self, text: str) -> list[dict[str, Any]]:
        """Return the rows of all statements of a text."""
        cursor = self._connection.execute(text.encode())
        rows: list[dict[str, Any]] = []
        while True:
            if cursor.description:
                names = [column.name for column in cursor.description]
                rows += [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
            if not cursor.nextset():
                return rows

    def _now(self) -> datetime:
        row = self._connection.execute("select now()::text").fetchone()
        assert row is not None
        return datetime.fromisoformat(row[0])

    def _learn_names(self, state: dict[str, list[dict[str, Any]]]) -> None:
        self._names = {("task_id", row["id"]): row["identifier"] for row in state["tasks"]}
        self._names |= {
            ("job_queue_id", row["id"]): row["queue_name"] for row in state["job_queues"]
        }

    def _tell(self, rows: list[dict[str, Any]]) -> tuple[Row, ...]:
        return tuple(
            sorted(
                tuple(
                    (name, self._word(name, value)) for name, value in row.items() if name != "id"
                )
                for row in rows
            )
        )

    def _word(self, column: str, value: object) -> str:
        """Put names for ids, and steps for the times that are theirs or whole seconds away."""
        if value is None:
            return "null"
        if (column, value) in self._names:
            return repr(self._names[column, value])  # type: ignore[index] # just seen
        if column.endswith("_at") and isinstance(value, str) and "infinity" not in value:
            moment = datetime.fromisoformat(value)
            for number, began in enumerate(self._clock):
                away = moment - began
                if away.microseconds == 0:
                    return f"step {number} {int(away.total_seconds()):+} s"
        return repr(value)

    def _notifications(self) -> tuple[str, ...]:
        """Return what has arrived on jobs:insert until now."""
        self._connection.execute(f'notify "{_SENTINEL}"')
        payloads: list[str] = []
        for notify in self._listener.notifies(timeout=30):
            if notify.channel == _SENTINEL:
                return tuple(payloads)
            payloads.append(_blank_random(notify.payload))
        raise AssertionError("the server does not pass on notifications")


def _blank_random(payload: str) -> str:
    if payload == "":
        return payload
    message = json.loads(payload)
    assert 0 <= message["r"] < 1
    return json.dumps(message | {"r": type(message["r"]).__name__})
