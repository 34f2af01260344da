"""How fast jobs come and go: what PostgreSQL counts anyway, at two moments."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from kongtask.jobs.operations import Operation
from kongtask.jobs.statements import Row, Statement, Steps, ask
from kongtask.monitoring.table import SQL
from kongtask.names import WORKER_SCHEMA


class Counters(Struct, frozen=True, kw_only=True):
    """What was counted up to some moment.

    PostgreSQL counts rows without asking whether their transaction was rolled back, and sessions
    report what they have done once a second or more seldom.

    Attributes:
        taken_at: the moment, by the server's clock.
        is_standby: whether the server is one: it counts nothing itself.
        inserted: rows that were added to the table of jobs, or None.
        deleted: rows that were deleted from it, or None.
        ids: how many numbers of jobs were handed out, a few dozen more on a standby, or None where
            the role may not know.
    """

    taken_at: datetime
    is_standby: bool
    inserted: int | None
    deleted: int | None
    ids: int | None


class Rates(Struct, frozen=True, kw_only=True):
    """Jobs a second between two moments.

    Attributes:
        added: how many were added; None where it cannot be told. On a standby, the numbers that
            were handed out, which includes some that were not used.
        finished: how many were deleted, since they were done or were removed; None where it cannot
            be told.
    """

    added: float | None
    finished: float | None


@Operation
def read_counters(*, schema: str = WORKER_SCHEMA) -> Steps[Counters | None]:
    """Return what PostgreSQL has counted; None where there is no such worker schema.

    Args:
        schema: the worker schema.
    """
    return ask(
        Statement(
            name="read_counters", schema=schema, folder=SQL, doing="reading statistics",
            decode=_decode, values=(schema,),
        )
    )  # fmt: skip


def rates(earlier: Counters, later: Counters) -> Rates:
    """Return how many jobs came and went a second between two readings."""
    seconds = (later.taken_at - earlier.taken_at).total_seconds()
    if later.is_standby:
        return Rates(added=_rate(earlier.ids, later.ids, seconds), finished=None)
    return Rates(
        added=_rate(earlier.inserted, later.inserted, seconds),
        finished=_rate(earlier.deleted, later.deleted, seconds),
    )


def _rate(earlier: int | None, later: int | None, seconds: float) -> float | None:
    # A counter that went back was reset in between.
    if earlier is None or later is None or later < earlier or seconds <= 0:
        return None
    return (later - earlier) / seconds


def _decode(rows: Sequence[Row]) -> Counters | None:
    for taken_at, is_standby, inserted, deleted, ids in rows:
        return Counters(
            taken_at=taken_at, is_standby=is_standby, inserted=inserted, deleted=deleted, ids=ids
        )
    return None
