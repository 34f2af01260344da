"""A pool: one set of concurrent executors with one id, and the background duties around them."""

from __future__ import annotations

import asyncio
import inspect
import logging
import secrets
from collections.abc import Coroutine, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from time import monotonic
from typing import Any

import psycopg
from psycopg_pool import AsyncConnectionPool

from kongtask.database.connection import Target
from kongtask.errors import WorkerStoppedError
from kongtask.worker.claimed import ClaimedJob
from kongtask.worker.claimer import Claimer
from kongtask.worker.events import (
    Emitter,
    JobComplete,
    PoolCreate,
    PoolFatalError,
    PoolForcefulShutdown,
    PoolForcefulShutdownComplete,
    PoolGracefulShutdown,
    PoolGracefulShutdownComplete,
    PoolRelease,
)
from kongtask.worker.executor import Executor
from kongtask.worker.listener import Listener
from kongtask.worker.local_queue import LocalQueue
from kongtask.worker.options import WorkerOptions
from kongtask.worker.queue_names import QueueNames
from kongtask.worker.results import Batcher, Failure
from kongtask.worker.runners import Runners
from kongtask.worker.sweeper import Sweeper
from kongtask.worker.tasks import Middleware, Task

_log = logging.getLogger("kongtask.worker")

#: Seconds that executors may keep the event loop from everything else.
_SLICE = 0.005

#: Seconds that jobs get to end in a forceful shutdown.
_FORCEFUL_WAIT = 5.0


class WorkerPool:
    """Executors, a local queue, and what keeps them going.

    Args:
        target: the database, migrated.
        tasks: by identifier; at least one.
        options: the worker's.
        emitter: told what happens.
        middleware: called around each job.
        is_once: end when nothing is due; no listening, no sweeping.
    """

    def __init__(
        self,
        target: Target,
        tasks: Mapping[str, Task],
        options: WorkerOptions,
        emitter: Emitter,
        middleware: Sequence[Middleware] = (),
        *,
        is_once: bool = False,
    ) -> None:
        self.pool_id = ("otpool-" if is_once else "pool-") + secrets.token_hex(9)
        self.schema = options.schema
        self.cancelled = asyncio.Event()
        self._target, self._tasks, self._options, self._emitter = target, tasks, options, emitter
        self._is_once = is_once
        self._claimer = Claimer(target, self.pool_id, options, self.known_jobs)
        self._queue = LocalQueue(
            self._claimer.claim, self._claimer.give_back, options, emitter, is_once=is_once
        )
        self._completions = Batcher(
            self._write_completions, options.complete_batch_delay, self._fatal
        )
        self._failures = Batcher(self._write_failures, options.fail_batch_delay, self._fatal)
        self._runners = Runners(options.concurrency)
        self._executor = Executor(tasks, self, middleware, self._runners, emitter)
        self._queue_names = QueueNames(self._claimer.queue_names, options.queue_name_batch_delay)
        self._connections = AsyncConnectionPool(
            target.conninfo, min_size=0, max_size=options.max_pool_size, open=False,
            kwargs={"autocommit": True, "fallback_application_name": "kongtask task"},
        )  # fmt: skip
        self._running: dict[int, ClaimedJob] = {}
        self._executors: list[asyncio.Task[None]] = []
        self._duties: list[asyncio.Task[None]] = []
        self._slice_began, self._is_slice_over = 0.0, False
        self._error: BaseException | None = None
        self._stopping: asyncio.Task[None] | None = None
        self._ended = asyncio.Event()
        self.is_breaking = False

    def known_jobs(self) -> list[ClaimedJob]:
        """Return every job that this pool holds: waiting here, running, or to be written."""
        failed = (failure.job for failure in self._failures.unwritten())
        return [
            *self._queue.jobs(),
            *self._running.values(),
            *self._completions.unwritten(),
            *failed,
        ]

    async def run(self) -> None:
        """Work until stopped, or once until nothing is due.

        Raises:
            WorkerStoppedError: something happened that the pool cannot go on after.
            Exception: of the database, where the worker is to run once only.
        """
        self._emitter.emit(PoolCreate(pool_id=self.pool_id))
        try:
            await self._connections.open()
            await self._claimer.register(list(self._tasks))
            self._start()
            await asyncio.gather(*self._executors)
            if self._stopping is None and not self._is_once:
                raise WorkerStoppedError("every executor has ended though nobody asked for it")
        except asyncio.CancelledError:
            if self._error is None:
                raise
        finally:
            await self._finish()
        if self._error is not None:
            raise WorkerStoppedError(f"the worker cannot go on: {self._error}") from self._error

    def stop(self, message: str) -> None:
        """Begin a graceful shutdown: no more jobs are begun, those that run may end."""
        if self._stopping is None:
            self._stopping = asyncio.create_task(self._stop(message), name="kongtask shutdown")

    async def kill(self, message: str) -> list[ClaimedJob]:
        """Shut down by force: give jobs a moment to end, then record those that run as failed.

        Returns:
            The jobs that were failed; their code may still be running.
        """
        self.stop(message)
        self._emitter.emit(PoolForcefulShutdown(message=message))
        self.cancelled.set()
        if self._executors:
            await asyncio.wait(self._executors, timeout=_FORCEFUL_WAIT)
        left = list(self._running.values())
        for job in left:
            error = WorkerStoppedError(message)
            self._failures.add(Failure(job=job, error=error, message=message))
        await self._failures.drain()
        self._running.clear()
        for executor in self._executors:
            executor.cancel()
        self._emitter.emit(PoolForcefulShutdownComplete(job_ids=tuple(job.id for job in left)))
        return left

    def nudge(self, count: int = 1) -> None:
        """Say that there are new jobs."""
        if count > 0:
            self._queue.nudge(count)

    def connection(self) -> AbstractAsyncContextManager[psycopg.AsyncConnection[Any]]:
        """Lend a connection to a task."""
        return self._connections.connection()

    async def queue_name(self, queue_id: int) -> str | None:
        """Return the name of a queue."""
        return await self._queue_names.get(queue_id)

    def _start(self) -> None:
        self._queue.start()
        self._executors = [
            asyncio.create_task(self._execute(), name=f"kongtask executor {number}")
            for number in range(self._options.concurrency)
        ]
        if self._is_once:
            return
        sweeper = Sweeper(self._claimer.unlock_expired, self._options, self._emitter, self.nudge)
        self._duties.append(asyncio.create_task(sweeper.run(), name="kongtask sweeper"))
        if self._options.listen:
            listener = Listener(self._target, self._emitter, self.nudge, self._breaking_migration)
            self._duties.append(asyncio.create_task(listener.run(), name="kongtask listener"))

    async def _execute(self) -> None:
        queue, running, executor = self._queue, self._running, self._executor
        is_filtered = self._options.forbidden_flags is not None
        while True:
            if monotonic() - self._slice_began > _SLICE:
                await self._yield()
            if is_filtered:
                job = await self._claim_filtered()
            else:
                job = queue.take() or await queue.next()
            if job is None:
                return
            running[job.id] = job
            failure = await executor.run(job)
            if running.pop(job.id, None) is None:
                continue  # a forceful shutdown has failed it meanwhile
            if failure is None:
                self._completions.add(job)
            else:
                self._failures.add(failure)
            if self._completions.is_full or self._failures.is_full:
                await self._completions.room()
                await self._failures.room()

    async def _yield(self) -> None:
        """Let the event loop look at everything else, once for all executors."""
        if not self._is_slice_over:
            self._is_slice_over = True
            asyncio.get_running_loop().call_soon(self._begin_slice)
        await asyncio.sleep(0)

    def _begin_slice(self) -> None:
        self._slice_began, self._is_slice_over = monotonic(), False

    async def _claim_filtered(self) -> ClaimedJob | None:
        """Claim one job past the local queue: what is forbidden is asked before each claim."""
        while self._stopping is None:
            jobs = await self._claimer.claim(1, await self._forbidden_flags())
            if jobs:
                return jobs[0]
            if self._is_once or not await self._queue.wait_for_nudge(self._options.poll_interval):
                return None
        return None

    async def _forbidden_flags(self) -> Sequence[str]:
        given = self._options.forbidden_flags
        flags = given() if callable(given) else given
        if inspect.isawaitable(flags):
            flags = await flags
        return flags or ()

    async def _write_completions(self, jobs: Sequence[ClaimedJob]) -> None:
        lost = await self._claimer.complete(jobs)
        self._tell_lost(lost)
        if self._emitter.wants(JobComplete):
            for job in jobs:
                self._emitter.emit(JobComplete(job=job, error=None))
        self._look_behind(jobs)

    async def _write_failures(self, failures: Sequence[Failure]) -> None:
        lost = await self._claimer.fail(failures)
        self._tell_lost(lost)
        for failure in failures:
            _log.error(
                "job %d (%s) failed, attempt %d of %d: %s",
                failure.job.id, failure.job.task_identifier, failure.job.attempts,
                failure.job.max_attempts, failure.message, exc_info=failure.error,
            )  # fmt: skip
            self._emitter.emit(JobComplete(job=failure.job, error=failure.error))
        self._look_behind([failure.job for failure in failures])

    def _tell_lost(self, jobs: Sequence[ClaimedJob]) -> None:
        for job in jobs:
            _log.warning(
                "%r was not this worker's any more when it ended: its lock expired, or somebody "
                "took it away; it may have run twice", job,
            )  # fmt: skip

    def _look_behind(self, jobs: Sequence[ClaimedJob]) -> None:
        """Look for the next job of queues that are free now: nobody else tells of it."""
        if any(job.job_queue_id is not None for job in jobs):
            self._queue.nudge()

    def _fatal(self, error: BaseException) -> None:
        _log.critical("the worker cannot go on", exc_info=error)
        self._emitter.emit(PoolFatalError(error=error, action="writing results"))
        self._error = self._error or error
        self.stop(f"a result cannot be written: {error}")

    def _breaking_migration(self) -> None:
        self.is_breaking = True
        self.stop("the schema has been migrated to a revision that this worker does not know")

    async def _stop(self, message: str) -> None:
        self._emitter.emit(PoolGracefulShutdown(message=message))
        self._claimer.stopping.set()
        for duty in self._duties:
            duty.cancel()
        try:
            await self._queue.release()
        except Exception as error:
            self._fatal(error)
        waiting = [x for x in self._executors if not x.done()]
        if waiting:
            await asyncio.wait(waiting, timeout=self._options.graceful_shutdown_abort_timeout)
            self.cancelled.set()

    async def _finish(self) -> None:
        """Write what is left, let go of everything; whatever fails, the rest is still done."""
        self.stop("the worker ends")
        assert self._stopping is not None
        steps: tuple[Coroutine[Any, Any, Any], ...] = (
            _join(self._stopping, *self._executors, *self._duties),
            self._completions.drain(),
            self._failures.drain(),
            self._claimer.close(),
            self._connections.close(),
        )
        for step in steps:
            try:
                await step
            except Exception as error:
                _log.exception("an error while the worker ends")
                self._error = self._error or error
        self._runners.close()
        self._emitter.emit(PoolGracefulShutdownComplete())
        self._emitter.emit(PoolRelease(pool_id=self.pool_id))


async def _join(*tasks: asyncio.Task[Any]) -> None:
    await asyncio.gather(*tasks, return_exceptions=True)
