"""What a scheduler tells while it goes on; a worker passes it on, a test collects it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from msgspec import Struct

from kongtask.cron.items import CronItem


class CronStarting(Struct, frozen=True, kw_only=True):
    """The scheduler starts, or starts again: it asks the database what it knows (cron:starting)."""

    items: tuple[CronItem, ...]
    start: datetime


class CronStarted(Struct, frozen=True, kw_only=True):
    """All items are known and what was missed is made up for (cron:started)."""

    items: tuple[CronItem, ...]
    start: datetime


class CronBackfill(Struct, frozen=True, kw_only=True):
    """A missed minute is about to be made up for (cron:backfill)."""

    minute: datetime
    items: tuple[CronItem, ...]


class CronPrematureTimer(Struct, frozen=True, kw_only=True):
    """The timer was early, or the clock was set back: nothing is done yet (cron:prematureTimer)."""

    now: datetime
    expected: datetime


class CronOverdueTimer(Struct, frozen=True, kw_only=True):
    """The timer was late, or the clock was set forward (cron:overdueTimer).

    What lies between follows at once.
    """

    now: datetime
    expected: datetime


class CronSchedule(Struct, frozen=True, kw_only=True):
    """A minute's jobs are about to be added (cron:schedule)."""

    minute: datetime
    items: tuple[CronItem, ...]
    backfilled: bool


class CronScheduled(Struct, frozen=True, kw_only=True):
    """A minute's jobs are there (cron:scheduled).

    Attributes:
        job_ids: the ids of the jobs that this scheduler added, by their items' identifiers; those
            of the other items have been added by another one.
    """

    minute: datetime
    items: tuple[CronItem, ...]
    backfilled: bool
    job_ids: Mapping[str, int]


class CronMatchFailed(Struct, frozen=True, kw_only=True):
    """An item's function raised an error, so the item is not due at that minute."""

    minute: datetime
    item: CronItem
    error: Exception


class CronFailed(Struct, frozen=True, kw_only=True):
    """Something went wrong; the scheduler starts again after a pause.

    Attributes:
        attempt: how many times in a row, from 1.
        pause: seconds.
    """

    error: Exception
    attempt: int
    pause: float


CronEvent = (
    CronStarting
    | CronStarted
    | CronBackfill
    | CronPrematureTimer
    | CronOverdueTimer
    | CronSchedule
    | CronScheduled
    | CronMatchFailed
    | CronFailed
)
Events = Callable[[CronEvent], None]
