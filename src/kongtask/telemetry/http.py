"""A small HTTP server for a few paths: GET and HEAD, one request a connection.

Whoever asks is a probe or a scraper, so all is bounded: how long a request may be and may take, and
how many there are at once.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import msgspec

from kongtask.errors import HealthPortError

_log = logging.getLogger("kongtask.telemetry")

#: Bytes of a request's line and headers.
_LONGEST_HEAD = 8192

#: Requests at once; further ones are refused.
_MOST_REQUESTS = 64

#: Seconds that a client may take to send a request, and again to take the response.
_CLIENT_TIMEOUT = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """What is answered.

    Attributes:
        status: of HTTP.
        body: the text.
        content_type: of the body.
    """

    status: int = 200
    body: bytes = b""
    content_type: str = "application/json"


#: Makes the response of a path.
Handler = Callable[[], Awaitable[Response]]


def json_response(status: int, members: Mapping[str, Any]) -> Response:
    """Return a response whose body is a JSON object."""
    return Response(status=status, body=msgspec.json.encode(members) + b"\n")


def failure(status: HTTPStatus, reason: str) -> Response:
    """Return the response to a request that cannot be answered."""
    return json_response(status, {"status": "error", "reasons": [reason]})


@asynccontextmanager
async def serving(
    handlers: Mapping[str, Handler], host: str, port: int, *, listener: socket.socket | None = None
) -> AsyncIterator[int]:
    """Serve some paths as long as the block lasts; gives the port.

    Args:
        handlers: by path.
        host: where to listen.
        port: where to listen; 0 for any that is free.
        listener: a socket that listens already, instead of both.

    Raises:
        HealthPortError: nobody can listen there.
    """
    server = _Server(handlers)
    if listener is None:
        try:
            listener = await _listen(host, port)
        except OSError as error:
            raise HealthPortError(
                f"cannot serve health on {host}, port {port}: {error.strerror or error}; give "
                "another --health-port or --health-host, or end what listens there"
            ) from error
    accepting = await asyncio.start_server(server.serve, sock=listener, limit=_LONGEST_HEAD)
    try:
        yield listener.getsockname()[1]
    finally:
        accepting.close()
        server.abort()


async def _listen(host: str, port: int) -> socket.socket:
    loop = asyncio.get_running_loop()
    family, kind, protocol, _, address = (
        await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    )[0]
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen()
        listener.setblocking(False)
    except BaseException:
        listener.close()
        raise
    return listener


class _Server:
    def __init__(self, handlers: Mapping[str, Handler]) -> None:
        self._handlers = handlers
        self._connections: set[asyncio.StreamWriter] = set()

    def abort(self) -> None:
        """Drop the requests that are under way."""
        for writer in tuple(self._connections):
            writer.transport.abort()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._connections.add(writer)
        try:
            with suppress(TimeoutError, ConnectionError, asyncio.IncompleteReadError):
                await self._answer(reader, writer)
        finally:
            self._connections.discard(writer)
            writer.transport.abort()  # what is not sent by now, nobody takes

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        method = "GET"
        try:
            async with asyncio.timeout(_CLIENT_TIMEOUT):
                head = await reader.readuntil(b"\r\n\r\n")
        except asyncio.LimitOverrunError:
            response = failure(
                HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "the request's headers are too long"
            )
        else:
            method, response = await self._respond(head)
        writer.write(_encoded(response, is_head=method == "HEAD"))
        async with asyncio.timeout(_CLIENT_TIMEOUT):
            await writer.drain()
            # The client closes once it has read all; to close first might destroy what it reads.
            writer.write_eof()
            await reader.read(_LONGEST_HEAD)

    async def _respond(self, head: bytes) -> tuple[str, Response]:
        words = head.partition(b"\r\n")[0].decode("latin-1").split(" ")
        if len(words) != 3 or not words[2].startswith("HTTP/1."):
            return "GET", failure(HTTPStatus.BAD_REQUEST, "this is no request of HTTP/1")
        method, path = words[0], words[1].partition("?")[0]
        if method not in {"GET", "HEAD"}:
            return method, failure(HTTPStatus.METHOD_NOT_ALLOWED, "only GET and HEAD are answered")
        if len(self._connections) > _MOST_REQUESTS:
            return method, failure(HTTPStatus.SERVICE_UNAVAILABLE, "too many requests at once")
        handler = self._handlers.get(path)
        if handler is None:
            known = ", ".join(self._handlers)
            return method, failure(HTTPStatus.NOT_FOUND, f"there is only {known}")
        try:
            return method, await handler()
        except Exception:
            _log.exception("%s cannot be answered", path)
            return method, failure(HTTPStatus.INTERNAL_SERVER_ERROR, "the log says what is wrong")


def _encoded(response: Response, *, is_head: bool) -> bytes:
    status = HTTPStatus(response.status)
    lines = [
        f"HTTP/1.1 {status.value} {status.phrase}",
        f"Content-Type: {response.content_type}",
        f"Content-Length: {len(response.body)}",
        "Cache-Control: no-store",
        "Connection: close",
    ]
    if status is HTTPStatus.METHOD_NOT_ALLOWED:
        lines.append("Allow: GET, HEAD")
    head = "\r\n".join([*lines, "", ""]).encode("latin-1")
    return head if is_head else head + response.body
