"""The scheduler: registers the items, makes up for what was missed, and adds jobs by the minute.

Any number of schedulers may run on one database, Graphile Worker's among them.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from psycopg.errors import DeadlockDetected, SerializationFailure

from kongtask.cron.backfill import missed
from kongtask.cron.clock import Clock, SystemClock
from kongtask.cron.events import (
    CronBackfill,
    CronEvent,
    CronFailed,
    CronMatchFailed,
    CronOverdueTimer,
    CronPrematureTimer,
    CronSchedule,
    CronScheduled,
    CronStarted,
    CronStarting,
    Events,
)
from kongtask.cron.items import CronItem
from kongtask.cron.schedule import ONE_MINUTE, Timetable, ceil_minute, due_between, floor_minute
from kongtask.cron.statements import Connect, KeyIsBusyError, register, schedule
from kongtask.names import WORKER_SCHEMA

_log = logging.getLogger(__name__)

#: A timer rings this long after the minute has begun, so that rounding cannot make it early.
_AFTER_THE_MINUTE = timedelta(milliseconds=1)

#: The pause after the first error in a row, what each further one multiplies it by, and its limit.
_FIRST_PAUSE, _GROWTH, _LONGEST_PAUSE = 0.2, 1.5, 60.0

#: How often a minute's statement is run where it loses a race for a row.
_TRIES = 10


class Scheduler:
    """Adds the jobs of cron items, each item's at most once a minute.

    Args:
        connect: gives a connection in autocommit mode, for as long as one statement needs it.
        items: the items; may be replaced while the scheduler runs.
        schema: the worker schema.
        clock: the time to go by.
        events: is told what happens; what it raises is logged and otherwise ignored.

    Raises:
        CrontabError: two items share an identifier.
    """

    def __init__(
        self,
        connect: Connect,
        items: Iterable[CronItem],
        *,
        schema: str = WORKER_SCHEMA,
        clock: Clock | None = None,
        events: Events | None = None,
    ) -> None:
        self._connect = connect
        self._schema = schema
        self._clock = clock or SystemClock()
        self._events = events
        self._timetable = Timetable(items, self._match_failed)
        self._are_new = True
        self._wake = asyncio.Event()
        self._is_stopping = False
        self._task: asyncio.Task[None] | None = None

    @property
    def items(self) -> tuple[CronItem, ...]:
        """The items; a running scheduler takes new ones as a new scheduler would at its start."""
        return self._timetable.items

    @items.setter
    def items(self, items: Iterable[CronItem]) -> None:
        self._timetable = Timetable(items, self._match_failed)
        self._are_new = True
        self._wake.set()

    async def start(self) -> None:
        """Begin; a database that is not there yet is waited for in the background."""
        if self._task is None:
            self._is_stopping = False
            self._task = asyncio.create_task(self._run(), name="kongtask cron")

    async def stop(self) -> None:
        """End, when the statement that runs now is done; cancel this call to cut it off."""
        self._is_stopping = True
        self._wake.set()
        task, self._task = self._task, None
        if task is not None:
            await task

    async def run_once(self, minute: datetime, *, backfilled: bool = False) -> Mapping[str, int]:
        """Add the jobs of one minute.

        Args:
            minute: the minute; a moment inside it means the same.
            backfilled: what the jobs' payload says of it.

        Returns:
            The ids of the jobs that were added, by their items' identifiers.
        """
        minute = floor_minute(minute)
        return await self._schedule(minute, self._timetable.due(minute), backfilled=backfilled)

    async def _run(self) -> None:
        """Go on for ever: after an error, begin again from what the database knows."""
        attempt = 0
        expected: datetime | None = None
        while not self._is_stopping:
            try:
                start = self._clock.now()
                # New items do not move the minute that is expected: it may be overdue already.
                expected = expected or ceil_minute(start)
                await self._begin(start)
                attempt = 0
                expected = await self._go_on(expected)
            except Exception as error:  # whatever it is, it must not end the schedule for ever
                expected = None
                attempt += 1
                await self._pause(error, attempt)

    async def _begin(self, start: datetime) -> None:
        """Register the items, and make up for what was missed while nobody ran."""
        self._are_new = False
        timetable = self._timetable
        self._tell(CronStarting(items=timetable.items, start=start))
        async with self._connect() as connection:
            known = await register(connection, self._schema, timetable.items, start)
        for minute, items in missed(timetable, known, start):
            if self._is_interrupted():
                return
            if items:
                self._tell(CronBackfill(minute=minute, items=tuple(items)))
            await self._schedule(minute, items, backfilled=True)
        self._tell(CronStarted(items=timetable.items, start=start))

    async def _go_on(self, expected: datetime) -> datetime:
        """Add jobs minute by minute, until there are new items or it is time to stop.

        Returns:
            The first minute that has not been dealt with.
        """
        while True:
            await self._sleep_until(expected + _AFTER_THE_MINUTE)
            now = self._clock.now()
            current = floor_minute(now)
            if self._is_interrupted():
                return expected
            if current < expected:
                self._tell(CronPrematureTimer(now=now, expected=expected))
            elif current > expected:
                self._tell(CronOverdueTimer(now=now, expected=expected))
            for minute, items in due_between(self._timetable, expected, current + ONE_MINUTE):
                if self._is_interrupted():
                    return minute
                await self._schedule(minute, items, backfilled=False)
                expected = minute + ONE_MINUTE

    async def _schedule(
        self, minute: datetime, items: Sequence[CronItem], *, backfilled: bool
    ) -> Mapping[str, int]:
        if not items:
            await asyncio.sleep(0)  # a long time without due minutes must not stall the loop
            return {}
        due = tuple(items)
        self._tell(CronSchedule(minute=minute, items=due, backfilled=backfilled))
        job_ids = await self._add_jobs(minute, due, backfilled=backfilled)
        self._tell(CronScheduled(minute=minute, items=due, backfilled=backfilled, job_ids=job_ids))
        return job_ids

    async def _add_jobs(
        self, minute: datetime, items: Sequence[CronItem], *, backfilled: bool
    ) -> Mapping[str, int]:
        for tries_left in reversed(range(_TRIES)):
            try:
                async with self._connect() as connection:
                    return await schedule(
                        connection, self._schema, items, minute, backfilled=backfilled
                    )
            except (SerializationFailure, DeadlockDetected, KeyIsBusyError):
                if not tries_left:
                    raise
            await asyncio.sleep(random.uniform(0.01, 0.1))  # noqa: S311 -- spreads out
        raise AssertionError("the last try returns or raises")

    async def _pause(self, error: Exception, attempt: int) -> None:
        pause = min(_FIRST_PAUSE * _GROWTH ** min(attempt - 1, 100), _LONGEST_PAUSE)
        pause *= random.uniform(0.5, 1.5)  # noqa: S311 -- spreads out, hides nothing
        self._tell(CronFailed(error=error, attempt=attempt, pause=pause))
        await self._sleep_until(self._clock.now() + timedelta(seconds=pause))

    async def _sleep_until(self, moment: datetime) -> None:
        """Return at a moment, or as soon as there are new items or it is time to stop."""
        sleep = asyncio.ensure_future(self._clock.sleep_until(moment))
        wake = asyncio.ensure_future(self._wake.wait())
        try:
            await asyncio.wait((sleep, wake), return_when=asyncio.FIRST_COMPLETED)
            if sleep.done():
                sleep.result()
        finally:
            for future in (sleep, wake):
                future.cancel()
            await asyncio.gather(sleep, wake, return_exceptions=True)
        self._wake.clear()

    def _is_interrupted(self) -> bool:
        return self._is_stopping or self._are_new

    def _match_failed(self, item: CronItem, minute: datetime, error: Exception) -> None:
        self._tell(CronMatchFailed(minute=minute, item=item, error=error))

    def _tell(self, event: CronEvent) -> None:
        if self._events is None:
            return
        try:
            self._events(event)
        except Exception:
            _log.exception("a listener failed at %s", type(event).__name__)
