"""Running one job: decode, call, and tell how it ended."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Callable, Mapping, Sequence
from contextvars import copy_context
from functools import partial
from typing import TYPE_CHECKING, Any

from kongtask.errors import BatchError, JobLostError, JobTimedOutError
from kongtask.worker.claimed import ClaimedJob
from kongtask.worker.events import (
    Emitter,
    JobError,
    JobFailed,
    JobLost,
    JobStart,
    JobSuccess,
)
from kongtask.worker.execution.batches import settle_batch
from kongtask.worker.execution.runners import Runners
from kongtask.worker.execution.timeouts import timeout_of
from kongtask.worker.tasks.attempts import Failure, Settled, Snoozed, Unfinished, failure_of
from kongtask.worker.tasks.context import Context, Surroundings, ThreadContext
from kongtask.worker.tasks.outcomes import Snooze
from kongtask.worker.tasks.task import Middleware, Task

if TYPE_CHECKING:
    from kongtask.worker.transactional import TransactionalRunner

_log = logging.getLogger("kongtask.worker")


class Executor:
    """Runs jobs.

    Args:
        tasks: by identifier.
        around: what the pool offers to tasks.
        middleware: called around each job, the first one outermost.
        runners: threads and processes.
        emitter: told what happens.
        transactional: runs transactional tasks, where there are any.
    """

    def __init__(
        self,
        tasks: Mapping[str, Task],
        around: Surroundings,
        middleware: Sequence[Middleware],
        runners: Runners,
        emitter: Emitter,
        *,
        transactional: TransactionalRunner | None = None,
    ) -> None:
        self._tasks, self._around, self._runners, self._emitter = tasks, around, runners, emitter
        self._stops, self._transactional = around.stops, transactional
        self._middleware = tuple(middleware)
        self._outermost = self._through_middleware if middleware else self._call

    async def run(self, job: ClaimedJob) -> Unfinished | Settled | None:
        """Run a job; return how the attempt ended where more is to be said than that it is done.

        Raises:
            asyncio.CancelledError: the pool shuts down by force.
        """
        emitter, stops = self._emitter, self._stops
        if stops and job in stops:
            return self.failed(job, stops.pop(job))
        if emitter.wants(JobStart):
            emitter.emit(JobStart(job=job))
        timer: asyncio.TimerHandle | None = None
        try:
            task, context = self._tasks[job.task_identifier], Context(job, self._around)
            seconds = task.timeout if job.flags_text is None else timeout_of(job, task.timeout)
            if seconds is not None:
                timer = self._stop_after(seconds, job)
            result = await self._outermost(task, context)
            snoozed = None if result is None else await self._snoozed(job, task, result)
        except asyncio.CancelledError as error:
            if self._around.is_killed:
                raise
            _uncancel()
            return self._ended_by(job, error)
        except BaseException as error:
            return self._ended_by(job, error)
        finally:
            if timer is not None:
                timer.cancel()
        stopped = self._stopped(job) if stops else None
        if task.transactions is not None and self._is_committed(job):
            self._tell_success(job, result)
            return Settled.COMMITTED
        if stopped is not None:
            return self.failed(job, stopped)
        if snoozed is None:
            self._tell_success(job, result)
        return snoozed

    async def _call(self, task: Task, context: Context) -> Any:
        if task.transactions is not None:
            assert self._transactional is not None
            return await self._transactional.call(context.job, task)
        payload = context.job.payload_text
        if task.runner == "loop":
            return await task.function(**task.signature.bind(payload, context))
        if task.runner == "process":
            arguments = task.signature.bind(payload, context)
            return await self._runners.in_process(context.job, task.function, arguments)
        blocking = ThreadContext(context, asyncio.get_running_loop())
        arguments = task.signature.bind(payload, blocking)
        function = task.function
        if self._middleware:
            # What middleware has set, a span for instance, is to hold in the thread too.
            function = partial(copy_context().run, function)
        result = await self._runners.in_thread(function, arguments)
        if inspect.iscoroutine(result):
            result.close()
            raise TypeError(
                f"the task {task.identifier} is no async function, but has returned a coroutine, "
                "which has not run: a decorator around an async function must be async too"
            )
        return result

    async def _through_middleware(self, task: Task, context: Context) -> Any:
        """Call the middleware, and the task in it; one that returns nothing changes no result."""
        result = None

        async def call() -> Any:
            nonlocal result
            result = None
            result = await self._call(task, context)
            if isinstance(result, list) and not task.transactions:
                result = await settle_batch(context.job, result) or result
            return result

        step: Callable[[], Any] = call
        for middleware in reversed(self._middleware):
            step = _around(middleware, context, step)
        returned = await step()
        return result if returned is None else returned

    async def _snoozed(self, job: ClaimedJob, task: Task, result: Any) -> Snoozed | None:
        """Return how long a job is to wait, if it asks for that; await what is left to be awaited.

        Raises:
            BatchError: some entries of a batch job failed.
        """
        if isinstance(result, Snooze):
            return Snoozed(job=job, wait=result.seconds)
        if isinstance(result, list) and (task.transactions or not self._middleware):
            return await settle_batch(job, result)
        return result if isinstance(result, Snoozed) else None

    def _is_committed(self, job: ClaimedJob) -> bool:
        """Tell whether a job's end was committed with its task; then no more can become of it."""
        if self._transactional is None or not self._transactional.forget(job):
            return False
        _uncancel()
        return True

    def _tell_success(self, job: ClaimedJob, result: Any) -> None:
        if self._emitter.wants(JobSuccess):
            self._emitter.emit(JobSuccess(job=job, result=result))

    def _ended_by(self, job: ClaimedJob, error: BaseException) -> Failure | Settled:
        stopped = self._stopped(job, error)
        if isinstance(error, JobLostError):
            _log.warning("%s", error)
            self._emitter.emit(JobLost(job=job))
            return Settled.LOST
        if self._is_committed(job):
            _log.error("%r is done, and then a middleware raised:", job, exc_info=error)
            self._tell_success(job, None)
            return Settled.COMMITTED
        return self.failed(job, stopped or error)

    def stop(self, job: ClaimedJob, error: Exception, runner: asyncio.Task[Any] | None) -> None:
        """Ask a job to end; however and whenever it does, it has failed with an error.

        An async task is cancelled, and a process gets a signal. A thread can only look whether it
        is to end.

        Args:
            job: one that runs, or is about to.
            error: what it has failed with then. To be cancelled outweighs that it takes too long.
            runner: what :meth:`run` runs in; None where that has not been called yet.
        """
        known = self._stops.get(job)
        if known is None or isinstance(known, JobTimedOutError):
            self._stops[job] = error
        if known is not None or runner is None:
            return
        kind = self._tasks[job.task_identifier].runner
        if kind == "loop":
            runner.cancel()
        elif kind == "process":
            self._runners.end_process(job)

    def _stop_after(self, seconds: float, job: ClaimedJob) -> asyncio.TimerHandle:
        error = JobTimedOutError(f"Timed out: it was to take {seconds:g} seconds at most")
        runner = asyncio.current_task()
        return asyncio.get_running_loop().call_later(seconds, self.stop, job, error, runner)

    def _stopped(self, job: ClaimedJob, error: BaseException | None = None) -> Exception | None:
        """Return why a job was asked to end, if it was; an error that came of it is the cause."""
        stopped = self._stops.pop(job, None)
        if stopped is not None:
            _uncancel()  # a task may have swallowed it
            stopped.__cause__ = error if error is not stopped else None
        return stopped

    def failed(self, job: ClaimedJob, error: BaseException) -> Failure:
        """Tell that a job has failed, and return how."""
        batch = error.errors if isinstance(error, BatchError) else ()
        self._emitter.emit(JobError(job=job, error=error, batch_errors=batch))
        failure = failure_of(job, self._tasks.get(job.task_identifier), error)
        if failure.is_last:
            self._emitter.emit(JobFailed(job=job, error=error))
        return failure


def _around(middleware: Middleware, context: Context, step: Callable[[], Any]) -> Callable[[], Any]:
    return lambda: middleware(context, step)


def _uncancel() -> None:
    """Go on although the task has cancelled itself: the next job is not to suffer from it."""
    current = asyncio.current_task()
    while current is not None and current.cancelling():
        current.uncancel()
