"""What happened in a run, as the server, the producers and the workers have written it down.

A history is plain data: the checker needs nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from kongtask.database.connection import Connection
from kongtask.jobs.limits import Limit

#: How a transaction of a producer's ended, as far as the producer knows.
Outcome = Literal["committed", "rolled back", "unknown"]

#: The process that repairs what an operator would repair.
OPERATOR = "operator"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A row of the table ``chaos.history``; see ``history.sql``. Moments are seconds since 1970."""

    id: int
    what: str
    at: float = 0.0
    transaction_began_at: float = 0.0
    transaction_id: int = 0
    process: str = ""
    job: int | None = None
    number: int | None = None
    task: str | None = None
    customer: int | None = None
    queue: int | None = None
    cron: str | None = None
    minute: int | None = None
    old_pool: str | None = None
    pool: str | None = None
    old_attempts: int | None = None
    attempts: int | None = None
    max_attempts: int | None = None
    old_run_at: float | None = None
    run_at: float | None = None
    locked_at: float | None = None
    mode: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Disturbance:
    """A fault as it happened.

    Attributes:
        what: its name; ``kill`` for each end of a process by force.
        process: the one that suffered; None for all of them.
        began: when.
        ended: when it was over.
    """

    what: str
    process: str | None
    began: float
    ended: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A worker told its listeners that a job is complete."""

    process: str
    job: int
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """A job that is in its table when everything is over."""

    job: int
    number: int | None
    attempts: int
    max_attempts: int
    has_error: bool
    locked_by: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """All that is known of a run.

    Attributes:
        events: in the order of their ids.
        produced: what became of each number, as far as its producer knows.
        disturbances: the faults.
        told: what workers told of ends.
        left: the jobs that are left.
        locked_queues: how many queues are locked at the end.
        ended: workers that ended without having been told to, with their exit codes.
        minutes: the minutes in which each schedule was due.
        limits: the limits of tasks; where one has a key, that is the customer.
        cancelled: the jobs that somebody has cancelled.
        bound: seconds within which the jobs of a killed worker must be free.
    """

    events: Sequence[Event] = ()
    produced: Mapping[int, Outcome] = field(default_factory=dict)
    disturbances: Sequence[Disturbance] = ()
    told: Sequence[Told] = ()
    left: Sequence[Left] = ()
    locked_queues: int = 0
    ended: Mapping[str, int] = field(default_factory=dict)
    minutes: Mapping[str, Sequence[int]] = field(default_factory=dict)
    limits: Mapping[str, Sequence[Limit]] = field(default_factory=dict)
    cancelled: Set[int] = frozenset()
    bound: float = 10.0


def prepare(connection: Connection) -> None:
    """Let a server with both schemas write its history down."""
    connection.execute(Path(__file__).with_name("history.sql").read_bytes())


def read_events(connection: Connection) -> list[Event]:
    """Read what the server has written down."""
    moments = {"at", "transaction_began_at", "old_run_at", "run_at", "locked_at"}
    names = list(Event.__dataclass_fields__)
    columns = ", ".join(
        f"extract(epoch from {name})::float8" if name in moments else name for name in names
    )
    rows = connection.execute(f"select {columns} from chaos.history order by id".encode())
    return [Event(**dict(zip(names, row, strict=True))) for row in rows]


def read_left(connection: Connection) -> list[Left]:
    """Read which jobs are left."""
    rows = connection.execute(b"""
        select id, (coalesce(payload -> 0, payload) ->> 'number')::int, attempts, max_attempts,
          last_error is not null, locked_by
        from graphile_worker._private_jobs order by id
    """)
    names = list(Left.__dataclass_fields__)
    return [Left(**dict(zip(names, row, strict=True))) for row in rows]


def count_locked_queues(connection: Connection) -> int:
    """Return how many queues are locked."""
    row = connection.execute(
        b"select count(*) from graphile_worker._private_job_queues where locked_by is not null"
    ).fetchone()
    assert row is not None
    return int(row[0])


def read_produced(files: Iterable[Path]) -> dict[int, Outcome]:
    """Read what producers know: of each number the last line counts."""
    produced: dict[int, Outcome] = {}
    for file in files:
        for line in _lines(file):
            said = json.loads(line)
            produced.update(dict.fromkeys(said["numbers"], said["outcome"]))
    return produced


def read_told(files: Iterable[Path]) -> list[Told]:
    """Read what workers told of ends; each has a file of its name."""
    said = ((file.stem, json.loads(line)) for file in files for line in _lines(file))
    return [Told(process=process, **fact) for process, fact in said if "job" in fact]


def _lines(file: Path) -> list[str]:
    """Return the whole lines of a file whose writer may have been killed within one."""
    text = file.read_text(encoding="utf-8")
    return text[: text.rfind("\n") + 1].splitlines()
