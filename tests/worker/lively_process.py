"""Workers as processes that a test may kill, and what they have said."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition, Thread
from typing import IO, Any

from tests.programs import CHECKOUT, ENVIRON

#: Seconds after which a test has waited in vain.
IN_VAIN = 40.0


class Lively:
    """A running worker.

    Attributes:
        process: its process.
        said: the lines of stdout, as words.
        logged: the lines of stderr.
    """

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.said: list[list[str]] = []
        self.logged: list[str] = []
        self._changed = Condition()
        assert process.stdout is not None
        assert process.stderr is not None
        self._readers = [
            Thread(target=self._read, args=(process.stdout, self._say), daemon=True),
            Thread(target=self._read, args=(process.stderr, self.logged.append), daemon=True),
        ]
        for reader in self._readers:
            reader.start()

    def until(self, *words: object, times: int = 1) -> list[str]:
        """Wait until a line that begins with some words has come; return its other words."""
        wanted = [str(word) for word in words]

        def lines() -> list[list[str]]:
            return [line for line in self.said if line[: len(wanted)] == wanted]

        with self._changed:
            self._changed.wait_for(
                lambda: len(lines()) >= times or not self._is_read(), timeout=IN_VAIN
            )
            found = lines()
        assert len(found) >= times, f"{wanted} was not said: {self.said}\n{''.join(self.logged)}"
        return found[times - 1][len(wanted) :]

    def until_logged(self, text: str) -> str:
        """Wait until a line with a text has been logged."""
        with self._changed:
            self._changed.wait_for(
                lambda: any(text in line for line in self.logged) or not self._is_read(),
                timeout=IN_VAIN,
            )
            found = [line for line in self.logged if text in line]
        assert found, f"{text!r} was not logged:\n{''.join(self.logged)}"
        return found[0]

    def send(self, number: signal.Signals) -> None:
        """Send a signal."""
        os.kill(self.process.pid, number)

    def end(self, number: signal.Signals | None = None) -> int:
        """Send a signal, if one is given, and wait for the end; return the exit code."""
        if number is not None:
            self.send(number)
        code = self.process.wait(IN_VAIN)
        for reader in self._readers:
            reader.join(IN_VAIN)
        return code

    def _is_read(self) -> bool:
        return any(reader.is_alive() for reader in self._readers)

    def _say(self, line: str) -> None:
        self.said.append(line.split())

    def _read(self, stream: IO[str], take: Any) -> None:
        with stream:
            for line in stream:
                with self._changed:
                    take(line)
                    self._changed.notify_all()
        with self._changed:
            self._changed.notify_all()


@contextmanager
def lively(conninfo: str, **options: Any) -> Iterator[Lively]:
    """Run a worker until the block ends; then it is killed if it still runs."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.worker.lively", conninfo, json.dumps(options)],
        cwd=CHECKOUT, env=ENVIRON, text=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    worker = Lively(process)
    try:
        yield worker
    finally:
        if process.poll() is None:
            process.kill()
        worker.end()
