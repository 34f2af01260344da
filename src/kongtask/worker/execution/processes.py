"""Processes that call functions, one call at a time each, and that can be asked to end a call."""

from __future__ import annotations

import asyncio
import atexit
import multiprocessing
import os
import pickle
import signal
import threading
from collections.abc import Callable, Hashable
from contextlib import suppress
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any

from kongtask.errors import TaskProcessDiedError
from kongtask.worker.execution.threads import Outcome

#: Asks a process to end its call. Service managers and terminals do not send it.
_END = signal.SIGUSR1

#: Seconds that a call gets to end, once it was asked to.
_GRACE = 3.0


class Processes:
    """Processes, as many as calls are made at the same time.

    They are started when they are needed and kept. Calls are made in threads, each of which waits
    for its process.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._idle: list[_Process] = []
        self._busy: dict[Hashable, _Process] = {}
        self._to_end: set[Hashable] = set()
        self._is_closed = False
        atexit.register(self.close)  # or multiprocessing would wait for them

    def call(self, key: Hashable, function: Callable[..., Any], arguments: dict[str, Any]) -> Any:
        """Call a function in a process and return what it returns.

        Args:
            key: what the call can be named by while it lasts.
            function: one that a process finds by its name.
            arguments: by name.

        Raises:
            TaskProcessDiedError: the process was killed, or ended itself.
            asyncio.CancelledError: the call was asked to end.
            BaseException: what the function raised.
        """
        with self._lock:
            process = self._idle.pop() if self._idle else None
        if process is None:
            process = _Process()
        with self._lock:
            self._busy[key] = process
            is_to_end = key in self._to_end
        try:
            if is_to_end:
                raise asyncio.CancelledError
            result, error = process.call(function, arguments)
        finally:
            self._let_go(key, process)
        if error is not None:
            raise error
        return result

    def end(self, key: Hashable) -> None:
        """Ask a call to end: with a signal, and with SIGKILL where it has not ended soon after."""
        with self._lock:
            self._to_end.add(key)
            process = self._busy.get(key)
            if process is not None:
                process.send(_END)
        asyncio.get_running_loop().call_later(_GRACE, self._kill, key)

    def close(self) -> None:
        """End them; those that are busy at once."""
        atexit.unregister(self.close)
        with self._lock:
            self._is_closed = True
            idle, self._idle = self._idle, []
            for process in self._busy.values():
                process.send(signal.SIGKILL)
        for process in idle:
            process.close()

    def _kill(self, key: Hashable) -> None:
        with self._lock:
            process = self._busy.get(key)
            if process is not None:
                process.send(signal.SIGKILL)
            self._to_end.discard(key)

    def _let_go(self, key: Hashable, process: _Process) -> None:
        with self._lock:
            del self._busy[key]
            self._to_end.discard(key)
            is_kept = process.is_usable and not self._is_closed
            if is_kept:
                self._idle.append(process)
        if not is_kept:
            process.close()


class _Process:
    """A process, seen from the worker.

    Attributes:
        is_usable: whether it can be called again.
    """

    def __init__(self) -> None:
        # Not forked: a fork would take over connections and threads of this process.
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        self._process: BaseProcess = context.Process(target=_serve, args=(theirs,))
        self._process.start()
        theirs.close()
        self.is_usable = True

    def call(self, function: Callable[..., Any], arguments: dict[str, Any]) -> Outcome:
        """Call a function in the process.

        Raises:
            TaskProcessDiedError: it is gone.
        """
        data = pickle.dumps((function, arguments))
        try:
            self._connection.send_bytes(data)
            outcome: Outcome = pickle.loads(self._connection.recv_bytes())  # noqa: S301 -- ours
        except (EOFError, OSError) as error:
            self.is_usable = False
            raise TaskProcessDiedError(
                "the process that ran the task has died: killed from outside, out of memory, or "
                "ended by the task itself"
            ) from error
        return outcome

    def send(self, number: signal.Signals) -> None:
        """Send a signal, if it is still there: until it was waited for, its number is its own."""
        with suppress(ProcessLookupError):
            os.kill(self._process.pid or 0, number)

    def close(self) -> None:
        """Let it end, and wait for that; it has nothing to do, or is dead."""
        self._connection.close()
        self._process.join()


class _Calling:
    """Whether this process, one of those, is in a call."""

    is_so = False


def _serve(connection: Connection) -> None:
    """Make the calls that the worker wants, until it closes the connection."""
    _live_and_die_with_the_worker()
    while True:
        try:
            data = connection.recv_bytes()
        except EOFError:
            return
        connection.send_bytes(_answer(data))


def _answer(data: bytes) -> bytes:
    """Make a call; return its outcome, or of it what can be sent."""
    try:
        function, arguments = pickle.loads(data)  # noqa: S301 -- the worker's
        try:
            _Calling.is_so = True
            result = function(**arguments)
        finally:
            _Calling.is_so = False
    except BaseException as raised:
        return _sendable_error(raised)
    try:
        return _loadable((result, None))
    except Exception:
        return pickle.dumps((None, None))  # nobody looks at the result but listeners


def _sendable_error(error: BaseException) -> bytes:
    try:
        return _loadable((None, error))
    except Exception:
        return pickle.dumps((None, RuntimeError(f"{type(error).__name__}: {error}")))


def _loadable(outcome: Outcome) -> bytes:
    data = pickle.dumps(outcome)
    pickle.loads(data)  # noqa: S301 -- what was pickled here
    return data


def _live_and_die_with_the_worker() -> None:
    """Prepare a process: the worker alone says when it ends.

    A terminal and a service manager send their signals to all processes there are; what runs is to
    end by itself. And the processes of a worker that was killed would wait for ever.
    """
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR2):
        signal.signal(number, signal.SIG_IGN)
    signal.signal(_END, _end_call)
    threading.Thread(target=_die_with_the_worker, daemon=True).start()


def _end_call(_number: int, _frame: object) -> None:
    """Interrupt the call, if there is one: it may have ended meanwhile."""
    if _Calling.is_so:
        raise asyncio.CancelledError("the job is to end")


def _die_with_the_worker() -> None:
    signal.pthread_sigmask(signal.SIG_BLOCK, {_END})  # the main thread is to wake up by it
    worker = multiprocessing.parent_process()
    assert worker is not None
    worker.join()
    os._exit(1)
