"""Which minutes are due, which come next, and which were missed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from itertools import islice

import pytest

from kongtask.cron import CronItem, Digest, Pattern, cron_item, next_runs
from kongtask.cron.backfill import KnownCrontab, missed
from kongtask.cron.pattern import digest
from kongtask.cron.schedule import Timetable, ceil_minute, due_between, floor_minute
from kongtask.errors import CrontabError

#: A Thursday.
NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def pattern_of(fields: str) -> Pattern:
    pattern = cron_item(fields, task="task").match
    assert isinstance(pattern, Pattern)
    return pattern


def known(identifier: str, since: datetime, last: datetime | None = None) -> KnownCrontab:
    return KnownCrontab(identifier=identifier, known_since=since, last_execution=last)


def made_up(
    items: list[CronItem], entries: list[KnownCrontab], start: datetime
) -> list[tuple[str, list[str]]]:
    """Return the minutes that are made up for, and the identifiers of each."""
    return [
        (f"{minute:%H:%M}", [item.identifier for item in due])
        for minute, due in missed(Timetable(items), entries, start)
        if due
    ]


def test_a_minute_is_seen_in_utc() -> None:
    moment = datetime(2026, 11, 29, 1, 30, tzinfo=timezone(timedelta(hours=2)))
    assert digest(moment) == Digest(min=30, hour=23, date=28, month=11, dow=6)
    assert digest(datetime(2026, 11, 29, tzinfo=UTC)).dow == 0


@pytest.mark.parametrize(
    ("fields", "is_due"),
    [
        ("* * * * *", True),
        ("0 12 26 11 4", True),
        ("1 12 * * *", False),
        ("0 11 * * *", False),
        ("0 12 * 10 *", False),
        ("* * 26 * *", True),
        ("* * 25 * *", False),
        ("* * * * 4", True),
        ("* * * * 5", False),
        ("* * 25 * 4", True),
        ("* * 26 * 5", True),
        ("* * 25 * 5", False),
        ("* * 1-31 * 5", False),
        ("* * 25 * 0-6", False),
        ("* * 25 * 0-7", False),
        ("* * */1 * 5", False),
        ("* * 25 10 4", False),
    ],
)
def test_either_day_suffices_where_both_are_restricted(fields: str, is_due: bool) -> None:
    """And only there: a field that lists all its values restricts nothing."""
    assert pattern_of(fields).matches(digest(NOON)) is is_due


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ("* * * * *", ["2026-11-26 12:01", "2026-11-26 12:02"]),
        ("0 * * * *", ["2026-11-26 13:00", "2026-11-26 14:00"]),
        ("0 12 * * *", ["2026-11-27 12:00", "2026-11-28 12:00"]),
        ("59 23 31 12 *", ["2026-12-31 23:59", "2027-12-31 23:59"]),
        ("30 6 * * 0", ["2026-11-29 06:30", "2026-12-06 06:30"]),
        ("0 0 1 * 1", ["2026-11-30 00:00", "2026-12-01 00:00"]),
        ("0 0 29 2 *", ["2028-02-29 00:00", "2032-02-29 00:00"]),
        ("0 0 30 2 *", []),
        ("0 0 31 4,6,9,11 *", []),
    ],
)
def test_the_next_runs(fields: str, expected: list[str]) -> None:
    runs = islice(next_runs(pattern_of(fields), NOON), 2)
    assert [f"{run:%Y-%m-%d %H:%M}" for run in runs] == expected


def test_a_century_without_a_leap_year() -> None:
    """2100 has no 29 February, so eight years lie between two."""
    (run,) = islice(next_runs(pattern_of("0 0 29 2 *"), datetime(2096, 3, 1, tzinfo=UTC)), 1)
    assert run == datetime(2104, 2, 29, tzinfo=UTC)


def test_a_run_begins_after_the_moment() -> None:
    (run,) = islice(next_runs(pattern_of("* * * * *"), NOON + timedelta(seconds=30)), 1)
    assert run == NOON + MINUTE


def test_minutes_around_a_moment() -> None:
    moment = NOON + timedelta(seconds=1)
    assert (floor_minute(moment), ceil_minute(moment)) == (NOON, NOON + MINUTE)
    assert (floor_minute(NOON), ceil_minute(NOON)) == (NOON, NOON)


def test_due_items_come_in_their_order() -> None:
    """Whatever patterns and functions they share."""
    items = [
        cron_item("0 * * * *", task="a"),
        cron_item(lambda at: at.hour == 12, task="b"),
        cron_item("*/2 * * * *", task="c"),
        cron_item("0 * * * *", task="d"),
        cron_item("5 * * * *", task="e"),
    ]
    due = due_between(Timetable(items), NOON - timedelta(seconds=30), NOON + 3 * MINUTE)
    assert [(minute, [item.identifier for item in items]) for minute, items in due] == [
        (NOON, ["a", "b", "c", "d"]),
        (NOON + MINUTE, ["b"]),
        (NOON + 2 * MINUTE, ["b", "c"]),
    ]


def test_a_function_that_raises_holds_up_no_other_item() -> None:
    def broken(at: Digest) -> bool:
        raise LookupError("no holidays today")

    failed = []
    items = [cron_item(broken, task="a"), cron_item("* * * * *", task="b")]
    timetable = Timetable(items, lambda *told: failed.append(told))
    assert timetable.due(NOON) == [items[1]]
    ((item, minute, error),) = failed
    assert (item, minute, str(error)) == (items[0], NOON, "no holidays today")
    with pytest.raises(LookupError):
        Timetable(items).due(NOON)


def test_items_cannot_share_an_identifier() -> None:
    with pytest.raises(CrontabError, match="'a'"):
        Timetable([cron_item("* * * * *", task="a"), cron_item("1 * * * *", task="a")])


def filled(fields: str, minutes: float, task: str = "a") -> CronItem:
    return cron_item(fields, task=task, backfill_period=timedelta(minutes=minutes))


def test_what_was_not_known_is_not_made_up_for() -> None:
    assert made_up([filled("* * * * *", 60)], [], NOON) == []
    assert made_up([filled("* * * * *", 60)], [known("b", NOON - 9 * MINUTE)], NOON) == []


def test_without_a_period_nothing_is_made_up_for() -> None:
    assert made_up([filled("* * * * *", 0)], [known("a", NOON - 9 * MINUTE)], NOON) == []


def test_a_period_reaches_back_from_the_start() -> None:
    """The first minute is the one that begins at its end or after it; the start's own is not."""
    entries = [known("a", NOON - timedelta(days=9))]
    assert made_up([filled("* * * * *", 3)], entries, NOON) == [
        ("11:57", ["a"]), ("11:58", ["a"]), ("11:59", ["a"]),
    ]  # fmt: skip
    late = NOON + timedelta(seconds=20)
    assert made_up([filled("* * * * *", 3)], entries, late) == [
        ("11:58", ["a"]), ("11:59", ["a"]), ("12:00", ["a"]),
    ]  # fmt: skip


def test_nothing_is_made_up_for_from_before_it_was_known_or_done() -> None:
    since = NOON - timedelta(minutes=2, seconds=10)
    last = NOON - 3 * MINUTE
    for entry in (known("a", since), known("a", NOON - 9 * MINUTE, last=last)):
        minutes = [minute for minute, _ in made_up([filled("* * * * *", 60)], [entry], NOON)]
        assert minutes == ["11:58", "11:59"]


def test_each_item_has_its_own_period_and_past() -> None:
    items = [
        filled("*/2 * * * *", 4, "a"),
        filled("* * * * *", 2, "b"),
        filled("* * * * *", 9, "c"),
    ]
    entries = [known("a", NOON - 9 * MINUTE), known("b", NOON - 9 * MINUTE), known("c", NOON)]
    assert made_up(items, entries, NOON) == [
        ("11:56", ["a"]), ("11:58", ["a", "b"]), ("11:59", ["b"]),
    ]  # fmt: skip


def test_a_period_longer_than_all_calendars() -> None:
    item = cron_item("* * * * *", task="a", backfill_period=timedelta.max)
    assert len(made_up([item], [known("a", NOON - 3 * MINUTE)], NOON)) == 3


def test_a_past_in_the_future_is_left_alone() -> None:
    """As after the clock was set back."""
    entry = known("a", NOON - MINUTE, last=NOON + 9 * MINUTE)
    assert made_up([filled("* * * * *", 60)], [entry], NOON) == []
