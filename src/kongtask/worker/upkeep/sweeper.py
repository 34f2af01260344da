"""Freeing the locks of workers that have died."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable

from kongtask.worker.connections.session import raise_cancellation
from kongtask.worker.events import (
    Emitter,
    ResetLockedFailure,
    ResetLockedStarted,
    ResetLockedSuccess,
)
from kongtask.worker.options import WorkerOptions

_log = logging.getLogger("kongtask.worker")


class Sweeper:
    """Looks for expired locks now and then.

    Args:
        unlock_expired: frees them; returns how many jobs' and queues' there were.
        options: the worker's.
        emitter: told what happens.
        on_freed: told when jobs were freed.
    """

    def __init__(
        self,
        unlock_expired: Callable[[], Awaitable[tuple[int, int]]],
        options: WorkerOptions,
        emitter: Emitter,
        on_freed: Callable[[], None],
    ) -> None:
        self._unlock_expired, self._options, self._emitter = unlock_expired, options, emitter
        self._on_freed = on_freed

    async def run(self) -> None:
        """Sweep until cancelled; the first time soon, so that a restart repairs what it can."""
        first = min(60.0, self._options.max_reset_locked_interval)
        await asyncio.sleep(random.uniform(0, first))  # noqa: S311 -- spreads pools out
        while True:
            await asyncio.sleep(await self.run_once())

    async def run_once(self) -> float:
        """Free expired locks; return the seconds until the next time."""
        shortest, longest = (
            self._options.min_reset_locked_interval,
            self._options.max_reset_locked_interval,
        )
        delay = random.uniform(shortest, longest)  # noqa: S311 -- spreads pools out
        self._emitter.emit(ResetLockedStarted())
        try:
            jobs, queues = await self._unlock_expired()
        except Exception as error:
            raise_cancellation(error)
            _log.exception("freeing expired locks has failed")
            self._emitter.emit(ResetLockedFailure(error=error, delay=delay))
            return delay
        if jobs or queues:
            _log.warning("freed the expired locks of %d jobs and %d queues", jobs, queues)
            self._on_freed()
        self._emitter.emit(ResetLockedSuccess(jobs=jobs, queues=queues, delay=delay))
        return delay
