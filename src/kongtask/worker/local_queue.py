"""The local queue: jobs that the pool has claimed ahead of its executors.

One task of the event loop claims; executors take. The modes are Graphile Worker's:

- POLLING: nothing is here; claim, and wait for the next poll or a nudge where that finds nothing.
- WAITING: jobs are here; claim again when few are left, so that executors never wait for a claim.
- TTL_EXPIRED: jobs were here for too long; they are given back, until an executor asks.
- RELEASED: the pool ends; what is left is given back.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections import deque
from collections.abc import Awaitable, Callable
from enum import StrEnum
from time import monotonic

from kongtask.worker.claimed import ClaimedJob
from kongtask.worker.events import (
    Emitter,
    LocalQueueGetJobsComplete,
    LocalQueueInit,
    LocalQueueRefetchDelay,
    LocalQueueReturnJobs,
    LocalQueueSetMode,
    WorkerGetJobError,
)
from kongtask.worker.options import WorkerOptions

_log = logging.getLogger("kongtask.worker")

Claim = Callable[[int], Awaitable[list[ClaimedJob]]]
GiveBack = Callable[[list[ClaimedJob]], Awaitable[None]]

#: Seconds of work that a claim is meant to bring: longer, and a pool beside this one would find
#: nothing while this one sits on jobs that it has not begun.
_AHEAD = 0.2


class Mode(StrEnum):
    """What the local queue does."""

    STARTING = "STARTING"
    POLLING = "POLLING"
    WAITING = "WAITING"
    TTL_EXPIRED = "TTL_EXPIRED"
    RELEASED = "RELEASED"


class LocalQueue:
    """Claimed jobs, handed to whoever asks.

    Args:
        claim: claims up to a number of jobs.
        give_back: gives jobs back that were not begun.
        options: the worker's.
        emitter: told what happens.
        is_once: end when a claim finds nothing.
    """

    def __init__(
        self,
        claim: Claim,
        give_back: GiveBack,
        options: WorkerOptions,
        emitter: Emitter,
        *,
        is_once: bool = False,
    ) -> None:
        self._claim, self._give_back, self._emitter = claim, give_back, emitter
        self._options, self._local, self._is_once = options, options.local_queue, is_once
        self._jobs: deque[ClaimedJob] = deque()
        self._waiters: deque[asyncio.Future[None]] = deque()
        self._mode = Mode.STARTING
        self._wake = asyncio.Event()
        self._nudges = 0
        self._low = 0
        self._most = max(self._local.size, options.concurrency)
        self._size = min(self._most, 2 * options.concurrency)
        self._error: BaseException | None = None
        self._runner: asyncio.Task[None] | None = None

    @property
    def mode(self) -> Mode:
        """What it does."""
        return self._mode

    def is_released(self) -> bool:
        """Whether it has ended, or is ending."""
        return self._mode == Mode.RELEASED

    def jobs(self) -> tuple[ClaimedJob, ...]:
        """Return the jobs that are here."""
        return tuple(self._jobs)

    def start(self) -> None:
        """Begin to claim."""
        self._emitter.emit(LocalQueueInit())
        self._runner = asyncio.create_task(self._run(), name="kongtask local queue")

    def take(self) -> ClaimedJob | None:
        """Return a job if one is here."""
        jobs = self._jobs
        if not jobs:
            return None
        job = jobs.popleft()
        if len(jobs) <= self._low:
            self._wake.set()
        return job

    async def next(self) -> ClaimedJob | None:
        """Wait for a job; None when the queue has been released.

        Raises:
            Exception: of the claim that failed, where the worker is to run once only.
        """
        while True:
            job = self.take()
            if job is not None:
                return job
            if self.is_released():
                if self._error is not None:
                    raise self._error
                return None
            waiter = asyncio.get_running_loop().create_future()
            self._waiters.append(waiter)
            if self._mode is Mode.TTL_EXPIRED:
                self._wake.set()
            try:
                await waiter
            finally:
                if not waiter.done():
                    waiter.cancel()

    def nudge(self, count: int = 1) -> None:
        """Say that there are new jobs; they are claimed soon unless jobs are here already."""
        self._nudges += count
        self._wake.set()

    async def wait_for_nudge(self, seconds: float, since: int | None = None) -> bool:
        """Wait for a nudge or for some time; False when the queue has been released.

        Args:
            seconds: at most.
            since: how many nudges there had been; one that has come since is enough.
        """
        nudges = self._nudges if since is None else since
        await self._wait(seconds, lambda: self._nudges != nudges)
        return not self.is_released()

    async def release(self) -> None:
        """End: give back what is here and what is still being claimed."""
        if self.is_released():
            return
        self._set_mode(Mode.RELEASED)
        self._wake.set()
        if self._runner is not None:
            await self._runner
        await self._return_jobs()
        self._wake_executors(len(self._waiters))

    async def _run(self) -> None:
        self._set_mode(Mode.POLLING)
        while not self.is_released():
            nudges, asked = self._nudges, self._size
            found = await self._fetch(asked)
            if self.is_released():
                return
            if self._jobs:
                await self._until_few_are_left(is_more_likely=found >= asked)
            elif self._is_once and found == 0:
                self._set_mode(Mode.RELEASED)
                self._wake_executors(len(self._waiters))
            elif found < asked and not await self._delayed(found, nudges):
                await self.wait_for_nudge(self._options.poll_interval, since=nudges)

    async def _fetch(self, size: int) -> int:
        """Claim jobs and hand them out; return how many there were."""
        try:
            jobs = await self._claim(size)
        except Exception as error:
            self._emitter.emit(WorkerGetJobError(error=error))
            if self._is_once:
                self._error = error
                self._set_mode(Mode.RELEASED)
                self._wake_executors(len(self._waiters))
            else:
                _log.exception("claiming jobs has failed; trying again in a moment")
                await self._wait(self._options.poll_interval, lambda: False)
            return 0
        self._emitter.emit(LocalQueueGetJobsComplete(count=len(jobs)))
        self._jobs.extend(jobs)
        self._wake_executors(len(jobs))
        return len(jobs)

    async def _until_few_are_left(self, *, is_more_likely: bool) -> None:
        """Wait while jobs are here; where more are to be had, until few are left."""
        self._set_mode(Mode.WAITING)
        began, count = monotonic(), len(self._jobs)
        self._low = count // 2 if is_more_likely else 0
        is_in_time = await self._wait(self._local.ttl, lambda: len(self._jobs) <= self._low)
        if self.is_released():
            return
        if not is_in_time:
            self._set_mode(Mode.TTL_EXPIRED)
            await self._return_jobs()
            await self._wait(None, lambda: any(not waiter.done() for waiter in self._waiters))
        elif is_more_likely:
            self._fit_size(count - len(self._jobs), monotonic() - began)
        if not self.is_released():
            self._set_mode(Mode.POLLING)

    def _fit_size(self, taken: int, seconds: float) -> None:
        """Claim as much as lasts for a moment, and not less than every executor's next job."""
        wanted = int(_AHEAD * taken / max(seconds, 1e-6))
        least = min(self._most, self._options.concurrency)
        self._size = max(least, min(wanted, 2 * self._size, self._most))

    async def _delayed(self, found: int, nudges: int) -> bool:
        """Wait the refetch delay, if there is one and little was found; tell whether it did."""
        delay = self._local.refetch_delay
        if delay is None or found > delay.threshold:
            return False
        most = delay.max_abort_threshold
        most = 5 * self._local.size if most is None else most
        enough = random.random() * most or float("inf")  # noqa: S311 -- spreads pools out
        self._emitter.emit(LocalQueueRefetchDelay(state="start"))
        seconds = delay.duration * random.uniform(0.5, 1.5)  # noqa: S311 -- the same
        is_aborted = await self._wait(seconds, lambda: self._nudges - nudges >= enough)
        self._emitter.emit(LocalQueueRefetchDelay(state="abort" if is_aborted else "expired"))
        return is_aborted

    async def _wait(self, seconds: float | None, is_time: Callable[[], bool]) -> bool:
        """Wait until something is the case; tell whether it is, or the time was up before."""
        deadline = None if seconds is None else monotonic() + seconds
        while not is_time() and not self.is_released():
            self._wake.clear()
            left = None if deadline is None else deadline - monotonic()
            if left is not None and left <= 0:
                return False
            try:
                async with asyncio.timeout(left):
                    await self._wake.wait()
            except TimeoutError:
                return is_time()
        return True

    async def _return_jobs(self) -> None:
        jobs = list(self._jobs)
        self._jobs.clear()
        if jobs:
            await self._give_back(jobs)
            self._emitter.emit(LocalQueueReturnJobs(count=len(jobs)))

    def _wake_executors(self, count: int) -> None:
        while count > 0 and self._waiters:
            waiter = self._waiters.popleft()
            if not waiter.done():
                waiter.set_result(None)
                count -= 1

    def _set_mode(self, mode: Mode) -> None:
        if mode is not self._mode:
            old, self._mode = self._mode, mode
            self._emitter.emit(LocalQueueSetMode(old_mode=old, new_mode=mode))
