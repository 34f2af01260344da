"""Running one job: decode, call, and tell how it ended."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import msgspec

from kongtask.errors import BatchError
from kongtask.worker.claimed import ClaimedJob
from kongtask.worker.context import Context, Surroundings, ThreadContext
from kongtask.worker.events import (
    Emitter,
    JobError,
    JobFailed,
    JobStart,
    JobSuccess,
)
from kongtask.worker.results import Failure
from kongtask.worker.runners import Runners
from kongtask.worker.tasks import Middleware, Task

_log = logging.getLogger("kongtask.worker")

#: What is recorded for an exception that says nothing.
NO_MESSAGE = "Non error or error without message thrown."


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

    async def run(self, job: ClaimedJob) -> Failure | None:
        """Run a job; return how it failed, or None.

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
            if isinstance(result, list):
                await _settle_batch(job, result)
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
        context = Context(job, self._around)
        step: Callable[[], Any] = lambda: self._call(job, task)  # noqa: E731
        for middleware in reversed(self._middleware):
            step = _around(middleware, context, step)
        return await step()

    def _failed(self, job: ClaimedJob, error: BaseException) -> Failure:
        batch = error.errors if isinstance(error, BatchError) else ()
        self._emitter.emit(JobError(job=job, error=error, batch_errors=batch))
        if job.attempts >= job.max_attempts:
            self._emitter.emit(JobFailed(job=job, error=error))
        payload = error.payload if isinstance(error, BatchError) else None
        return Failure(job=job, error=error, message=message_of(error), payload=payload)


def message_of(error: BaseException) -> str:
    """Return what is recorded of an error; never empty."""
    try:
        text = str(error)
    except Exception:
        text = ""
    return text or (type(error).__name__ if type(error) is not Exception else NO_MESSAGE)


def _around(middleware: Middleware, context: Context, step: Callable[[], Any]) -> Callable[[], Any]:
    return lambda: middleware(context, step)


def _uncancel() -> None:
    """Go on although the task has cancelled itself: the next job is not to suffer from it."""
    current = asyncio.current_task()
    while current is not None and current.cancelling():
        current.uncancel()


async def _outcome(entry: Awaitable[Any]) -> Any:
    """Return what an entry comes to: its result, or what it raises.

    An event loop ends with a SystemExit or KeyboardInterrupt that one of its tasks raises.
    """
    try:
        return await entry
    except BaseException as error:
        return error


def _leave_alone(job: ClaimedJob, results: list[Any]) -> None:
    waiting = [item for item in results if inspect.isawaitable(item)]
    if not waiting:
        return
    _log.warning(
        "%r returned %d results, which are not one for each entry of its payload: nobody awaits "
        "them, and the job counts as done", job, len(results),
    )  # fmt: skip
    for item in waiting:
        if inspect.iscoroutine(item):
            item.close()


async def _settle_batch(job: ClaimedJob, results: list[Any]) -> None:
    """Await each entry of a batch job's result, where the payload is a list of the same length.

    Raises:
        BatchError: some entries failed; it holds what is left of the payload.
    """
    payload = job.payload
    if not isinstance(payload, list) or len(payload) != len(results):
        _leave_alone(job, results)
        return
    waiting = [(n, item) for n, item in enumerate(results) if inspect.isawaitable(item)]
    settled = await asyncio.gather(*(_outcome(item) for _, item in waiting))
    for (number, _), outcome in zip(waiting, settled, strict=True):
        results[number] = outcome
    failed = [n for n, item in enumerate(results) if isinstance(item, BaseException)]
    if failed:
        raise BatchError(
            "Batch failures:\n" + "\n".join(message_of(results[n]) for n in failed),
            errors=tuple(results[n] for n in failed),
            payload=msgspec.json.encode([payload[n] for n in failed]).decode(),
        )
