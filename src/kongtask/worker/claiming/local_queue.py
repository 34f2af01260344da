"""The local queue: jobs that the pool has claimed ahead of its executors.

One task of the event loop claims; executors take. It claims for the executors that are idle, and
ahead of the others while jobs end quickly. The modes are Graphile Worker's:

- POLLING: nothing is here; claim for whoever is idle, and wait for the next poll or a nudge where
  that finds nothing.
- WAITING: jobs are here; claim again when few are left, so that executors never wait for a claim.
- TTL_EXPIRED: jobs were here for too long; they are given back, until an executor asks.
- RELEASED: the pool ends; what is left is given back.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from enum import StrEnum
from time import monotonic

from kongtask.worker.claimed import ClaimedJob
from kongtask.worker.claiming.claimer import Found
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

Claim = Callable[[int], Awaitable[Found]]
GiveBack = Callable[[Sequence[ClaimedJob]], Awaitable[None]]

#: Seconds of work that a claim is meant to bring: longer, and a pool beside this one would find
#: nothing while this one sits on jobs that it has not begun.
_AHEAD = 0.2

#: Seconds before the next look at jobs that others were looking at; doubled each time.
_CONTENDED = 0.005


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
        on_fatal: told of an error that the queue cannot go on after.
        is_busy: for a worker that runs once: whether jobs run that others may wait for. Without it,
            the queue never ends by itself.
    """

    def __init__(
        self,
        claim: Claim,
        give_back: GiveBack,
        options: WorkerOptions,
        emitter: Emitter,
        on_fatal: Callable[[BaseException], None],
        *,
        is_busy: Callable[[], bool] | None = None,
    ) -> None:
        self._claim, self._give_back, self._emitter = claim, give_back, emitter
        self._options, self._local = options, options.local_queue
        self._on_fatal, self._is_busy = on_fatal, is_busy
        self._jobs: deque[ClaimedJob] = deque()
        self._returning: list[ClaimedJob] = []
        self._waiters: deque[asyncio.Future[bool]] = deque()
        self._mode = Mode.STARTING
        self._wake = asyncio.Event()
        self._nudges = self._low = self._ahead = self._contended = 0
        self._most_ahead = 0 if options.forbidden_flags is not None else self._local.size
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
        """Return the jobs that are here, or on their way back."""
        return *self._jobs, *self._returning

    def start(self) -> None:
        """Begin to claim."""
        if self.is_released():
            return
        self._emitter.emit(LocalQueueInit())
        self._runner = asyncio.create_task(self._run(), name="kongtask local queue")

    def take(self) -> ClaimedJob | None:
        """Return a job if one is here."""
        jobs = self._jobs
        if not jobs or self._mode is Mode.RELEASED:
            return None
        job = jobs.popleft()
        if len(jobs) <= self._low:
            self._wake.set()
        return job

    async def next(self) -> ClaimedJob | None:
        """Wait for a job; None when the queue has been released, or nobody needs to wait here.

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
            self._wake.set()
            try:
                if not await waiter:
                    return None
            finally:
                if not waiter.done():
                    waiter.cancel()

    def remove(self, job_id: int) -> ClaimedJob | None:
        """Take a certain job out, if it is here: it is not to be run."""
        job = next((job for job in self._jobs if job.id == job_id), None)
        if job is not None:
            self._jobs.remove(job)
            self._wake.set()
        return job

    def dismiss(self, count: int) -> int:
        """Let some of those go that wait for a job; return how many there were."""
        return self._answer(count, is_to_look=False)

    def nudge(self, count: int = 1) -> None:
        """Say that there are new jobs; they are claimed soon unless jobs are here already."""
        self._nudges += count
        self._wake.set()

    async def withdraw(self, is_to_go: Callable[[ClaimedJob], bool]) -> None:
        """Give back some of the jobs that are here; until that is done, they are this pool's."""
        jobs = [job for job in self._jobs if is_to_go(job)]
        if not jobs:
            return
        going = set(jobs)
        self._jobs = deque(job for job in self._jobs if job not in going)
        self._returning.extend(jobs)
        self._wake.set()
        await self._give_back(jobs)
        self._returning = [job for job in self._returning if job not in going]
        self._emitter.emit(LocalQueueReturnJobs(count=len(jobs)))

    async def release(self) -> None:
        """End: give back what is here and what is still being claimed."""
        self._end()
        if self._runner is not None:
            await asyncio.wait([self._runner])
        await self._return_jobs()

    def _end(self, error: BaseException | None = None) -> None:
        self._error = self._error or error
        self._set_mode(Mode.RELEASED)
        self._wake.set()
        self._answer(len(self._waiters))

    async def _run(self) -> None:
        try:
            if not self.is_released():
                self._set_mode(Mode.POLLING)
            await self._wait(None, lambda: self._asked() > 0)
            while not self.is_released():
                await self._claim_and_hand_out()
        except Exception as error:
            self._end()
            self._on_fatal(error)

    async def _claim_and_hand_out(self) -> None:
        is_busy = self._is_busy is not None and self._is_busy()
        nudges, asked = self._nudges, self._asked()
        found = await self._fetch(asked)
        if found is None or self.is_released():
            return
        began, count = monotonic(), len(found.jobs)
        is_full = count >= asked
        if self._is_busy is not None and count == 0 and not is_busy and not found.is_more:
            self._end()
            return
        held = len(self._jobs)
        await self._hand_out(is_full=is_full)
        if is_full or (found.is_more and found.jobs):
            self._contended = 0
            await self._wait(None, lambda: self._asked() > 0)
            self._fit_ahead(held - len(self._jobs), monotonic() - began)
        else:
            self._ahead = 0
            await self._pause(found, nudges, began)
            await self._wait(None, lambda: self._asked() > 0)

    def _asked(self) -> int:
        """Return how many jobs to claim: for idle executors, and some ahead where few are left."""
        if len(self._jobs) > self._low:
            return 0
        return sum(not waiter.done() for waiter in self._waiters) + self._ahead

    async def _fetch(self, size: int) -> Found | None:
        """Claim jobs and hand them to those who wait; None where that failed."""
        try:
            found = await self._claim(size)
        except Exception as error:
            self._emitter.emit(WorkerGetJobError(error=error))
            if self._is_busy is not None:
                self._end(error)
            elif not self.is_released():
                _log.exception("claiming jobs has failed; trying again in a moment")
                await self._wait(self._options.poll_interval, lambda: False)
            return None
        self._emitter.emit(LocalQueueGetJobsComplete(count=len(found.jobs)))
        for job in reversed(found.jobs[: found.front]):
            self._jobs.appendleft(job)
        self._jobs.extend(found.jobs[found.front :])
        if not self.is_released():
            self._answer(len(found.jobs))
        return found

    async def _hand_out(self, *, is_full: bool) -> None:
        """Wait while jobs are here; where more are to be had, until few are left."""
        if not self._jobs:
            return
        self._set_mode(Mode.WAITING)
        self._low = self._ahead // 2 if is_full else 0
        is_in_time = await self._wait(self._local.ttl, lambda: len(self._jobs) <= self._low)
        if self.is_released():
            return
        if not is_in_time:
            self._low = self._ahead = 0
            self._set_mode(Mode.TTL_EXPIRED)
            await self._return_jobs()
            await self._wait(None, lambda: self._asked() > 0)
        if not self.is_released():
            self._set_mode(Mode.POLLING)

    def _fit_ahead(self, taken: int, seconds: float) -> None:
        """Claim as much ahead as lasts for a moment; nothing where jobs are slow."""
        wanted = int(_AHEAD * taken / max(seconds, 1e-6))
        most = max(2 * self._ahead, self._options.concurrency)
        self._ahead = min(wanted, most, self._most_ahead)

    async def _pause(self, found: Found, nudges: int, began: float) -> None:
        """Wait until there may be more: the claim before has found less than it asked for.

        Args:
            found: what it found.
            nudges: how many there had been before it.
            began: when it was answered.
        """
        if found.is_more:  # and nothing was found
            wait = min(_CONTENDED * 2**self._contended, self._options.poll_interval)
            self._contended = min(self._contended + 1, 30)
            spread = wait * random.uniform(0.5, 1.5)  # noqa: S311 -- spreads pools out
            await self._wait(spread, lambda: self._nudges != nudges)
            return
        self._contended = 0
        wait = self._options.poll_interval if found.wait is None else max(0.0, found.wait)
        if not await self._delay(len(found.jobs), nudges, began):
            seconds = min(wait, self._options.poll_interval)
            await self._wait(seconds, lambda: self._nudges != nudges)

    async def _delay(self, found: int, nudges: int, began: float) -> bool:
        """Wait the refetch delay, if there is one and little was found; tell if it was aborted."""
        delay = self._local.refetch_delay
        if delay is None or found > delay.threshold:
            return False
        most = delay.max_abort_threshold
        most = 5 * self._local.size if most is None else most
        enough = random.random() * most or float("inf")  # noqa: S311 -- spreads pools out
        self._emitter.emit(LocalQueueRefetchDelay(state="start"))
        seconds = delay.duration * random.uniform(0.5, 1.5)  # noqa: S311 -- the same
        is_aborted = await self._wait(
            began + seconds - monotonic(), lambda: self._nudges - nudges >= enough
        )
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
        """Give back the jobs that are here."""
        await self.withdraw(lambda _: True)

    def _answer(self, count: int, *, is_to_look: bool = True) -> int:
        """Tell some of those who wait to look for a job, or to go; return how many there were."""
        told = 0
        while told < count and self._waiters:
            waiter = self._waiters.popleft()
            if not waiter.done():
                waiter.set_result(is_to_look)
                told += 1
        return told

    def _set_mode(self, mode: Mode) -> None:
        if mode is not self._mode:
            old, self._mode = self._mode, mode
            self._emitter.emit(LocalQueueSetMode(old_mode=old, new_mode=mode))
