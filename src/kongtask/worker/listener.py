"""Being told of new jobs: a connection that listens, and is opened again when it is lost."""

from __future__ import annotations

import asyncio
import json
import math
import random
from collections.abc import Callable

import psycopg

from kongtask.database.connection import Target
from kongtask.worker.events import (
    Emitter,
    PoolListenConnecting,
    PoolListenError,
    PoolListenNotification,
    PoolListenRelease,
    PoolListenSuccess,
)
from kongtask.worker.session import open_connection

JOBS = "jobs:insert"
MIGRATIONS = "worker:migrate"

#: Seconds: a connection on which nothing has come for so long is asked whether it is still there.
_QUIET = 30.0


class Listener:
    """Listens as long as it runs.

    Args:
        target: the database.
        emitter: told what happens.
        on_jobs: told how many jobs were added.
        on_breaking_migration: told that the schema has become one that this worker does not know.
    """

    def __init__(
        self,
        target: Target,
        emitter: Emitter,
        on_jobs: Callable[[int], None],
        on_breaking_migration: Callable[[], None],
    ) -> None:
        self._target, self._emitter = target, emitter
        self._on_jobs, self._on_breaking_migration = on_jobs, on_breaking_migration

    async def run(self) -> None:
        """Listen until cancelled."""
        attempt = 0
        try:
            while True:
                self._emitter.emit(PoolListenConnecting(attempts=attempt))
                try:
                    async with await open_connection(self._target, name="listen") as connection:
                        for channel in (JOBS, MIGRATIONS):
                            await connection.execute(f'listen "{channel}"'.encode())
                        attempt = 0
                        self._emitter.emit(PoolListenSuccess())
                        # What was added while nobody listened is found now.
                        self._on_jobs(1)
                        await self._listen(connection)
                except (psycopg.Error, OSError) as error:
                    self._emitter.emit(PoolListenError(error=error))
                spread = 0.5 + math.sqrt(random.random()) / 2  # noqa: S311 -- spreads pools out
                await asyncio.sleep(spread * min(60.0, 0.05 * math.exp(min(attempt, 20))))
                attempt += 1
        finally:
            self._emitter.emit(PoolListenRelease())

    async def _listen(self, connection: psycopg.AsyncConnection[tuple[object, ...]]) -> None:
        while True:
            async for notify in connection.notifies(timeout=_QUIET):
                self._emitter.emit(
                    PoolListenNotification(channel=notify.channel, payload=notify.payload)
                )
                self._take(notify.channel, notify.payload)
            async with asyncio.timeout(_QUIET):
                await connection.execute(b"select 1")

    def _take(self, channel: str, payload: str) -> None:
        try:
            said = json.loads(payload)
        except ValueError:
            said = None
        members = said if isinstance(said, dict) else {}
        if channel == JOBS:
            count = members.get("count", 1)
            self._on_jobs(count if isinstance(count, int) else 1)
        elif members.get("breaking") is True:
            self._on_breaking_migration()
