"""What the doctor's checks share: a connection, and what was read before."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from kongtask.database.connection import Connection
from kongtask.jobs.drivers import perform
from kongtask.jobs.statements import Row, Statement, Value, ask
from kongtask.monitoring.doctor.diagnosis import Thresholds
from kongtask.monitoring.pools import Pool
from kongtask.monitoring.statistics import QueueStatistics
from kongtask.names import WORKER_SCHEMA, extension_schema_name

_SQL = Path(__file__).with_name("sql")


@dataclass(slots=True, kw_only=True)
class Look:
    """A look at a database.

    Attributes:
        connection: in autocommit mode.
        schema: the worker schema.
        role: whose rights are looked at; the connection's own role unless another is named.
        is_standby: whether the server is one.
        thresholds: from when on something counts.
        clock: tells the time of this machine.
        statistics: what is in the queue; None where that cannot be seen.
        pools: the pools that are registered; None where that cannot be seen.
    """

    connection: Connection
    schema: str
    role: str
    is_standby: bool
    thresholds: Thresholds
    clock: Callable[[], datetime]
    statistics: QueueStatistics | None = None
    pools: list[Pool] | None = None
    extension: str = field(init=False)

    def __post_init__(self) -> None:
        """Name the schema beside the worker schema."""
        self.extension = extension_schema_name(self.schema)

    def rows(self, name: str, *values: Value) -> Sequence[Row]:
        """Return the rows of ``sql/NAME.sql``, with values for ``$1``, ``$2`` and so on."""
        statement: Statement[Sequence[Row]] = Statement(
            name=name, schema=self.schema, folder=_SQL, values=values, decode=lambda rows: rows,
            doing="examining",
        )  # fmt: skip
        return perform(self.connection, ask(statement))

    def command(self, words: str, *values: str) -> str:
        """Return a command of kongtask for this worker schema, as one types it in a shell.

        Args:
            words: the command and its options.
            values: what follows, to be quoted.
        """
        if self.schema != WORKER_SCHEMA:
            values = (*values, "-schema", self.schema)
        return " ".join(["kongtask", words, *map(shlex.quote, values)])

    def pools_in(self, *states: str) -> list[Pool]:
        """Return the pools that are in one of these states."""
        return [pool for pool in self.pools or () if pool.state in states]


def jobs(count: int, verb: str = "", verbs: str = "", *, is_estimate: bool = False) -> str:
    """Return a count of jobs and its verb: ``1 job waits``, ``about 20 jobs wait``."""
    about = "about " if is_estimate else ""
    words = f"job {verb}" if count == 1 else f"jobs {verbs}"
    return f"{about}{count:,} {words.rstrip()}"


def first_of(rows: Sequence[Row]) -> Any:
    """Return the only row."""
    (row,) = rows
    return row
