"""Several worker processes that answer as one: their supervisor asks each of them.

Each process listens on a socket that the supervisor has opened for it, on a port of this machine
that nobody chose; so a new process answers where the one before it did.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterable, Sequence
from http import HTTPStatus
from time import monotonic

import msgspec

from kongtask.telemetry.endpoint import LOOPBACK, has_prometheus, without_prometheus
from kongtask.telemetry.health import Verdict
from kongtask.telemetry.http import Handler, Response

#: Seconds that a process gets to answer: less than the second that probes usually wait.
_PATIENCE = 0.7

#: Seconds that it gets where the database has to answer too.
_LONG_PATIENCE = 6.0

#: Seconds after its begin in which a process that has not answered yet may still be starting.
_START = 60.0

_LONGEST_ANSWER = 16 * 1024 * 1024


class Member:
    """The place of one process, which others take one after the other.

    Args:
        number: from 1.

    Attributes:
        listener: the socket for the process; whoever starts it passes it on.
    """

    def __init__(self, number: int) -> None:
        self.number = number
        self.listener = socket.create_server((LOOPBACK, 0))
        self._began: float | None = None
        self._has_answered = False

    def begin(self) -> None:
        """Say that a process has started."""
        self._began, self._has_answered = monotonic(), False

    def end(self) -> None:
        """Say that it has ended."""
        self._began = None

    def close(self) -> None:
        """Let go of the socket."""
        self.listener.close()

    @property
    def is_there(self) -> bool:
        """Whether a process is there."""
        return self._began is not None

    @property
    def is_starting(self) -> bool:
        """Whether a process is there that need not answer yet."""
        return (
            self._began is not None
            and not self._has_answered
            and monotonic() - self._began < _START
        )

    async def ask(self, path: str, *, patience: float = _PATIENCE) -> Response | None:
        """Ask the process for a path; None where it does not answer in so many seconds."""
        try:
            async with asyncio.timeout(patience):
                response = await _get(self.listener.getsockname()[1], path)
        except (OSError, ValueError, asyncio.IncompleteReadError):  # a TimeoutError is an OSError
            return None
        self._has_answered = True
        return response


class Fleet:
    """Answers for all of them.

    Args:
        members: the processes.
    """

    def __init__(self, members: Sequence[Member]) -> None:
        self._members = members

    def handlers(self) -> dict[str, Handler]:
        """Return what answers at which path."""
        metrics = self._metrics if has_prometheus() else without_prometheus
        return {"/live": self._live, "/ready": self._ready, "/metrics": metrics}

    async def _live(self) -> Response:
        """Tell whether nothing hangs. A process that is dead is started anew, so it hangs not."""

        async def reasons(member: Member) -> Iterable[str]:
            if not member.is_there:
                return ()
            answer = await member.ask("/live")
            if answer is None and (member.is_starting or not member.is_there):
                return ()
            return _reasons(answer)

        return await self._together(reasons)

    async def _ready(self) -> Response:
        """Tell whether every process is ready."""

        async def reasons(member: Member) -> Iterable[str]:
            if not member.is_there:
                return ("not running",)
            answer = await member.ask("/ready")
            return ("starting",) if answer is None and member.is_starting else _reasons(answer)

        return await self._together(reasons)

    async def _metrics(self) -> Response:
        """Tell what each process has done, and what the first one to say it finds in the queue."""
        from kongtask.telemetry.prometheus import merged, metrics_response

        running = [member for member in self._members if member.is_there]
        answers = await asyncio.gather(*(member.ask("/metrics/worker") for member in running))
        texts = {
            str(member.number): answer.body
            for member, answer in zip(running, answers, strict=True)
            if answer is not None and answer.status == HTTPStatus.OK
        }
        queue = b""
        for member in running:
            if str(member.number) not in texts:
                continue
            answer = await member.ask("/metrics/queue", patience=_LONG_PATIENCE)
            if answer is not None and answer.status == HTTPStatus.OK:
                queue = answer.body
                break
        return metrics_response(merged(tuple(texts.items())) + queue)

    async def _together(self, ask: Callable[[Member], Awaitable[Iterable[str]]]) -> Response:
        found = await asyncio.gather(*(ask(member) for member in self._members))
        return Verdict(
            tuple(
                f"process {member.number}: {reason}"
                for member, reasons in zip(self._members, found, strict=True)
                for reason in reasons
            )
        ).response()


def _reasons(answer: Response | None) -> Iterable[str]:
    """Return what is wrong with a process, as its answer says."""
    if answer is None:
        return ("it does not answer",)
    if answer.status == HTTPStatus.OK:
        return ()
    reasons: list[str] = msgspec.json.decode(answer.body)["reasons"]
    return reasons


async def _get(port: int, path: str) -> Response:
    """Get a path from a process; it closes the connection after its answer."""
    reader, writer = await asyncio.open_connection(LOOPBACK, port)
    try:
        writer.write(f"GET {path} HTTP/1.1\r\nHost: {LOOPBACK}\r\n\r\n".encode())
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        lines = [line.partition(": ") for line in head.split("\r\n")]
        headers = {name.lower(): value for name, _, value in lines}
        length = min(int(headers["content-length"]), _LONGEST_ANSWER)
        body = await reader.readexactly(length)
    finally:
        writer.close()
    status = int(head.split(" ")[1])
    return Response(status=status, body=body, content_type=headers["content-type"])
