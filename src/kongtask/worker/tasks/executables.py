"""Executables as tasks: any program, told of its job by stdin and environment."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import stat
from asyncio.subprocess import Process
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from kongtask.errors import ExecutableFailedError
from kongtask.worker.tasks.context import Context
from kongtask.worker.tasks.payloads import Signature
from kongtask.worker.tasks.task import Task

#: Seconds that a program may run, as with Graphile Worker, where its job does not say otherwise.
_LONGEST = 4 * 3600.0

#: Seconds between asking a program to end and ending it.
_GRACE = 3.0

#: Seconds to wait for more output of a program that has ended: a child of its own may still hold
#: the pipe open.
_LAST_WORDS = 1.0

#: Bytes of one line of output, and of all of one stream, that go to the log.
_LONGEST_LINE = 10_000
_MOST_OUTPUT = 1_000_000

#: Lines of stderr that a failure's message ends with.
_LINES_IN_ERROR = 5

_VARIABLE = "GRAPHILE_WORKER_"


def is_executable(file: Path) -> bool:
    """Tell whether a file's owner may execute it."""
    return bool(file.stat().st_mode & stat.S_IXUSR)


def executable_task(identifier: str, program: Path) -> Task:
    """Return a task that runs a program.

    The program gets ``{"payload": …}`` on stdin and what else is known of its job in its
    environment. What it prints is logged; an exit code other than 0 fails the job.
    """
    return Task(
        identifier=identifier,
        function=_Executable(program),
        signature=Signature(decode=str, payload="payload", context="context"),
        runner="loop",
        timeout=_LONGEST,
    )


class _Executable:
    def __init__(self, program: Path) -> None:
        self._program = program

    async def __call__(self, payload: str, context: Context) -> None:
        """Run the program for one job.

        Raises:
            ExecutableFailedError: it could not be started, or did not end well.
        """
        tail: deque[str] = deque(maxlen=_LINES_IN_ERROR)
        with TemporaryFile() as stdin:
            stdin.write(f'{{"payload":{payload}}}'.encode())
            stdin.seek(0)
            async with _pipe() as out, _pipe() as err:
                process = await self._start(stdin, out, err, context)
                reading = asyncio.gather(
                    _log_lines(out.reader, context, logging.INFO),
                    _log_lines(err.reader, context, logging.ERROR, tail),
                )
                try:
                    why_killed = await _wait(process, context)
                    with suppress(TimeoutError):
                        await asyncio.wait_for(asyncio.shield(reading), _LAST_WORDS)
                finally:
                    reading.cancel()
                    with suppress(asyncio.CancelledError):
                        await reading
        if why_killed or process.returncode != 0:
            raise ExecutableFailedError(
                _message(self._program.name, process.returncode, why_killed, tail),
                code=process.returncode,
            )

    async def _start(self, stdin: IO[bytes], out: _Pipe, err: _Pipe, context: Context) -> Process:
        try:
            return await asyncio.create_subprocess_exec(
                self._program, stdin=stdin, stdout=out.end, stderr=err.end,
                env={**os.environ, **_environment(context)},
                # Not in our group: Ctrl-C is for the worker, which lets its jobs end.
                start_new_session=True,
            )  # fmt: skip
        except OSError as error:
            reason = f"{self._program.name} cannot be started: {error.strerror}"
            raise ExecutableFailedError(reason) from error
        finally:
            os.close(out.end)
            os.close(err.end)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pipe:
    """A pipe: its reader, and the end that a program writes to."""

    reader: asyncio.StreamReader
    end: int


@asynccontextmanager
async def _pipe() -> AsyncIterator[_Pipe]:
    """Make a pipe that is ours to close.

    One that asyncio makes for a program counts as part of it: the program has not ended as long as
    a child that it has left holds the pipe open.
    """
    ours, end = os.pipe()
    reader = asyncio.StreamReader()
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(ours, "rb", buffering=0)
    )
    try:
        yield _Pipe(reader=reader, end=end)
    finally:
        transport.close()


async def _wait(process: Process, context: Context) -> str | None:
    """Wait until a program ends, or make it end; return why, if it was made to."""
    ended = asyncio.create_task(process.wait())
    cancelled = asyncio.create_task(context.wait_cancelled())
    try:
        await asyncio.wait((ended, cancelled), return_when=asyncio.FIRST_COMPLETED)
        is_asked = not ended.done()
        if is_asked:
            await _end(process, ended)
    except asyncio.CancelledError:  # the job is to end
        await _end(process, ended)
        raise
    else:
        return "the worker ends" if is_asked else None
    finally:
        cancelled.cancel()
        if not ended.done():
            _signal(process, signal.SIGKILL)


async def _end(process: Process, ended: asyncio.Task[int]) -> None:
    _signal(process, signal.SIGTERM)
    if not (await asyncio.wait((ended,), timeout=_GRACE))[0]:
        _signal(process, signal.SIGKILL)
        await ended


def _signal(process: Process, number: signal.Signals) -> None:
    """Signal a program and the children that it has left in its group."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)


async def _log_lines(
    stream: asyncio.StreamReader,
    context: Context,
    level: int,
    tail: deque[str] | None = None,
) -> None:
    """Log a program's output line by line; read on behind the limit, or the program would hang."""
    rest, total = b"", 0
    while chunk := await stream.read(65_536):
        is_over, total = total > _MOST_OUTPUT, total + len(chunk)
        if is_over:
            continue
        *lines, rest = (rest + chunk).split(b"\n")
        if len(rest) > _LONGEST_LINE:
            lines, rest = [*lines, rest], b""
        for line in lines:
            _log_line(line, context, level, tail)
        if total > _MOST_OUTPUT:
            context.logger.warning("more than %d bytes of output: no more is logged", _MOST_OUTPUT)
            rest = b""
    if rest:
        _log_line(rest, context, level, tail)


def _log_line(line: bytes, context: Context, level: int, tail: deque[str] | None) -> None:
    text = line[:_LONGEST_LINE].decode(errors="replace").rstrip("\r")
    context.logger.log(level, "%s", text)
    if tail is not None and text:
        tail.append(text)


def _environment(context: Context) -> dict[str, str]:
    job = context.job
    values = {
        "PAYLOAD_FORMAT": "json",
        "TASK_IDENTIFIER": job.task_identifier,
        "JOB_ID": str(job.id),
        "JOB_ATTEMPTS": str(job.attempts),
        "JOB_MAX_ATTEMPTS": str(job.max_attempts),
        "JOB_PRIORITY": str(job.priority),
        "JOB_RUN_AT": job.run_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
    }
    if job.key is not None:
        values["JOB_KEY"] = job.key
    return {_VARIABLE + name: value for name, value in values.items()}


def _message(program: str, code: int | None, why_killed: str | None, tail: deque[str]) -> str:
    if why_killed is not None:
        how = f"was ended because {why_killed}"
    elif code is not None and code < 0:
        how = f"was ended by {signal.Signals(-code).name}"
    else:
        how = f"ended with exit code {code}"
    return "\n".join([f"{program} {how}", *tail])
