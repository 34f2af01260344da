"""Asking a worker over HTTP, as probes and scrapers do."""

from __future__ import annotations

import http.client
import json
import re
import socket
from collections.abc import Callable
from time import monotonic
from typing import Any, NamedTuple

from tests.worker.commands import PATIENCE, Running


class Answer(NamedTuple):
    """An answer; the status is 0 where none came in time."""

    status: int
    body: str

    @property
    def reasons(self) -> list[str]:
        reasons: list[str] = json.loads(self.body)["reasons"]
        return reasons


def port_of(worker: Running) -> int:
    """Return the port that a worker says it has."""
    line = worker.wait_for("health is told on http://127.0.0.1:")
    return int(re.sub(r".*:(\d+)\s*$", r"\1", line))


def ask(port: int, path: str, *, method: str = "GET", timeout: float = 1.0) -> Answer:
    """Ask as a probe with a timeout of a second does."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        connection.request(method, path)
        response = connection.getresponse()
        return Answer(response.status, response.read().decode())
    except (OSError, http.client.HTTPException):
        return Answer(0, "")
    finally:
        connection.close()


def ask_until(port: int, path: str, is_enough: Callable[[Answer], Any] | int) -> Answer:
    """Ask again and again, as a probe does, until an answer is what is wanted, or its status is."""
    deadline = monotonic() + PATIENCE
    while True:
        answer = ask(port, path)
        wanted = answer.status == is_enough if isinstance(is_enough, int) else is_enough(answer)
        if wanted:
            return answer
        assert monotonic() < deadline, answer


def send(port: int, data: bytes) -> bytes:
    """Send bytes and return all that comes back."""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as client:
        client.sendall(data)
        answer = b""
        while more := client.recv(65536):
            answer += more
        return answer
