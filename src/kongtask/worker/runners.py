"""Where functions run that are not async: threads, and processes for work that keeps a CPU busy."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import pickle
import queue
import signal
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from typing import Any, NamedTuple

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
        self._threads: Threads | None = None
        self._processes: ProcessPoolExecutor | None = None

    async def in_thread(self, function: Callable[..., Any], arguments: dict[str, Any]) -> Any:
        """Call a function in a thread."""
        if self._threads is None:
            self._threads = Threads(self._concurrency)
        return _result(await self._threads.call(function, arguments))

    async def in_process(self, function: Callable[..., Any], arguments: dict[str, Any]) -> Any:
        """Call a function in a process.

        Raises:
            TaskProcessDiedError: the process was killed, or ended itself.
        """
        if self._processes is None:
            # Not forked: a fork would take over connections and threads of this process.
            context = multiprocessing.get_context("spawn")
            self._processes = ProcessPoolExecutor(
                self._concurrency, context, initializer=_live_and_die_with_the_worker
            )
        processes = self._processes
        try:
            call = partial(_sendable_outcome, function, arguments)
            outcome = await asyncio.get_running_loop().run_in_executor(processes, call)
        except BrokenProcessPool as error:
            # All processes of a pool end when one of them dies; the next job gets a new pool.
            if self._processes is processes:
                self._processes = None
            raise TaskProcessDiedError(
                "the process that ran the task, or one beside it, has died: killed from outside, "
                "out of memory, or ended by the task itself"
            ) from error
        return _result(outcome)

    async def close(self, *, is_idle: bool) -> None:
        """Let go of threads and processes.

        Args:
            is_idle: nothing runs in them. Else they are not waited for, and processes end when
                what they do has ended, or this process has.
        """
        processes, self._processes = self._processes, None
        if processes is not None:
            await asyncio.to_thread(processes.shutdown, wait=is_idle, cancel_futures=True)
        if self._threads is not None:
            self._threads.close()


def _live_and_die_with_the_worker() -> None:
    """Prepare a process: the worker alone says when it ends.

    A terminal and a service manager send their signals to all processes there are; what runs is to
    end by itself. And the processes of a worker that was killed would wait for ever.
    """
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR2):
        signal.signal(number, signal.SIG_IGN)
    threading.Thread(target=_die_with_the_worker, daemon=True).start()


def _die_with_the_worker() -> None:
    worker = multiprocessing.parent_process()
    assert worker is not None
    worker.join()
    os._exit(1)


class _Call(NamedTuple):
    """A call that a thread is to make, and who waits for its outcome."""

    waiter: asyncio.Future[_Outcome]
    function: Callable[..., Any]
    arguments: dict[str, Any]


class Threads:
    """Threads that take calls from one queue, and hand outcomes back to the event loop.

    The loop is woken once for all the outcomes that have come meanwhile. A ThreadPoolExecutor wakes
    it for each, by way of two futures: 16 to 20 microseconds of CPU a call, against 3 to 5.

    Args:
        most: how many threads at most; each is started when all before it are busy.
    """

    def __init__(self, most: int) -> None:
        self._most, self._loop = most, asyncio.get_running_loop()
        self._calls: queue.SimpleQueue[_Call | None] = queue.SimpleQueue()
        self._outcomes: deque[tuple[asyncio.Future[_Outcome], _Outcome]] = deque()
        self._is_loop_told = False
        self._started, self._busy = 0, 0

    async def call(self, function: Callable[..., Any], arguments: dict[str, Any]) -> _Outcome:
        """Call a function in a thread, and return what it returned or raised."""
        waiter: asyncio.Future[_Outcome] = self._loop.create_future()
        self._busy += 1
        if self._started < min(self._busy, self._most):
            self._start()
        self._calls.put(_Call(waiter, function, arguments))
        return await waiter

    def close(self) -> None:
        """Let threads end when they have nothing to do."""
        for _ in range(self._started):
            self._calls.put(None)

    def _start(self) -> None:
        self._started += 1
        name = f"kongtask task {self._started}"
        # The process does not wait for calls that a shutdown by force has left behind.
        threading.Thread(target=self._work, name=name, daemon=True).start()

    def _work(self) -> None:
        while (call := self._calls.get()) is not None:
            # Whoever was cancelled before the call began does not want it made.
            is_wanted = not call.waiter.cancelled()
            outcome = _outcome(call.function, call.arguments) if is_wanted else (None, None)
            self._outcomes.append((call.waiter, outcome))
            del call, outcome  # the thread may be idle for long
            if not self._is_loop_told:
                self._is_loop_told = True
                try:
                    self._loop.call_soon_threadsafe(self._settle)
                except RuntimeError:  # the loop is closed: nobody waits any more
                    return

    def _settle(self) -> None:
        # Set first: what a thread adds from now on is either seen below, or told again.
        self._is_loop_told = False
        while self._outcomes:
            waiter, outcome = self._outcomes.popleft()
            self._busy -= 1
            if not waiter.done():
                waiter.set_result(outcome)


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
