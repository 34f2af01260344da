"""Signals: the first one stops a worker gracefully, a later one by force."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kongtask.worker.pool import WorkerPool

_log = logging.getLogger("kongtask.worker")

_SIGNALS = (signal.SIGUSR2, signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGABRT)

#: Seconds after a signal in which further ones are not heard: one Ctrl-C reaches a process and its
#: parents, and some of them pass it on.
_DEAF = 5.0


class Signals:
    """Handles the process's signals as long as the block lasts; then the last one takes its course.

    Args:
        pool: what is stopped.
    """

    def __init__(self, pool: WorkerPool) -> None:
        self._pool = pool
        self._loop = asyncio.get_running_loop()
        self._heard: signal.Signals | None = None
        self._times = 0
        self._deaf_until = 0.0
        self._killing: asyncio.Task[object] | None = None

    def __enter__(self) -> Signals:
        for number in _SIGNALS:
            self._loop.add_signal_handler(number, self._hear, number)
        return self

    def __exit__(self, *exc: object) -> None:
        for number in _SIGNALS:
            self._loop.remove_signal_handler(number)
        if self._heard is not None:
            # Whoever waits for this process sees which signal ended it.
            signal.signal(self._heard, signal.SIG_DFL)
            os.kill(os.getpid(), self._heard)

    def _hear(self, number: signal.Signals) -> None:
        if monotonic() < self._deaf_until:
            return
        self._deaf_until = monotonic() + _DEAF
        self._times += 1
        if self._times == 1:
            self._heard = number
            _log.warning("%s: ending when the jobs that run have ended", number.name)
            self._pool.stop(f"Graceful worker shutdown due to {number.name}")
        elif self._times == 2:
            _log.warning("%s again: ending by force", number.name)
            message = f"Forced worker shutdown due to {number.name}"
            self._killing = asyncio.create_task(self._pool.kill(message))
        else:
            self.__exit__()
