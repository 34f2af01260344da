"""Laws of cron: what matches, what a rendered item says, and which minutes are scheduled."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kongtask.cron import CronItem, Pattern, Scheduler, cron_item, next_runs, parse_crontab
from kongtask.cron.crontab import render_crontab
from kongtask.cron.pattern import FIELDS, Field, digest
from kongtask.cron.schedule import ceil_minute, floor_minute
from kongtask.database.connection import Target, connect
from kongtask.errors import CrontabError
from kongtask.migrate import migrate, worker_migrations
from tests.scheduling import SetClock, connecting

#: One part of a comma list: its text, and the values that the text stands for by the book.
Part = tuple[str, frozenset[int]]

MANY = settings(max_examples=max(200, settings().max_examples))


def parts(field: Field) -> st.SearchStrategy[Part]:
    """Make up a part of a field."""
    high = field.high if field.alias is None else field.alias
    numbers = st.integers(field.low, high)
    every = range(field.low, field.high + 1)

    def meant(values: Iterator[int] | range) -> frozenset[int]:
        return frozenset(field.low if value == field.alias else value for value in values)

    single = numbers.map(lambda n: (f"{n}", meant(range(n, n + 1))))
    ranges = (
        st.tuples(numbers, numbers)
        .filter(lambda pair: pair[0] < pair[1])
        .map(lambda pair: (f"{pair[0]}-{pair[1]}", meant(range(pair[0], pair[1] + 1))))
    )
    steps = st.integers(1, 70).map(
        lambda n: (f"*/{n}", frozenset(v for v in every if (v - field.low) % n == 0))
    )
    return st.one_of(st.just(("*", frozenset(every))), single, ranges, steps)


def lists(field: Field) -> st.SearchStrategy[list[Part]]:
    return st.lists(parts(field), min_size=1, max_size=3)


patterns = st.tuples(*map(lists, FIELDS))
minutes = st.datetimes(datetime(1990, 1, 1), datetime(2110, 1, 1)).map(
    lambda moment: moment.replace(second=0, microsecond=0, tzinfo=UTC)
)


def text_of(fields: tuple[list[Part], ...]) -> str:
    return " ".join(",".join(text for text, _ in field) for field in fields)


def is_due(fields: tuple[list[Part], ...], minute: datetime) -> bool:
    """Evaluate a pattern field by field, as the reference page says it."""
    month_day, week_day = minute.day, (minute.weekday() + 1) % 7
    seen = (minute.minute, minute.hour, month_day, minute.month, week_day)
    allowed = [frozenset[int]().union(*(values for _, values in field)) for field in fields]
    is_in = [value in values for value, values in zip(seen, allowed, strict=True)]
    if len(allowed[2]) < 31 and len(allowed[4]) < 7:
        return is_in[0] and is_in[1] and is_in[3] and (is_in[2] or is_in[4])
    return all(is_in)


def pattern_of(text: str) -> Pattern:
    pattern = cron_item(text, task="task").match
    assert isinstance(pattern, Pattern)
    return pattern


@MANY
@given(fields=patterns, moments=st.lists(minutes, min_size=1, max_size=30))
def test_matching_agrees_with_a_field_by_field_evaluation(
    fields: tuple[list[Part], ...], moments: list[datetime]
) -> None:
    pattern = pattern_of(text_of(fields))
    for minute in moments:
        assert pattern.matches(digest(minute)) is is_due(fields, minute), minute


@MANY
@given(fields=patterns)
def test_a_pattern_survives_being_printed(fields: tuple[list[Part], ...]) -> None:
    pattern = pattern_of(text_of(fields))
    assert pattern_of(str(pattern)) == pattern


@MANY
@given(fields=patterns, after=minutes)
def test_the_next_run_is_the_first_minute_that_matches(
    fields: tuple[list[Part], ...], after: datetime
) -> None:
    pattern = pattern_of(text_of(fields))
    window = [after + timedelta(minutes=n) for n in range(1, 60 * 24)]
    expected = [minute for minute in window if pattern.matches(digest(minute))]
    found = list(islice(next_runs(pattern, after), len(expected) + 1))
    assert found[: len(expected)] == expected
    assert all(run > window[-1] for run in found[len(expected) :])


_LETTERS = "abcXYZ_019-"
_numbers = st.integers(-(10**25), 10**25) | st.floats(allow_nan=False, allow_infinity=False)
_json = st.recursive(
    st.none() | st.booleans() | _numbers | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=9,
)
_storable = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1)


@st.composite
def items(draw: st.DrawFn) -> CronItem:
    """Make up an item that a crontab can say."""
    name = st.from_regex(r"[_a-zA-Z][_a-zA-Z0-9-]{0,20}", fullmatch=True)
    return cron_item(
        text_of(draw(patterns)),
        task=draw(st.from_regex(r"[_a-zA-Z][_a-zA-Z0-9:/_-]{0,20}", fullmatch=True)),
        identifier=draw(st.none() | name),
        payload=draw(st.none() | st.dictionaries(st.text(max_size=5), _json, max_size=4)),
        backfill_period=timedelta(seconds=draw(st.integers(0, 10**9))),
        max_attempts=draw(st.none() | st.integers(1, 32767)),
        queue_name=draw(st.none() | st.text(_LETTERS + ":", min_size=1, max_size=20)),
        job_key=draw(st.none() | _storable),
        job_key_mode=draw(st.sampled_from([None, "replace", "preserve_run_at"])),
        priority=draw(st.none() | st.integers(-32768, 32767)),
    )


@MANY
@given(items=st.lists(items(), max_size=4, unique_by=lambda item: item.identifier))
def test_reading_what_was_rendered_gives_the_items_back(items: list[CronItem]) -> None:
    assert parse_crontab(render_crontab(items)) == tuple(items)


@MANY
@given(text=st.text("*0123456789,-/ \n\t?{}:abid=&#'\"", max_size=80) | st.text(max_size=40))
def test_whatever_is_read_can_be_rendered_and_anything_else_has_a_place(text: str) -> None:
    try:
        found = parse_crontab(text)
    except CrontabError as error:
        faults = error.faults
    else:
        assert parse_crontab(render_crontab(found)) == found
        return
    lines = text.split("\n")
    places = [(line, column) for line, column, _ in faults]
    assert places
    assert all(1 <= column <= len(lines[line - 1]) + 1 for line, column in places)


@pytest.fixture
def worker_schema(database: Target) -> Target:
    """A database with the worker schema."""
    migrate(database, worker_migrations(), "graphile_worker")
    return database


#: How far the clock goes from one ring of the timer to the next, in seconds.
_steps = st.lists(
    st.sampled_from([60, 60, 60, 61, 59, 30, 1, 0, -1, -60, -600, 119, 120, 300, 900]), max_size=25
)


@given(
    start=st.integers(0, 59),
    steps=_steps,
    restarts=st.sets(st.integers(0, 25), max_size=2),
)
def test_no_minute_twice_and_none_lost_however_the_clock_goes(
    worker_schema: Target, start: int, steps: list[int], restarts: set[int]
) -> None:
    """The clock is set back and forth, and the scheduler is restarted, with a period of a day."""
    begin = datetime(2026, 11, 26, 12, 0, start, tzinfo=UTC)
    item = cron_item("* * * * *", task="walk", backfill_period=timedelta(days=1))
    with connect(worker_schema) as connection:
        connection.execute(
            "truncate graphile_worker._private_jobs, graphile_worker._private_known_crontabs"
        )

    latest = asyncio.run(walk(worker_schema, item, begin, steps, restarts))

    with connect(worker_schema) as connection:
        rows = connection.execute(
            "select payload #>> '{_cron,ts}', run_at from graphile_worker._private_jobs order by id"
        ).fetchall()
    count = (floor_minute(latest) - ceil_minute(begin)) // timedelta(minutes=1) + 1
    expected = [ceil_minute(begin) + timedelta(minutes=n) for n in range(count)]
    assert [run_at for _, run_at in rows] == expected
    assert [ts for ts, _ in rows] == [f"{minute:%Y-%m-%dT%H:%M:%S}.000Z" for minute in expected]


async def walk(
    target: Target, item: CronItem, begin: datetime, steps: list[int], restarts: set[int]
) -> datetime:
    """Ring the timer after each step, and return the latest time that the clock has shown."""

    clock, latest = SetClock(begin), begin + timedelta(minutes=1)
    scheduler = Scheduler(connecting(target), [item], clock=clock)
    await scheduler.start()
    try:
        await clock.ring(latest)
        for index, step in enumerate(steps):
            if index in restarts:
                await scheduler.stop()
                await scheduler.start()
            await clock.ring(clock.now() + timedelta(seconds=step))
            latest = max(latest, clock.now())
        await clock.ring(latest)
    finally:
        await scheduler.stop()
    return latest
