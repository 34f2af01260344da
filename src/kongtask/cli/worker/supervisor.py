"""Several worker processes, or one that starts again when its code changes.

The supervisor starts them as the same command, starts another where one has died, and passes
signals on. A pipe that nobody writes to tells them when the supervisor itself is gone.
"""

from __future__ import annotations

import asyncio
import logging
import os
import random
import signal
import sys
import threading
from asyncio.subprocess import Process
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from kongtask.cli.worker import health
from kongtask.errors import EXIT_BREAKING_REVISION, EXIT_DONE, EXIT_FAILED, UsageError

if TYPE_CHECKING:
    from kongtask.telemetry.endpoint import Place
    from kongtask.telemetry.fleet import Member

_log = logging.getLogger("kongtask.worker")

#: Where a supervised process finds the end of the pipe.
VARIABLE = "KONGTASK_SUPERVISOR_PIPE"

#: Where one of several finds its number.
NUMBER_VARIABLE = "KONGTASK_PROCESS_NUMBER"

#: Seconds before another process starts: at first, and at most. One that has lived for a while
#: begins anew with the first.
_FIRST_PAUSE, _LONGEST_PAUSE, _A_WHILE = 0.5, 60.0, 60.0

#: Seconds that a process gets to end when its code has changed.
_GRACE = 10.0

#: Exit codes after which a start would end in the same way.
_FINAL = frozenset({EXIT_DONE, EXIT_FAILED, EXIT_BREAKING_REVISION})

_SIGNALS = (signal.SIGUSR2, signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGABRT)


def is_supervised() -> bool:
    """Tell whether a supervisor has started this process."""
    return VARIABLE in os.environ


def process_number() -> int | None:
    """Return the number of this process among several; None where it is the only one."""
    given = os.environ.pop(NUMBER_VARIABLE, None) if is_supervised() else None
    return None if given is None else int(given)


def end_with_supervisor() -> None:
    """Let this process end as by SIGTERM when its supervisor is gone."""
    pipe = int(os.environ.pop(VARIABLE))
    os.set_inheritable(pipe, False)

    def wait() -> None:
        os.read(pipe, 1)
        _log.warning("the supervisor is gone")
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, name="kongtask supervision", daemon=True).start()


def supervise(count: int, *, watch: Path | None = None, health: Place | None = None) -> int:
    """Keep processes of this very command until told to stop; return the exit code.

    Args:
        count: how many.
        watch: a folder; when a Python file below it changes, the processes start again.
        health: where to tell of the health of all processes together.

    Raises:
        UsageError: there is nothing to watch files with.
        HealthPortError: nobody can listen there.
    """
    if watch is not None:
        _check_watching()
    supervisor = _Supervisor(count, watch, health)
    code = asyncio.run(supervisor.run())
    if supervisor.heard is not None:
        signal.signal(supervisor.heard, signal.SIG_DFL)
        os.kill(os.getpid(), supervisor.heard)
    return code


def _check_watching() -> None:
    try:
        import watchfiles  # noqa: F401 -- to tell it before anything starts
    except ImportError as error:
        raise UsageError("--watch needs watchfiles: pip install 'kongtask[watch]'") from error


class _Slot:
    """The place of one process, which others take one after the other."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.process: Process | None = None
        self.member: Member | None = None
        self.is_to_be_replaced = False
        self.wake = asyncio.Event()


class _Supervisor:
    def __init__(self, count: int, watch: Path | None, health: Place | None) -> None:
        self.heard: signal.Signals | None = None
        self._stopping = asyncio.Event()
        self._watch, self._health = watch, health
        self._slots = [_Slot(number) for number in range(1, count + 1)]
        self._alarm, self._pipe = os.pipe()

    async def run(self) -> int:
        loop = asyncio.get_running_loop()
        for number in _SIGNALS:
            loop.add_signal_handler(number, self._hear, number)
        os.set_inheritable(self._alarm, True)
        async with AsyncExitStack() as stack:
            if self._health is not None:
                await self._tell_health(self._health, stack)
            watching = asyncio.create_task(self._restart_on_changes())
            codes = await asyncio.gather(*(self._keep(slot) for slot in self._slots))
            watching.cancel()
        for number in _SIGNALS:
            loop.remove_signal_handler(number)
        return max(codes)

    async def _tell_health(self, place: Place, stack: AsyncExitStack) -> None:
        from kongtask.telemetry.fleet import Fleet, Member
        from kongtask.telemetry.http import serving

        members = []
        for slot in self._slots:
            slot.member = Member(slot.number)
            stack.callback(slot.member.close)
            members.append(slot.member)
        handlers = Fleet(members).handlers()
        port = await stack.enter_async_context(serving(handlers, place.host, place.port))
        _log.info("health is told on http://%s:%d", place.host, port)

    def _hear(self, number: signal.Signals) -> None:
        self.heard = self.heard or number
        self._stop(number)

    def _stop(self, number: signal.Signals) -> None:
        """Let no process start any more, and pass a signal on to those that are there."""
        self._stopping.set()
        for slot in self._slots:
            _send(slot.process, number)
            slot.wake.set()

    async def _keep(self, slot: _Slot) -> int:
        """Keep a process in a slot; return the exit code of the last one."""
        failures, code = 0, EXIT_DONE
        while not self._stopping.is_set():
            slot.wake.clear()
            slot.is_to_be_replaced = False
            began = monotonic()
            slot.process = await self._start(slot)
            if self._stopping.is_set():
                _send(slot.process, self.heard or signal.SIGTERM)
            code = await slot.process.wait()
            slot.process = None
            if slot.member is not None:
                slot.member.end()
            if self._stopping.is_set() or slot.is_to_be_replaced:
                continue
            if code in _FINAL and self._watch is None:
                if code != EXIT_DONE:
                    self._stop(signal.SIGTERM)
                return code
            failures = 1 if monotonic() - began > _A_WHILE else failures + 1
            await self._pause(slot, code, failures)
        # One that a signal has ended says nothing of why they all end.
        return code if code in _FINAL else EXIT_DONE

    async def _start(self, slot: _Slot) -> Process:
        """Start a process, which inherits the pipe and the socket of its slot."""
        number = {NUMBER_VARIABLE: str(slot.number)} if len(self._slots) > 1 else {}
        inherited = {VARIABLE: self._alarm}
        if slot.member is not None:
            inherited[health.VARIABLE] = slot.member.listener.fileno()
            slot.member.begin()
        return await asyncio.create_subprocess_exec(
            sys.executable, "-m", "kongtask", *sys.argv[1:],
            env={**os.environ, **number, **{name: str(fd) for name, fd in inherited.items()}},
            pass_fds=tuple(inherited.values()),
        )  # fmt: skip

    async def _pause(self, slot: _Slot, code: int, failures: int) -> None:
        how = f"by {signal.Signals(-code).name}" if code < 0 else f"with exit code {code}"
        if self._watch is not None:
            _log.warning("the worker ended %s; it starts again when a file changes", how)
            await slot.wake.wait()
            return
        pause = min(_FIRST_PAUSE * 2.0 ** min(failures - 1, 30), _LONGEST_PAUSE)
        pause *= random.uniform(0.5, 1.5)  # noqa: S311 -- spreads out, hides nothing
        _log.error("process %d ended %s; another starts in %.1f s", slot.number, how, pause)
        with suppress(TimeoutError):
            await asyncio.wait_for(slot.wake.wait(), pause)

    async def _restart_on_changes(self) -> None:
        if self._watch is None:
            return
        from watchfiles import PythonFilter, awatch

        _log.info("watching %s for changes of Python files", self._watch)
        async for changes in awatch(self._watch, watch_filter=PythonFilter()):
            names = sorted({os.path.relpath(path, self._watch) for _, path in changes})
            _log.info("changed: %s; starting again", ", ".join(names))
            for slot in self._slots:
                slot.is_to_be_replaced = True
                slot.wake.set()
                if slot.process is not None:
                    await _end(slot.process)


async def _end(process: Process) -> None:
    """Let a process end, and make it end where it does not."""
    _send(process, signal.SIGTERM)
    try:
        await asyncio.wait_for(process.wait(), _GRACE)
    except TimeoutError:
        _send(process, signal.SIGKILL)


def _send(process: Process | None, number: signal.Signals) -> None:
    if process is not None:
        with suppress(ProcessLookupError):
            process.send_signal(number)
