"""The small HTTP server: what it answers, and to whom it does not listen for long."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
from collections.abc import Callable
from typing import Any

import pytest

from kongtask.telemetry import http
from kongtask.telemetry.http import Response, json_response, serving
from tests.worker.commands import PATIENCE

from .asking import ask, ask_until, send


async def hello() -> Response:
    return json_response(200, {"hello": "you"})


async def broken() -> Response:
    raise ValueError("secret")


async def large() -> Response:
    return Response(body=b"x" * 50_000_000, content_type="text/plain")


def served(work: Callable[[int], Any]) -> Any:
    """Run a function in a thread beside the server, which it gets the port of."""

    async def main() -> Any:
        handlers = {"/hello": hello, "/broken": broken, "/large": large}
        async with serving(handlers, "127.0.0.1", 0) as port, asyncio.timeout(60):
            return await asyncio.to_thread(work, port)

    return asyncio.run(main())


def test_a_path_is_answered_and_its_query_ignored() -> None:
    assert json.loads(served(lambda port: ask(port, "/hello?now")).body) == {"hello": "you"}


def test_head_is_answered_without_a_body() -> None:
    answer = served(lambda port: send(port, b"HEAD /hello HTTP/1.1\r\nHost: x\r\n\r\n"))
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"Content-Length: 16\r\n" in answer
    assert answer.endswith(b"\r\n\r\n")


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"GET /nothing HTTP/1.1\r\n\r\n", b"404 Not Found"),
        (b"POST /hello HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc", b"405 Method Not Allowed"),
        (b"GET /hello\r\n\r\n", b"400 Bad Request"),
        (b"\x16\x03\x01\x02\x00 \xff\r\n\r\n", b"400 Bad Request"),
        (b"PRI * HTTP/2.0\r\n\r\n", b"400 Bad Request"),
        (b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n\r\n", b"431 Request Header Fields Too Large"),
        (b"GET /hello HTTP/1.0\r\n\r\n", b"200 OK"),
    ],
)
def test_other_requests_get_the_status_that_says_so(request_: bytes, status: bytes) -> None:
    answer = served(lambda port: send(port, request_))
    assert answer.partition(b"\r\n")[0] == b"HTTP/1.1 " + status
    assert (b"Allow: GET, HEAD" in answer) == (b"405" in status)


def test_an_error_is_logged_and_not_told(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        answer = served(lambda port: ask(port, "/broken"))
    assert answer.status == 500
    assert "secret" not in answer.body
    assert "secret" in caplog.text


def test_whoever_sends_nothing_is_hung_up_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "_CLIENT_TIMEOUT", 0.1)
    assert served(lambda port: send(port, b"GET /hel")) == b""


def test_whoever_does_not_take_the_answer_is_hung_up_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "_CLIENT_TIMEOUT", 0.1)

    monkeypatch.setattr(http, "_MOST_REQUESTS", 1)

    def take_nothing(port: int) -> int:
        with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as client:
            client.sendall(b"GET /large HTTP/1.1\r\n\r\n")
            client.recv(1)
            assert ask_until(port, "/hello", 200)  # there is room again
            taken = 0
            while more := client.recv(1_000_000):
                taken += len(more)
            return taken

    assert 0 < served(take_nothing) < 50_000_000


def test_too_many_requests_at_once_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "_MOST_REQUESTS", 2)

    async def main() -> None:
        async with serving({"/hello": hello}, "127.0.0.1", 0) as port, asyncio.timeout(60):
            idle = [await asyncio.open_connection("127.0.0.1", port) for _ in range(2)]
            answer = await asyncio.to_thread(ask, port, "/hello")
            assert answer.status == 503
            assert answer.reasons == ["too many requests at once"]
            for _, writer in idle:
                writer.close()

    asyncio.run(main())
