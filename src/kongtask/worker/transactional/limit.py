"""How long the server may be silent when a transaction begins and ends."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType


class AnswerLimit:
    """Cuts a connection that may hang for ever: who waits on it gets an error.

    It counts while its block lasts and the connection is known, but not while the task has it.

    Args:
        seconds: that all of the begin may take, and all of the end.
        is_in_loop: whether it is used in the running event loop; else it is in a thread.

    Attributes:
        has_cut: whether a connection has been cut.
    """

    def __init__(self, seconds: float, *, is_in_loop: bool) -> None:
        self._seconds, self._is_in_loop = seconds, is_in_loop
        self._loop = asyncio.get_running_loop()
        self._cut: Callable[[], None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self.has_cut = False

    def __enter__(self) -> None:
        """Begin with nothing to cut."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._in_loop(self._stop)

    def watch(self, cut: Callable[[], None]) -> None:
        """Count from now on for a connection, by what cuts it."""
        self._cut = cut
        self._in_loop(self._start)

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Leave the connection to the task while the block lasts; then count anew."""
        self._in_loop(self._stop)
        try:
            yield
        finally:
            self._in_loop(self._start)

    def _in_loop(self, action: Callable[[], None]) -> None:
        if self._is_in_loop:
            action()
        else:
            self._loop.call_soon_threadsafe(action)

    def _start(self) -> None:
        self._stop()
        if self._cut is not None:
            self._timer = self._loop.call_later(self._seconds, self._hang_up, self._cut)

    def _hang_up(self, cut: Callable[[], None]) -> None:
        self.has_cut = True
        cut()

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
