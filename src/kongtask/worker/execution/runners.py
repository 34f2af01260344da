"""Where functions run that are not async: threads, and processes for work that keeps a CPU busy."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from kongtask.worker.claimed import ClaimedJob
from kongtask.worker.execution.processes import Processes
from kongtask.worker.execution.threads import Threads


class Runners:
    """The threads and processes of a worker, started when first needed.

    Args:
        concurrency: how many of either at most.
    """

    def __init__(self, concurrency: int) -> None:
        self._concurrency = concurrency
        self._threads: Threads | None = None
        self._processes: Processes | None = None

    def resize(self, concurrency: int) -> None:
        """Let there be so many of either at most; those that there are go on."""
        self._concurrency = concurrency
        if self._threads is not None:
            self._threads.most = concurrency

    async def in_thread(self, function: Callable[..., Any], arguments: dict[str, Any]) -> Any:
        """Call a function in a thread."""
        if self._threads is None:
            self._threads = Threads(self._concurrency)
        result, error = await self._threads.call(function, arguments)
        if error is not None:
            raise error
        return result

    async def in_process(
        self, job: ClaimedJob, function: Callable[..., Any], arguments: dict[str, Any]
    ) -> Any:
        """Call a function in a process, for a job.

        Raises:
            TaskProcessDiedError: the process was killed, or ended itself.
        """
        if self._processes is None:
            self._processes = Processes()
        call = {"key": job, "function": function, "arguments": arguments}
        return await self.in_thread(self._processes.call, call)

    def end_process(self, job: ClaimedJob) -> None:
        """Ask the call for a job to end, which runs in a process or is about to."""
        if self._processes is not None:
            self._processes.end(job)

    async def close(self) -> None:
        """Let go of threads and processes; what still runs in processes is killed."""
        processes, self._processes = self._processes, None
        if processes is not None:
            await asyncio.to_thread(processes.close)
        if self._threads is not None:
            self._threads.close()
