"""The executors of a pool: each runs one job after the other, and there may be more or fewer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from time import monotonic

from kongtask.worker.claimed import ClaimedJob
from kongtask.worker.claiming.local_queue import LocalQueue
from kongtask.worker.events import (
    Emitter,
    WorkerCreate,
    WorkerGetJobEmpty,
    WorkerGetJobStart,
    WorkerRelease,
    WorkerStop,
)
from kongtask.worker.execution.endings import Endings
from kongtask.worker.execution.executor import Executor
from kongtask.worker.life import Life
from kongtask.worker.tasks.attempts import Settled, Unfinished

#: Seconds that executors may keep the event loop from everything else.
_SLICE = 0.005


class Executors:
    """Take jobs from the queue, run them side by side, and hand over how they ended.

    Args:
        queue: where the jobs come from.
        executor: runs one.
        endings: takes how they ended.
        life: the pool's proof of life, which writes down that some of them begin.
        emitter: told what happens to each of them.
        on_error: told of an error that has ended an executor, and of the executor's number.

    Attributes:
        running: the job that each of them runs.
        count: how many jobs may run at once.
        ended: set when the last one has ended.
    """

    def __init__(
        self,
        queue: LocalQueue,
        executor: Executor,
        endings: Endings,
        *,
        life: Life | None,
        emitter: Emitter,
        on_error: Callable[[int, BaseException], None],
    ) -> None:
        self.running: dict[asyncio.Task[None], ClaimedJob] = {}
        self.count = 0
        self.ended = asyncio.Event()
        self._queue, self._executor, self._endings = queue, executor, endings
        self._life, self._emitter, self._on_error = life, emitter, on_error
        self._tasks: dict[asyncio.Task[None], int] = {}
        self._beginning: set[ClaimedJob] = set()
        self._leaving = 0
        self._slice_began, self._is_slice_over = 0.0, False

    def resize(self, count: int) -> None:
        """Run so many jobs at once from now on; jobs that run are left to end."""
        more, self.count = count - self.count, count
        if more < 0:
            self._leaving -= more + self._queue.dismiss(-more)
            return
        kept = min(more, self._leaving)
        self._leaving -= kept
        for number in range(count - more + kept + 1, count + 1):
            task = asyncio.create_task(self._work(number), name=f"kongtask executor {number}")
            self._tasks[task] = number
            task.add_done_callback(self._has_ended)

    def release(self) -> None:
        """Say that none of them is to begin another job."""
        for number in self._tasks.values():
            self._emitter.emit(WorkerRelease(worker=number))

    def stop(self, job_id: int, error: Exception) -> None:
        """Ask a job that runs here to end; however it does, it has failed with an error."""
        for task, job in self.running.items():
            if job.id == job_id:
                self._executor.stop(job, error, None if job in self._beginning else task)

    async def wait(self, seconds: float) -> None:
        """Wait until all have ended, or for some time."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=seconds)

    def abandon(self) -> list[ClaimedJob]:
        """Cancel them; return the jobs that they run, whose ends they do not hand over any more."""
        for task in self._tasks:
            task.cancel()
        left = list(self.running.values())
        self.running.clear()
        return left

    async def _work(self, number: int) -> None:
        queue, running, executor, endings, life, emitter = (
            self._queue,
            self.running,
            self._executor,
            self._endings,
            self._life,
            self._emitter,
        )
        me = asyncio.current_task()
        assert me is not None
        emitter.emit(WorkerCreate(worker=number))
        while True:
            if monotonic() - self._slice_began > _SLICE:
                await self._yield()
            if self._leaving:
                self._leaving -= 1
                return
            job = queue.take()
            if job is None:
                if emitter.wants(WorkerGetJobStart):
                    emitter.emit(WorkerGetJobStart(worker=number))
                job = await queue.next()
                if job is None:
                    emitter.emit(WorkerGetJobEmpty(worker=number))
                    return
            running[me] = job
            if life is not None and life.is_watched(job):
                self._beginning.add(job)
                unfinished = await life.run_watched(job, self._begin)
            else:
                unfinished = await executor.run(job)
            if running.pop(me, None) is None:
                continue  # abandoned meanwhile
            if not endings.add(job, unfinished):
                await endings.room()

    async def _begin(self, job: ClaimedJob) -> Unfinished | Settled | None:
        self._beginning.discard(job)
        return await self._executor.run(job)

    def _has_ended(self, task: asyncio.Task[None]) -> None:
        number = self._tasks.pop(task)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            self._on_error(number, error)
        self._emitter.emit(WorkerStop(worker=number, error=error))
        if not self._tasks:
            self.ended.set()

    async def _yield(self) -> None:
        """Let the event loop look at everything else, once for all executors."""
        if not self._is_slice_over:
            self._is_slice_over = True
            asyncio.get_running_loop().call_soon(self._begin_slice)
        await asyncio.sleep(0)

    def _begin_slice(self) -> None:
        self._slice_began, self._is_slice_over = monotonic(), False
