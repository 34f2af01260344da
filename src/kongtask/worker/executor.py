"""Running one job: decode, call, and tell how it ended."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from kongtask.errors import BatchError, JobLostError
from kongtask.worker.attempts import Failure, Settled, Snoozed, Unfinished, failure_of
from kongtask.worker.batches import settle_batch
from kongtask.worker.claimed import ClaimedJob
from kongtask.worker.context import Context, Surroundings, ThreadContext
from kongtask.worker.events import (
    Emitter,
    JobError,
    JobFailed,
    JobStart,
    JobSuccess,
)
from kongtask.worker.outcomes import Snooze
from kongtask.worker.runners import Runners
from kongtask.worker.tasks import Middleware, Task

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
        self._middleware, self._transactional = tuple(middleware), transactional

    async def run(self, job: ClaimedJob) -> Unfinished | Settled | None:
        """Run a job; return how the attempt ended where more is to be said than that it is done.

        Raises:
            asyncio.CancelledError: the pool shuts down by force.
        """
        emitter = self._emitter
        if emitter.wants(JobStart):
            emitter.emit(JobStart(job=job))
        try:
            task, context = self._tasks[job.task_identifier], Context(job, self._around)
            if self._middleware:
                result = await self._through_middleware(task, context)
            else:
                result = await self._call(task, context)
            if task.transactions is not None and self._is_committed(job):
                self._tell_success(job, result)
                return Settled.COMMITTED
            if result is not None:
                if isinstance(result, Snooze):
                    return Snoozed(job=job, wait=result.seconds)
                if isinstance(result, list):
                    snoozed = await settle_batch(job, result)
                    if snoozed is not None:
                        return snoozed
        except asyncio.CancelledError as error:
            if self._around.is_killed:
                raise
            _uncancel()
            return self._failed(job, error)
        except BaseException as error:
            return self._failed(job, error)
        self._tell_success(job, result)
        return None

    async def _call(self, task: Task, context: Context) -> Any:
        if task.transactions is not None:
            assert self._transactional is not None
            return await self._transactional.call(context.job, task)
        payload = context.job.payload_text
        if task.runner == "loop":
            return await task.function(**task.signature.bind(payload, context))
        if task.runner == "process":
            arguments = task.signature.bind(payload, context)
            return await self._runners.in_process(task.function, arguments)
        blocking = ThreadContext(context, asyncio.get_running_loop())
        arguments = task.signature.bind(payload, blocking)
        return await self._runners.in_thread(task.function, arguments)

    async def _through_middleware(self, task: Task, context: Context) -> Any:
        """Call the middleware, and the task in it; one that returns nothing changes no result."""
        result = None

        async def call() -> Any:
            nonlocal result
            result = None
            result = await self._call(task, context)
            return result

        step: Callable[[], Any] = call
        for middleware in reversed(self._middleware):
            step = _around(middleware, context, step)
        returned = await step()
        return result if returned is None else returned

    def _is_committed(self, job: ClaimedJob) -> bool:
        """Tell whether a job's end was committed with its task; then no more can become of it."""
        if self._transactional is None or not self._transactional.forget(job):
            return False
        _uncancel()
        return True

    def _tell_success(self, job: ClaimedJob, result: Any) -> None:
        if self._emitter.wants(JobSuccess):
            self._emitter.emit(JobSuccess(job=job, result=result))

    def _failed(self, job: ClaimedJob, error: BaseException) -> Failure | Settled:
        if isinstance(error, JobLostError):
            _log.warning("%s", error)
            return Settled.LOST
        if self._is_committed(job):
            _log.error("%r is done, and then a middleware raised:", job, exc_info=error)
            self._tell_success(job, None)
            return Settled.COMMITTED
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
