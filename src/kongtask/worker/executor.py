"""Running one job: decode, call, and tell how it ended."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from kongtask.errors import BatchError
from kongtask.worker.attempts import Failure, Snoozed, Unfinished, failure_of
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


class Executor:
    """Runs jobs.

    Args:
        tasks: by identifier.
        around: what the pool offers to tasks.
        middleware: called around each job, the first one outermost.
        runners: threads and processes.
        emitter: told what happens.
    """

    def __init__(
        self,
        tasks: Mapping[str, Task],
        around: Surroundings,
        middleware: Sequence[Middleware],
        runners: Runners,
        emitter: Emitter,
    ) -> None:
        self._tasks, self._around, self._runners, self._emitter = tasks, around, runners, emitter
        self._middleware = tuple(middleware)

    async def run(self, job: ClaimedJob) -> Unfinished | None:
        """Run a job; return how the attempt ended where the job is not done, or None.

        Raises:
            asyncio.CancelledError: the pool shuts down by force.
        """
        emitter = self._emitter
        if emitter.wants(JobStart):
            emitter.emit(JobStart(job=job))
        try:
            task = self._tasks[job.task_identifier]
            if self._middleware:
                result = await self._through_middleware(job, task)
            else:
                result = await self._call(job, task)
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
        if emitter.wants(JobSuccess):
            emitter.emit(JobSuccess(job=job, result=result))
        return None

    async def _call(self, job: ClaimedJob, task: Task) -> Any:
        context = Context(job, self._around)
        if task.runner == "loop":
            return await task.function(**task.signature.bind(job.payload_text, context))
        if task.runner == "process":
            arguments = task.signature.bind(job.payload_text, context)
            return await self._runners.in_process(task.function, arguments)
        blocking = ThreadContext(context, asyncio.get_running_loop())
        arguments = task.signature.bind(job.payload_text, blocking)
        return await self._runners.in_thread(task.function, arguments)

    async def _through_middleware(self, job: ClaimedJob, task: Task) -> Any:
        """Call the middleware, and the task in it; one that returns nothing changes no result."""
        context, result = Context(job, self._around), None

        async def call() -> Any:
            nonlocal result
            result = None
            result = await self._call(job, task)
            return result

        step: Callable[[], Any] = call
        for middleware in reversed(self._middleware):
            step = _around(middleware, context, step)
        returned = await step()
        return result if returned is None else returned

    def _failed(self, job: ClaimedJob, error: BaseException) -> Failure:
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
