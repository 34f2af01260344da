"""A worker as a process of its own, and what it says."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Condition, Thread

from tests.programs import ENVIRON

#: Seconds to wait for what must happen.
PATIENCE = 60.0


class Running:
    """A process whose stderr is read as it comes."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.lines: list[str] = []
        self._changed = Condition()
        self._reader = Thread(target=self._read, daemon=True)
        self._reader.start()

    def wait_for(self, text: str, times: int = 1) -> str:
        """Wait until a line with a text has come, or several; return the last of them."""
        with self._changed:
            found: list[str] = []

            def has_come() -> bool:
                found[:] = [line for line in self.lines if text in line]
                return len(found) >= times or not self._reader.is_alive()

            self._changed.wait_for(has_come, PATIENCE)
        assert len(found) >= times, f"{text!r} has not come:\n{self.text}"
        return found[times - 1]

    def end(self, number: signal.Signals) -> int:
        """Send a signal, wait for the end, and return the exit code."""
        self.process.send_signal(number)
        return self.wait()

    def wait(self) -> int:
        """Wait for the end; return the exit code."""
        code = self.process.wait(PATIENCE)
        self._reader.join(PATIENCE)
        return code

    @property
    def text(self) -> str:
        """All that has come."""
        return "".join(self.lines)

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            with self._changed:
                self.lines.append(line)
                self._changed.notify_all()
        with self._changed:
            self._changed.notify_all()


@contextmanager
def running(
    *arguments: str | Path, cwd: Path, environ: Mapping[str, str] | None = None
) -> Iterator[Running]:
    """Run ``kongtask run`` with some arguments as long as the block lasts."""
    process = subprocess.Popen(
        ["kongtask", "run", *(str(word) for word in arguments)],
        cwd=cwd,
        env={**ENVIRON, **(environ or {})},
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        executable=str(Path(ENVIRON["PATH"].split(os.pathsep)[0]) / "kongtask"),
    )
    reading = Running(process)
    try:
        yield reading
    finally:
        # With all that it has started, or these would keep its stderr open.
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        reading.wait()
        assert process.stderr is not None
        process.stderr.close()
