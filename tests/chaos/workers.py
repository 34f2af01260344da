"""The processes of a run: workers, which are killed and started again, and producers."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any

from psycopg.conninfo import make_conninfo

from tests.interop.peer import Peer, node_program
from tests.programs import CHECKOUT, ENVIRON

from .steps import Place


@dataclass(slots=True)
class Worker(ABC):
    """A worker that is started again when it has died; then it has another name.

    Attributes:
        title: what all of its names begin with.
        folder: for what its processes write.
        process: the one that runs, or ran last.
        is_stopped: whether it is paused.
        is_ending: whether it was told to end.
        kill_at: the places at which it dies, and at the how-manieth of them.
        started_at: when the process was started.
        log: where it logs to; None for a file of its own.
    """

    title: str
    folder: Path
    process: subprocess.Popen[bytes] | None = None
    incarnation: int = 0
    is_stopped: bool = False
    is_ending: bool = False
    kill_at: tuple[list[Place], int] | None = None
    started_at: float = 0.0
    log: Path | None = None

    @property
    def name(self) -> str:
        """The name of the process: all that it writes to the server has it."""
        return f"{self.title}.{self.incarnation}"

    @property
    def told(self) -> Path:
        """The file for what the process tells."""
        return self.folder / f"{self.name}.jsonl"

    def is_running(self) -> bool:
        """Tell whether there is a process that is neither paused nor ending."""
        running = self.process is not None and self.process.poll() is None
        return running and not self.is_stopped and not self.is_ending

    def is_overdue(self, seconds: float) -> bool:
        """Tell whether it should have died at an await point some seconds after its start."""
        is_late = monotonic() - self.started_at > seconds
        return is_late and self.kill_at is not None and self.is_running() and self.is_ready()

    def kill(self) -> None:
        """Kill the process."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()
        self.is_stopped = False

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the process."""
        assert self.process is not None
        self.is_stopped = number == signal.SIGSTOP
        self.is_ending = self.is_ending or number == signal.SIGTERM
        self.process.send_signal(number)

    def wait(self, seconds: float) -> int:
        """Wait until the process has ended, and kill it if it does not; return its exit code."""
        assert self.process is not None
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            return self.process.returncode

    def is_ready(self) -> bool:
        """Tell whether the process has come to have a pool."""
        return '"ready"' in self.told.read_text(encoding="utf-8")

    def last_words(self) -> str:
        """Return the last lines that the process has logged."""
        log = self.folder / f"{self.name}.log"
        lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
        return "\n".join(lines[-25:])

    def last_said(self) -> dict[str, Any]:
        """Return the last of what the process has told."""
        lines = self.told.read_text(encoding="utf-8").splitlines()
        return dict(json.loads(lines[-1])) if lines else {}

    @abstractmethod
    def start(self) -> None:
        """Start a process."""

    def _start(self, command: list[str], environ: dict[str, str], log: Path, out: Any) -> None:
        self.is_stopped, self.is_ending, self.started_at = False, False, monotonic()
        with log.open("ab", buffering=0) as stderr:
            self.process = subprocess.Popen(
                command, cwd=CHECKOUT, env=environ, stdin=subprocess.DEVNULL, stdout=out,
                stderr=stderr,
            )  # fmt: skip


@dataclass(slots=True)
class PythonWorker(Worker):
    """A worker of kongtask.

    Attributes:
        conninfo: the database.
        options: the worker's.
        source: a folder with the package ``kongtask`` that is run instead of this checkout's.
    """

    conninfo: str = ""
    options: dict[str, Any] = field(default_factory=dict)
    source: Path | None = None

    def start(self) -> None:
        """Start a process."""
        self.incarnation += 1
        self.told.touch()
        options = {**self.options, "told": str(self.told), "kill_at": self.kill_at}
        conninfo = make_conninfo(
            self.conninfo, application_name=self.name, options=f"-c chaos.process={self.name}"
        )
        environ = ENVIRON if self.source is None else ENVIRON | {"PYTHONPATH": str(self.source)}
        self._start(
            [sys.executable, "-m", "tests.chaos.worker", conninfo, json.dumps(options)],
            environ, self.log or self.folder / f"{self.name}.log", subprocess.DEVNULL,
        )  # fmt: skip


@dataclass(slots=True)
class NodeWorker(Worker):
    """A worker of Graphile Worker's.

    Attributes:
        peer: which one.
        environ: says where the database is.
        options: the worker's.
        pools: the ids of its pools, by the names of their processes.
    """

    peer: Peer | None = None
    environ: dict[str, str] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)
    pools: dict[str, str] = field(default_factory=dict)

    def dead_pools(self) -> dict[str, str]:
        """Return the pools whose processes have ended."""
        is_dead = self.process is None or self.process.poll() is not None
        return {name: pool for name, pool in self.pools.items() if is_dead or name != self.name}

    def start(self) -> None:
        """Start a process and wait until it has a pool."""
        assert self.peer is not None
        self.incarnation += 1
        script = Path(__file__).with_name("worker.mjs")
        command = [
            node_program(), str(script), self.peer.package, json.dumps(self.options),
        ]  # fmt: skip
        environ = self.environ | {"PGAPPNAME": self.name, "KONGTASK_NODE_HOME": str(self.peer.home)}
        log = self.folder / f"{self.name}.log"
        self._start(command, environ, log, subprocess.PIPE)
        assert self.process is not None
        assert self.process.stdout is not None
        with self.process.stdout as out:
            pool = out.readline().decode().strip()
        assert pool, f"Node does not start: {log.read_text(encoding='utf-8')}"
        self.pools[self.name] = pool


def start_producer(conninfo: str, name: str, **options: Any) -> subprocess.Popen[bytes]:
    """Start a producer; see :func:`tests.chaos.producer.produce`."""
    given = json.dumps(options)
    return subprocess.Popen(
        [sys.executable, "-m", "tests.chaos.producer",
         make_conninfo(conninfo, application_name=name), given],
        cwd=CHECKOUT, env=ENVIRON, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
    )  # fmt: skip
