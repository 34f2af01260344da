"""Signals: the first one stops a process's workers gracefully, a later one by force."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import threading
from time import monotonic
from typing import Protocol

from kongtask.worker.events import Emitter, ForcefulShutdown, GracefulShutdown

_log = logging.getLogger("kongtask.worker")

_SIGNALS = (signal.SIGUSR2, signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGABRT)

#: Seconds after a signal in which further ones are not heard: one Ctrl-C reaches a process and its
#: parents, and some of them pass it on.
_DEAF = 5.0


class Stoppable(Protocol):
    """What signals end: a worker."""

    @property
    def emitter(self) -> Emitter:
        """Told that a signal was heard."""
        ...

    def stop(self, reason: str) -> object:
        """Begin a graceful shutdown."""
        ...

    async def kill(self, reason: str) -> object:
        """Shut down by force."""
        ...


class Signals:
    """Handles the process's signals as long as the block lasts; then the last one takes its course.

    Pools side by side in one event loop all stop; whichever ends last lets the signal end the
    process. In any other thread than the main one, which is the only one to hear signals, nothing
    is handled.

    Args:
        worker: what is stopped.
        deaf: seconds after a signal in which further ones are not heard.
    """

    _listening: tuple[Signals, ...] = ()

    def __init__(self, worker: Stoppable, *, deaf: float | None = None) -> None:
        self._worker, self._deaf = worker, _DEAF if deaf is None else deaf
        self._loop = asyncio.get_running_loop()
        self._heard: signal.Signals | None = None
        self._times = 0
        self._deaf_until = 0.0
        self._killing: asyncio.Task[object] | None = None

    def __enter__(self) -> Signals:
        if threading.current_thread() is threading.main_thread():
            Signals._listening = (*Signals._listening, self)
            for number in _SIGNALS:
                self._loop.add_signal_handler(number, _hear, number)
        return self

    def __exit__(self, *exc: object) -> None:
        others = tuple(other for other in Signals._listening if other is not self)
        if len(others) == len(Signals._listening):
            return
        Signals._listening = others
        if others:
            return
        for number in _SIGNALS:
            self._loop.remove_signal_handler(number)
        if self._heard is not None:
            _let_end(self._heard)

    def hear(self, number: signal.Signals) -> None:
        """Stop; the second time by force; the third time at once."""
        if monotonic() < self._deaf_until:
            return
        self._deaf_until = monotonic() + self._deaf
        self._times += 1
        if self._times == 1:
            self._heard = number
            _log.warning("%s: ending when the jobs that run have ended", number.name)
            self._worker.emitter.emit(GracefulShutdown(signal=number.name))
            self._worker.stop(f"Graceful worker shutdown due to {number.name}")
        elif self._times == 2:
            _log.warning("%s again: ending by force", number.name)
            self._worker.emitter.emit(ForcefulShutdown(signal=number.name))
            message = f"Forced worker shutdown due to {number.name}"
            self._killing = asyncio.create_task(self._worker.kill(message))
        else:
            _let_end(number)


def hear_broken_stream() -> bool:
    """Take a stdout or stderr that has no reader for a SIGPIPE; False if nobody hears it.

    It is no handler of that signal, because a lost connection to a server sends it too.
    """
    listening = Signals._listening
    for each in listening:
        each._loop.call_soon_threadsafe(each.hear, signal.SIGPIPE)
    return bool(listening)


def _hear(number: signal.Signals) -> None:
    for each in Signals._listening:
        each.hear(number)


def _let_end(number: signal.Signals) -> None:
    """End this process by a signal, so that whoever waits for it sees which one it was."""
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
