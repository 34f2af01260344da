"""Being told of new jobs: a connection that listens, and is opened again when it is lost."""

from __future__ import annotations

import asyncio
import json
import math
import random
from collections.abc import Callable

from kongtask.database.connection import Target
from kongtask.worker.connections.session import cut_after, open_connection, raise_cancellation
from kongtask.worker.events import (
    Emitter,
    PoolListenConnecting,
    PoolListenError,
    PoolListenNotification,
    PoolListenRelease,
    PoolListenSuccess,
)

JOBS = "jobs:insert"
MIGRATIONS = "worker:migrate"
CONTROL = "kongtask:control"

#: Seconds at most between two attempts to connect.
_LONGEST_WAIT = 60.0


class Listener:
    """Listens as long as it runs.

    Args:
        target: the database.
        emitter: told what happens.
        on_jobs: told how many jobs were added.
        on_control: told that something is asked of some pool.
        on_breaking_migration: told that the schema has become one that this worker does not know.
        answer_timeout: seconds that the server may take to answer; and a connection on which
            nothing has come for so long is asked whether it is still there.
    """

    def __init__(
        self,
        target: Target,
        emitter: Emitter,
        on_jobs: Callable[[int], None],
        on_control: Callable[[], None],
        on_breaking_migration: Callable[[], None],
        *,
        answer_timeout: float = 30.0,
    ) -> None:
        self._target, self._emitter = target, emitter
        self._on_jobs, self._on_control = on_jobs, on_control
        self._on_breaking_migration = on_breaking_migration
        self._timeout, self._attempt = answer_timeout, 0

    async def run(self) -> None:
        """Listen until cancelled."""
        try:
            while True:
                self._emitter.emit(PoolListenConnecting(attempts=self._attempt))
                try:
                    await self._connect_and_listen()
                except Exception as error:
                    raise_cancellation(error)
                    self._emitter.emit(PoolListenError(error=error))
                await asyncio.sleep(self._next_wait())
        finally:
            self._emitter.emit(PoolListenRelease())

    def _next_wait(self) -> float:
        spread = 0.5 + math.sqrt(random.random()) / 2  # noqa: S311 -- spreads pools out
        seconds = spread * min(_LONGEST_WAIT, 0.05 * math.exp(min(self._attempt, 20)))
        self._attempt += 1
        return seconds

    async def _connect_and_listen(self) -> None:
        async with await open_connection(
            self._target, name="listen", answer_timeout=self._timeout
        ) as connection:
            with cut_after(self._timeout, connection):
                for channel in (JOBS, MIGRATIONS, CONTROL):
                    await connection.execute(f'listen "{channel}"'.encode())
            self._attempt = 0
            self._emitter.emit(PoolListenSuccess())
            # What was added while nobody listened is found now.
            self._on_jobs(1)
            while True:
                async for notify in connection.notifies(timeout=self._timeout):
                    self._emitter.emit(
                        PoolListenNotification(channel=notify.channel, payload=notify.payload)
                    )
                    self._take(notify.channel, notify.payload)
                with cut_after(self._timeout, connection):
                    await connection.execute(b"select 1")

    def _take(self, channel: str, payload: str) -> None:
        if channel == CONTROL:
            self._on_control()
            return
        try:
            said = json.loads(payload)
        except (ValueError, RecursionError):
            said = None
        members = said if isinstance(said, dict) else {}
        if channel == JOBS:
            count = members.get("count", 1)
            self._on_jobs(count if isinstance(count, int) else 1)
        elif members.get("breaking") is True:
            self._on_breaking_migration()
