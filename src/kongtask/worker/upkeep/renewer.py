"""Keeping jobs that run for hours from losing their locks to those who free expired ones."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from datetime import timedelta

from kongtask.worker.claimed import ClaimedJob
from kongtask.worker.claiming.claimer import Claimer
from kongtask.worker.connections.session import raise_cancellation

_log = logging.getLogger("kongtask.worker")

#: Workers of Node free locks that are so old, whatever this one does.
_EXPIRY = timedelta(hours=4)

#: A lock is renewed when it has reached this part of the age at which it expires, and found to have
#: at most as much later.
_PART = 8


class Renewer:
    """Renews the locks of a pool's jobs, as long as they run.

    Args:
        claimer: does it.
        running: returns the jobs that run.
        expiry: how old a lock may get for this worker and others like it.
    """

    def __init__(
        self, claimer: Claimer, running: Callable[[], Iterable[ClaimedJob]], expiry: timedelta
    ) -> None:
        self._claimer, self._running = claimer, running
        self._age = min(expiry, _EXPIRY) / _PART

    async def run(self) -> None:
        """Renew until cancelled."""
        while True:
            await asyncio.sleep(self._age.total_seconds())
            try:
                await self._run_once()
            except Exception as error:
                raise_cancellation(error)
                _log.exception("renewing the locks of long jobs has failed")

    async def _run_once(self) -> None:
        if not list(self._running()):
            return
        now = await self._claimer.time()
        old = [job for job in self._running() if now - job.moments[-1] >= self._age]
        if old:
            await self._claimer.renew(old, now)
