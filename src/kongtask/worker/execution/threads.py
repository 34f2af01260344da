"""Threads that call functions, and hand what came of it to an event loop."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from time import monotonic
from typing import Any, NamedTuple

#: What a function returned, or what it raised.
Outcome = tuple[Any, BaseException | None]

#: Seconds: a function that takes longer does not have others called after it by the same thread.
_QUICK = 0.000_1

#: Seconds after which calls that wait for a thread, and outcomes that wait for others, are seen to.
_PATIENCE = 0.001


def outcome_of(function: Callable[..., Any], arguments: dict[str, Any]) -> Outcome:
    """Call a function and return what it returned or raised.

    A future is no way for some exceptions: asyncio takes a GeneratorExit or a SystemExit of a
    thread's for its own.
    """
    try:
        return function(**arguments), None
    except BaseException as error:
        return None, error


class _Call(NamedTuple):
    """A call that a thread is to make, and who waits for its outcome."""

    waiter: asyncio.Future[Outcome]
    function: Callable[..., Any]
    arguments: dict[str, Any]


class Threads:
    """Threads that take calls from one line, and hand outcomes back to the event loop.

    What costs is not the call but the change from one thread to another, and with it of the
    interpreter's lock. So as long as calls are quick, one thread makes all that wait before it
    tells the loop of them, once; no other is woken. A call that takes longer ends this: each call
    that then waits has a thread of its own at once, or a millisecond later where it has waited
    behind it.

    Args:
        most: how many threads at most, which may be changed; each is started when all before it
            are busy.
    """

    def __init__(self, most: int) -> None:
        self.most, self._loop = most, asyncio.get_running_loop()
        self._calls: deque[_Call] = deque()
        self._outcomes: deque[tuple[asyncio.Future[Outcome], Outcome]] = deque()
        self._idle: deque[threading.Lock] = deque()
        self._started = 0
        self._are_quick = False
        self._is_loop_told = self._is_looking = self._is_closed = False

    async def call(self, function: Callable[..., Any], arguments: dict[str, Any]) -> Outcome:
        """Call a function in a thread, and return what it returned or raised."""
        waiter: asyncio.Future[Outcome] = self._loop.create_future()
        self._calls.append(_Call(waiter, function, arguments))
        if not self._are_quick or len(self._idle) == self._started:
            self._wake()
        if not self._is_looking:
            self._is_looking = True
            self._loop.call_later(_PATIENCE, self._look)
        return await waiter

    def close(self) -> None:
        """Let threads end when they have nothing to do."""
        self._is_closed = True
        while self._idle:
            self._idle.popleft().release()

    def _wake(self) -> None:
        """Let one more thread take calls, if there is one."""
        if self._idle:
            self._idle.pop().release()
        elif self._started < self.most:
            self._started += 1
            name = f"kongtask task {self._started}"
            # The process does not wait for calls that a shutdown by force has left behind.
            threading.Thread(target=self._work, name=name, daemon=True).start()

    def _look(self) -> None:
        """See to calls and outcomes that a call which is not quick keeps waiting."""
        self._settle()
        for _ in range(len(self._calls)):
            self._wake()
        self._is_looking = bool(self._calls)
        if self._is_looking:
            self._loop.call_later(_PATIENCE, self._look)

    def _work(self) -> None:
        bell = threading.Lock()
        bell.acquire()
        while self._make_calls() and not self._is_closed:
            self._idle.append(bell)
            # What has come before this thread was seen to be idle has woken nobody.
            if self._calls or self._is_closed:
                try:
                    self._idle.remove(bell)
                    continue
                except ValueError:  # woken meanwhile
                    pass
            bell.acquire()

    def _make_calls(self) -> bool:
        """Make all calls that wait; False where nobody waits for them any more."""
        while True:
            try:
                waiter, function, arguments = self._calls.popleft()
            except IndexError:
                return self._tell()
            if waiter.cancelled():
                continue  # whoever was cancelled before the call began does not want it made
            began = monotonic()
            self._outcomes.append((waiter, outcome_of(function, arguments)))
            self._are_quick = monotonic() - began < _QUICK
            if not self._are_quick and not self._tell():
                return False

    def _tell(self) -> bool:
        """Have the loop take the outcomes; False where it is closed."""
        if self._outcomes and not self._is_loop_told:
            self._is_loop_told = True
            try:
                self._loop.call_soon_threadsafe(self._settle)
            except RuntimeError:
                return False
        return True

    def _settle(self) -> None:
        # Set first: what a thread adds from now on is either seen below, or told again.
        self._is_loop_told = False
        while self._outcomes:
            waiter, outcome = self._outcomes.popleft()
            if not waiter.done():
                waiter.set_result(outcome)
