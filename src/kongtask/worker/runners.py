"""Where functions run that are not async: threads, and processes for work that keeps a CPU busy."""

from __future__ import annotations

import asyncio
import multiprocessing
import pickle
from collections.abc import Callable
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from typing import Any

from kongtask.errors import TaskProcessDiedError

#: What a function returned, or what it raised.
_Outcome = tuple[Any, BaseException | None]


class Runners:
    """The threads and processes of a worker, started when first needed.

    Args:
        concurrency: how many of either at most.
    """

    def __init__(self, concurrency: int) -> None:
        self._concurrency = concurrency
        self._threads: ThreadPoolExecutor | None = None
        self._processes: ProcessPoolExecutor | None = None

    async def in_thread(self, function: Callable[..., Any], arguments: dict[str, Any]) -> Any:
        """Call a function in a thread."""
        if self._threads is None:
            self._threads = ThreadPoolExecutor(self._concurrency, "kongtask task")
        return _result(await _call(self._threads, partial(_outcome, function, arguments)))

    async def in_process(self, function: Callable[..., Any], arguments: dict[str, Any]) -> Any:
        """Call a function in a process.

        Raises:
            TaskProcessDiedError: the process was killed, or ended itself.
        """
        if self._processes is None:
            # Not forked: a fork would take over connections and threads of this process.
            context = multiprocessing.get_context("spawn")
            self._processes = ProcessPoolExecutor(self._concurrency, context)
        processes = self._processes
        try:
            outcome = await _call(processes, partial(_sendable_outcome, function, arguments))
        except BrokenProcessPool as error:
            # All processes of a pool end when one of them dies; the next job gets a new pool.
            if self._processes is processes:
                self._processes = None
            raise TaskProcessDiedError(
                "the process that ran the task, or one beside it, has died: killed from outside, "
                "out of memory, or ended by the task itself"
            ) from error
        return _result(outcome)

    def close(self) -> None:
        """Let go of threads and processes; those that still work are not waited for."""
        for executor in (self._threads, self._processes):
            if executor is not None:
                executor.shutdown(wait=False, cancel_futures=True)


async def _call(executor: Executor, function: Callable[[], _Outcome]) -> _Outcome:
    return await asyncio.get_running_loop().run_in_executor(executor, function)


def _outcome(function: Callable[..., Any], arguments: dict[str, Any]) -> _Outcome:
    """Call a function and return what it returned or raised.

    A future is no way for some exceptions: asyncio takes a GeneratorExit or a SystemExit of a
    thread's for its own.
    """
    try:
        return function(**arguments), None
    except BaseException as error:
        return None, error


def _sendable_outcome(function: Callable[..., Any], arguments: dict[str, Any]) -> _Outcome:
    """The same in another process, which can send only what can be pickled."""
    result, error = _outcome(function, arguments)
    try:
        pickle.loads(pickle.dumps((result, error)))  # noqa: S301 -- what was pickled here
    except Exception:
        if error is None:
            return None, None  # nobody looks at the result but listeners
        return None, RuntimeError(f"{type(error).__name__}: {error}")
    return result, error


def _result(outcome: _Outcome) -> Any:
    result, error = outcome
    if error is not None:
        raise error
    return result
