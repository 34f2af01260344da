"""Which items are due at a minute, and when an item is due next: pure functions of time."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator
from datetime import UTC, datetime, timedelta

from kongtask.cron.items import CronItem, check_identifiers
from kongtask.cron.pattern import Digest, Pattern, digest, values_of

ONE_MINUTE = timedelta(minutes=1)

#: The rarest day of all, 29 February, is at most eight years away.
_RAREST_DAYS = 8 * 366

#: What is told of an item whose function raised: the item, the minute, the error.
MatchFailed = Callable[[CronItem, datetime, Exception], None]


def floor_minute(moment: datetime) -> datetime:
    """Return the minute that a moment is in, in UTC."""
    return moment.astimezone(UTC).replace(second=0, microsecond=0)


def ceil_minute(moment: datetime) -> datetime:
    """Return the first minute that begins at a moment or after it, in UTC."""
    floor = floor_minute(moment)
    return floor if floor == moment else floor + ONE_MINUTE


class Timetable:
    """Items, arranged so that a minute's are found quickly.

    Items with equal patterns are looked at once. In schedules of ten thousand items there are far
    fewer patterns.

    Args:
        items: the items; no two share an identifier.
        match_failed: what is told of a function that raised; its item is not due at that minute.

    Raises:
        CrontabError: two items share an identifier.
    """

    def __init__(self, items: Iterable[CronItem], match_failed: MatchFailed | None = None) -> None:
        self.items = tuple(items)
        check_identifiers(self.items)
        self._match_failed = match_failed
        self._by_pattern: dict[Pattern, list[tuple[int, CronItem]]] = {}
        self._by_function: list[tuple[int, CronItem, Callable[[Digest], bool]]] = []
        for index, item in enumerate(self.items):
            if isinstance(item.match, Pattern):
                self._by_pattern.setdefault(item.match, []).append((index, item))
            else:
                self._by_function.append((index, item, item.match))

    def only(self, identifiers: Container[str]) -> Timetable:
        """Return a timetable of some of the items."""
        items = (item for item in self.items if item.identifier in identifiers)
        return Timetable(items, self._match_failed)

    def due(self, minute: datetime) -> list[CronItem]:
        """Return the items that are due at a minute, in the order of the items."""
        at = digest(minute)
        found = [
            entry
            for pattern, entries in self._by_pattern.items()
            if pattern.matches(at)
            for entry in entries
        ]
        found += [
            (index, item)
            for index, item, function in self._by_function
            if self._ask(item, function, at, minute)
        ]
        return [item for _, item in sorted(found, key=lambda entry: entry[0])]

    def _ask(
        self, item: CronItem, function: Callable[[Digest], bool], at: Digest, minute: datetime
    ) -> bool:
        try:
            return bool(function(at))
        except Exception as error:  # a user's code; it must not hold up the other items
            if self._match_failed is None:
                raise
            self._match_failed(item, minute, error)
            return False


def due_between(
    timetable: Timetable, first: datetime, end: datetime
) -> Iterator[tuple[datetime, list[CronItem]]]:
    """Yield the minutes from ``first`` on and before ``end``, each with the items that are due.

    A minute without any is yielded too: whoever walks through years can do something else then.
    """
    minute = ceil_minute(first)
    while minute < end:
        yield minute, timetable.due(minute)
        minute += ONE_MINUTE


def next_runs(pattern: Pattern, after: datetime) -> Iterator[datetime]:
    """Yield the minutes after a moment that a pattern matches; for ever, or never."""
    minute = floor_minute(after) + ONE_MINUTE
    days_in_vain = 0
    while days_in_vain < _RAREST_DAYS:
        days_in_vain += 1
        if pattern.matches_day(digest(minute)):
            for hour in values_of(pattern.hours):
                for value in values_of(pattern.minutes):
                    run = minute.replace(hour=hour, minute=value)
                    if run >= minute:
                        days_in_vain = 0
                        yield run
        minute = minute.replace(hour=0, minute=0) + timedelta(days=1)
