"""Schedulers in tests: a clock that a test sets, and connections to one database."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime

import psycopg

from kongtask.cron.statements import AsyncConnection
from kongtask.database.connection import Target


class SetClock:
    """Stands still until it is set; tells a test when somebody sleeps by it.

    Args:
        now: the time at first.
    """

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._sleepers: dict[asyncio.Future[None], datetime] = {}
        self._slept = asyncio.Event()

    def now(self) -> datetime:
        return self._now

    async def sleep_until(self, moment: datetime) -> None:
        alarm = asyncio.get_running_loop().create_future()
        self._sleepers[alarm] = moment
        self._slept.set()
        try:
            await alarm
        finally:
            self._sleepers.pop(alarm, None)

    async def alarm(self) -> datetime:
        """Wait until somebody sleeps, and return until when."""
        async with asyncio.timeout(60):
            while not self._sleepers:
                self._slept.clear()
                await self._slept.wait()
        return min(self._sleepers.values())

    def set(self, now: datetime) -> None:
        """Set the clock; nobody notices."""
        self._now = now

    def wake(self, now: datetime) -> None:
        """Set the clock and wake who sleeps by it, early or late."""
        self._now = now
        sleepers, self._sleepers = self._sleepers, {}
        for alarm in sleepers:
            alarm.set_result(None)

    async def ring(self, now: datetime) -> None:
        """Set the clock, wake who sleeps by it, and wait until somebody sleeps again."""
        await self.alarm()
        self.wake(now)
        await self.alarm()


class FastClock:
    """Goes many times as fast as the real clock, from a moment that is made up.

    Args:
        start: what it shows until it goes.
        speed: how many of its seconds are a real one.
    """

    def __init__(self, start: datetime, speed: float) -> None:
        self._start = start
        self._speed = speed
        self._origin: datetime | None = None

    def go(self) -> None:
        """Let it go, unless it does."""
        self._origin = self._origin or datetime.now(UTC)

    @property
    def settings(self) -> dict[str, float | None]:
        """What another process needs to have the same clock; times are in milliseconds."""
        origin = None if self._origin is None else self._origin.timestamp() * 1000
        return {"origin": origin, "start": self._start.timestamp() * 1000, "speed": self._speed}

    def now(self) -> datetime:
        if self._origin is None:
            return self._start
        return self._start + (datetime.now(UTC) - self._origin) * self._speed

    async def sleep_until(self, moment: datetime) -> None:
        await asyncio.sleep(max((moment - self.now()).total_seconds() / self._speed, 0.001))


def connecting(target: Target) -> Callable[[], AbstractAsyncContextManager[AsyncConnection]]:
    """Return what gives a scheduler a connection to a database, a new one each time."""

    @asynccontextmanager
    async def connected() -> AsyncIterator[AsyncConnection]:
        opened = await psycopg.AsyncConnection.connect(target.conninfo, autocommit=True)
        async with opened:
            yield opened

    return connected
