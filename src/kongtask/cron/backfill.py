"""What was missed while no scheduler ran: a pure function of what the database knows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from kongtask.cron.items import NO_BACKFILL, CronItem
from kongtask.cron.schedule import ONE_MINUTE, Timetable, ceil_minute, due_between, floor_minute


class KnownCrontab(Struct, frozen=True, kw_only=True):
    """A schedule as the database knows it.

    Attributes:
        identifier: its identifier.
        known_since: when it was first seen.
        last_execution: the last minute at which a job was added, or None.
    """

    identifier: str
    known_since: datetime
    last_execution: datetime | None


def missed(
    timetable: Timetable, known: Sequence[KnownCrontab], start: datetime
) -> Iterator[tuple[datetime, list[CronItem]]]:
    """Yield the minutes before a start, each with the items that have to be made up for.

    An item is made up for where it was known before, as far back as its period reaches, and from
    its last execution on.

    Args:
        timetable: the items.
        known: the schedules that the database knew before this start.
        start: when the scheduler starts.
    """
    begins = _begins(timetable.items, {entry.identifier: entry for entry in known}, start)
    first = min(begins.values(), default=start)
    for minute, items in due_between(timetable.only(begins), first, start):
        yield minute, [item for item in items if begins[item.identifier] <= minute]


def _begins(
    items: Sequence[CronItem], known: Mapping[str, KnownCrontab], start: datetime
) -> dict[str, datetime]:
    """Return the first minute that is made up for, of each item that is."""
    begins = {}
    for item in items:
        entry = known.get(item.identifier)
        if entry is None or item.backfill_period == NO_BACKFILL:
            continue
        last, since = entry.last_execution, entry.known_since
        first = floor_minute(last) + ONE_MINUTE if last else ceil_minute(since)
        # Compared as durations: a long period before this start may be before all calendars.
        if start - first > item.backfill_period:
            first = ceil_minute(start - item.backfill_period)
        begins[item.identifier] = first
    return begins
