"""A pool: one set of concurrent executors with one id, and the background duties around them."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Container, Coroutine, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager, suppress
from typing import TYPE_CHECKING, Any

import psycopg

from kongtask.database.connection import Target
from kongtask.errors import JobCancelledError, WorkerStoppedError
from kongtask.worker.claimed import ClaimedJob
from kongtask.worker.claiming.claimer import Claimer, Found
from kongtask.worker.claiming.local_queue import LocalQueue
from kongtask.worker.claiming.queue_names import QueueNames
from kongtask.worker.connections.lending import TaskConnections
from kongtask.worker.connections.listener import Listener
from kongtask.worker.control import Control, PoolResize
from kongtask.worker.events import (
    Emitter,
    PoolCreate,
    PoolFatalError,
    PoolForcefulShutdown,
    PoolForcefulShutdownComplete,
    PoolForcefulShutdownError,
    PoolGracefulShutdown,
    PoolGracefulShutdownComplete,
    PoolGracefulShutdownError,
    PoolGracefulShutdownWorkerError,
    PoolRelease,
    WorkerFatalError,
)
from kongtask.worker.execution.endings import Endings
from kongtask.worker.execution.executor import Executor
from kongtask.worker.execution.executors import Executors
from kongtask.worker.execution.runners import Runners
from kongtask.worker.life.joining import make_life
from kongtask.worker.limits import Limits, Rules
from kongtask.worker.options import WorkerOptions
from kongtask.worker.tasks.attempts import Failure
from kongtask.worker.tasks.task import Middleware, Task
from kongtask.worker.upkeep.registry import Registry
from kongtask.worker.upkeep.renewer import Renewer
from kongtask.worker.upkeep.sweeper import Sweeper

if TYPE_CHECKING:
    from kongtask.worker.life import Life
    from kongtask.worker.transactional import TransactionalRunner

_log = logging.getLogger("kongtask.worker")

#: Seconds that jobs get to end in a forceful shutdown.
_FORCEFUL_WAIT = 5.0

#: Seconds that jobs get to end once they are cancelled.
_CANCELLED_WAIT = 1.0


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
        self.state: Any = None
        self.cancelled = asyncio.Event()
        self.stops: dict[ClaimedJob, Exception] = {}
        self.is_killed = self.is_breaking = self.is_fenced = False
        self._target, self._tasks, self._options, self._emitter = target, tasks, options, emitter
        self._is_once = is_once
        self._claimer = Claimer(
            target, self.pool_id, options, self.known_jobs, emitter, is_once=is_once
        )
        self._queue = LocalQueue(
            self._claim, self._claimer.give_back, options, emitter, self._fatal,
            is_busy=(lambda: bool(self.known_jobs())) if is_once else None,
        )  # fmt: skip
        self._endings = Endings(
            self._claimer, options, emitter,
            on_written=self._look_behind, on_due=self.nudge, on_fatal=self._fatal,
            is_waited_for=self._is_waited_for,
        )  # fmt: skip
        self._runners = Runners(options.concurrency)
        self._queue_names = QueueNames(self._claimer.queue_names, options.queue_name_batch_delay)
        self._connections = TaskConnections(
            target, most=options.max_pool_size, prepared=options.prepared_statements
        )
        self._registry = Registry(self._claimer, options.schema)
        self._duties: list[asyncio.Task[None]] = []
        self._renewing: asyncio.Task[None] | None = None
        self._error: BaseException | None = None
        self._work: asyncio.Task[None] | None = None
        self._stopping: asyncio.Task[None] | None = None
        self._limits = Limits(
            target, self._claimer, tasks, options.schema, emitter,
            look=self._look_at_limits, room=lambda: self._executors.count,
            on_change=self._hold_back,
        )  # fmt: skip
        self._life = None if is_once else self._make_life()
        self._executor = Executor(
            tasks, self, middleware, self._runners, emitter, transactional=self._transactional()
        )
        self._executors = Executors(
            self._queue, self._executor, self._endings,
            life=self._life, emitter=emitter, on_error=self._executor_failed,
        )  # fmt: skip
        self._killing: asyncio.Task[list[ClaimedJob]] | None = None

    @property
    def concurrency(self) -> int:
        """How many jobs it runs at once."""
        return self._executors.count or self._options.concurrency

    def known_jobs(self) -> list[ClaimedJob]:
        """Return every job that this pool holds: waiting here, running, or to be written."""
        return [
            *self._limits.claimed,
            *self._queue.jobs(),
            *self._executors.running.values(),
            *self._endings.unwritten(),
        ]

    async def run(self) -> None:
        """Work until stopped, or once until nothing is due.

        Cancelling this is a shutdown by force: what runs is cancelled and recorded as failed.

        Raises:
            WorkerStoppedError: something happened that the pool cannot go on after.
            Exception: of the database, where the worker is to run once only.
        """
        self._work = asyncio.create_task(self._until_ended(), name="kongtask pool")
        try:
            await asyncio.shield(self._work)
        except asyncio.CancelledError:
            await self._kill("the worker was cancelled", wait=0)
            raise
        if self._error is not None and self._is_once:
            raise self._error
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
        return await self._kill(message, wait=_FORCEFUL_WAIT)

    def resize(self, concurrency: int) -> None:
        """Run so many jobs at once from now on; those that run are left to end."""
        if self._queue.is_released() or concurrency == self._executors.count:
            return
        self._runners.resize(concurrency)
        self._executors.resize(concurrency)
        _log.info("running %d jobs at once from now on", concurrency)
        self._emitter.emit(PoolResize(pool_id=self.pool_id, concurrency=concurrency))

    def nudge(self, count: int = 1) -> None:
        """Say that there are new jobs."""
        if count > 0:
            self._queue.nudge(count)

    def connection(self) -> AbstractAsyncContextManager[psycopg.AsyncConnection[Any]]:
        """Lend a connection to an async task."""
        return self._connections.lend_async()

    def thread_connection(self) -> AbstractContextManager[psycopg.Connection[Any]]:
        """Lend a connection to a task in a thread; called there."""
        return self._connections.lend()

    async def queue_name(self, queue_id: int) -> str | None:
        """Return the name of a queue."""
        return await self._queue_names.get(queue_id)

    def _make_life(self) -> Life | None:
        """Return the pool's proof of life, if it is to have one; control goes by way of it."""
        options = self._options
        control = Control(
            self.pool_id, options.concurrency, on_resize=self.resize, on_cancel=self._cancel
        )
        return make_life(
            self._target, self.pool_id, self._tasks, options, self._emitter,
            control=control,
            on_fenced=self._fenced, on_freed=self.nudge, on_beat=self._limits.refresh,
        )  # fmt: skip

    def _transactional(self) -> TransactionalRunner | None:
        """Return what runs tasks in transactions, where there are such tasks."""
        if all(task.transactions is None for task in self._tasks.values()):
            return None
        from kongtask.worker.transactional import TransactionalRunner

        return TransactionalRunner(
            self, self._runners, self._claimer.ask, answer_timeout=self._options.answer_timeout
        )

    async def _until_ended(self) -> None:
        self._emitter.emit(PoolCreate(pool_id=self.pool_id))
        try:
            await self._connections.open()
            await self._claimer.register(list(self._tasks))
            if self._life is not None:
                await self._life.start(give_up=self._claimer.stopping)
            await self._limits.start(is_lasting=self._life is not None and self._life.is_active)
            if self._stopping is None:
                self._start()
                await self._executors.ended.wait()
        except Exception as error:
            if self._stopping is None:
                self._fatal(error)
        finally:
            await self._finish()

    def _start(self) -> None:
        self._queue.start()
        self._registry.start()
        self._executors.resize(self._options.concurrency)
        if self._life is None:
            self._duties.append(asyncio.create_task(self._limits.run(), name="kongtask limits"))
        renewer = Renewer(self._claimer, self._executors.running.values, self._options.lock_expiry)
        self._renewing = asyncio.create_task(renewer.run(), name="kongtask renewer")
        if self._is_once:
            return
        sweeper = Sweeper(self._claimer.unlock_expired, self._options, self._emitter, self.nudge)
        self._duties.append(asyncio.create_task(sweeper.run(), name="kongtask sweeper"))
        if self._options.listen:
            listener = Listener(
                self._target, self._emitter, self.nudge, self._told, self._breaking_migration,
                answer_timeout=self._options.answer_timeout,
            )  # fmt: skip
            self._duties.append(asyncio.create_task(listener.run(), name="kongtask listener"))

    def _told(self) -> None:
        if self._life is not None:
            self._life.look_now()

    def _cancel(self, messages: Mapping[int, str]) -> None:
        """Cancel jobs, each with what becomes its last error; those that end already may."""
        for job_id, message in messages.items():
            error = JobCancelledError(message)
            job = self._queue.remove(job_id)
            if job is not None:
                self._endings.add(job, self._executor.failed(job, error))
            else:
                self._executors.stop(job_id, error)

    def _fenced(self) -> None:
        """End at once: others have this pool's jobs. The runner goes on with another pool."""
        self.is_fenced = self._stopping is None
        self._killing = asyncio.create_task(
            self._kill("this worker gave no sign of life, others have its jobs", wait=0)
        )

    async def _end_life(self) -> None:
        if self._life is not None:
            await self._life.close(is_abandoned=self._claimer.abandoned.is_set())

    async def _claim(self, size: int) -> Found:
        return await self._limits.claim(size, await self._options.current_forbidden_flags())

    async def _look_at_limits(
        self, name: str, values: Mapping[str, Any]
    ) -> Sequence[tuple[Any, ...]]:
        """Run a statement about limits beside the claims, if there is another connection."""
        if self._life is not None and self._life.is_active:
            return await self._life.run(name, values, package="kongtask.worker.limits")
        return await self._claimer.look(self._limits.sql(name), values)

    async def _hold_back(self, before: Rules | None, rules: Rules | None) -> None:
        """Give back what must not begin any more, and look for what may begin now."""
        if rules is not None:
            await self._queue.withdraw(lambda job: rules.is_held_back(job, before))
        self.nudge()

    async def _look_behind(self, jobs: Sequence[ClaimedJob]) -> None:
        """Look for the next jobs of queues and limits that are free now: nobody tells of them."""
        if not self._is_once and not self._is_waited_for(jobs):
            return
        if not self._queue.is_released():
            self._queue.nudge()
            return
        with suppress(psycopg.Error, OSError):  # nothing is lost by it but a moment
            await self._claimer.tell_others()

    def _is_waited_for(self, jobs: Sequence[ClaimedJob]) -> bool:
        """Tell whether the end of some jobs may let others begin."""
        rules = self._limits.rules
        limited: Container[int] = () if rules is None else rules.limits_of
        return any(job.job_queue_id is not None or job.task_id in limited for job in jobs)

    def _executor_failed(self, number: int, error: BaseException) -> None:
        kind = WorkerFatalError if self._stopping is None else PoolGracefulShutdownWorkerError
        self._emitter.emit(kind(worker=number, error=error))
        self._fatal(error)

    def _fatal(self, error: BaseException) -> None:
        if self._error is None:
            _log.critical("the worker cannot go on", exc_info=error)
            self._emitter.emit(PoolFatalError(error=error, action="claiming or writing results"))
            self._error = error
        self.stop(f"the worker cannot go on: {error}")

    def _breaking_migration(self) -> None:
        self.is_breaking = True
        self.stop("the schema has been migrated to a revision that this worker does not know")

    async def _stop(self, message: str) -> None:
        self._emitter.emit(PoolGracefulShutdown(message=message))
        self._claimer.stopping.set()
        for duty in self._duties:
            duty.cancel()
        self._executors.release()
        try:
            await self._queue.release()
        except Exception as error:
            self._emitter.emit(PoolGracefulShutdownError(error=error))
            self._fatal(error)
        await self._executors.wait(self._options.graceful_shutdown_abort_timeout)
        self.cancelled.set()

    async def _kill(self, message: str, *, wait: float) -> list[ClaimedJob]:
        if self._work is None or self.is_killed:
            return []
        self.is_killed = True
        self.stop(message)
        self._emitter.emit(PoolForcefulShutdown(message=message))
        self.cancelled.set()
        await self._executors.wait(wait)
        left = self._executors.abandon()
        for job in left:
            error = WorkerStoppedError(message)
            self._endings.add(job, Failure(job=job, error=error, message=message))
        await self._executors.wait(_CANCELLED_WAIT)
        self._executors.ended.set()
        await asyncio.wait([self._work])
        self._emitter.emit(PoolForcefulShutdownComplete(job_ids=tuple(job.id for job in left)))
        return left

    async def _finish(self) -> None:
        """Write what is left, let go of everything; whatever fails, the rest is still done."""
        self.stop("the worker ends")
        assert self._stopping is not None
        if self._renewing is not None:
            self._renewing.cancel()  # as long as jobs run, they are renewed
            self._duties.append(self._renewing)
        abandon = asyncio.get_running_loop().call_later(
            self._options.final_write_timeout, self._claimer.abandoned.set
        )
        steps: tuple[Coroutine[Any, Any, Any], ...] = (
            asyncio.wait([self._stopping, *self._duties]),
            self._endings.drain(),
            self._registry.close(),
            self._claimer.close(),
            self._end_life(),  # after all that writes how jobs ended
            self._connections.close(),
        )
        for step in steps:
            try:
                await step
            except Exception as error:
                _log.exception("an error while the worker ends")
                kind = PoolForcefulShutdownError if self.is_killed else PoolGracefulShutdownError
                self._emitter.emit(kind(error=error))
                self._error = self._error or error
        abandon.cancel()
        await self._runners.close()
        self._endings.tell_unwritten()
        self._emitter.emit(PoolGracefulShutdownComplete())
        self._emitter.emit(PoolRelease(pool_id=self.pool_id))
