"""One run of one worker: from the commit that adds the jobs until the last one is done."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass

from kongtask.database.connection import Connection, Target, connect
from support.contestants import Contestant, left
from support.server import Server
from support.usage import cpu_seconds, memory_peak, server_cpu_seconds

#: Seconds after which a run that has not ended is given up.
_PATIENCE = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What was measured.

    Attributes:
        jobs: how many there were.
        seconds: from the commit to the last job's completion.
        client_cpu: seconds of CPU, of all worker processes.
        server_cpu: of the whole server; None where it is on another machine.
        memory: megabytes, of the largest worker process.
        shares: jobs of each process.
    """

    jobs: int
    seconds: float
    client_cpu: float
    server_cpu: float | None
    memory: float
    shares: tuple[int, ...]

    @property
    def rate(self) -> float:
        """Jobs a second."""
        return self.jobs / self.seconds


class Crew:
    """Processes of one contestant, and how many jobs they say that they have executed."""

    def __init__(
        self, contestant: Contestant, target: Target, processes: int = 1, *, settle: float = 1.0
    ) -> None:
        self._processes = [contestant.start(target, settle=settle) for _ in range(processes)]
        self._counts = [0] * processes
        self._news = threading.Condition()
        for number, process in enumerate(self._processes):
            threading.Thread(target=self._read, args=(number, process), daemon=True).start()

    @property
    def pids(self) -> list[int]:
        """The processes."""
        return [process.pid for process in self._processes]

    @property
    def shares(self) -> tuple[int, ...]:
        """Jobs that each process has executed."""
        return tuple(self._counts)

    def wait_for(self, jobs: int) -> None:
        """Wait until so many jobs have been executed.

        Raises:
            TimeoutError: it takes too long.
        """
        with self._news:
            if not self._news.wait_for(lambda: sum(self._counts) >= jobs, _PATIENCE):
                raise TimeoutError(f"{sum(self._counts)} of {jobs} jobs in {_PATIENCE} seconds")

    def dismiss(self) -> None:
        """End the processes."""
        for process in self._processes:
            assert process.stdin is not None
            process.stdin.close()
        for process in self._processes:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()

    def _read(self, number: int, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            with self._news:
                self._counts[number] = int(line)
                self._news.notify_all()


def race(
    server: Server,
    target: Target,
    contestant: Contestant,
    jobs: int,
    *,
    processes: int = 1,
    before: Sequence[str] = (),
) -> Run:
    """Let a contestant work off jobs, and measure.

    Args:
        server: the server.
        target: a database that the contestant's tables are in.
        contestant: who.
        jobs: how many.
        processes: how many processes of it.
        before: SQL for what is there beside these jobs, after the table was emptied.
    """
    with connect(target) as connection:
        for statement in (contestant.clear, *before, "checkpoint"):
            connection.execute(statement.encode())
        there = left(connection, contestant)
        crew = Crew(contestant, target, processes)
        try:
            with connection.transaction():
                connection.execute(contestant.fill.format(count=jobs).encode())
            started, used = time.perf_counter(), _used(server, crew)
            crew.wait_for(jobs)
            _wait_until_written(connection, contestant, there)
            seconds = time.perf_counter() - started
            client, server_ = _used(server, crew)
            return Run(
                jobs=jobs, seconds=seconds, client_cpu=client - used[0],
                server_cpu=None if server_ is None or used[1] is None else server_ - used[1],
                memory=max(memory_peak(pid) for pid in crew.pids), shares=crew.shares,
            )  # fmt: skip
        finally:
            crew.dismiss()


def race_amid(server: Server, target: Target, contestant: Contestant, jobs: int) -> Run:
    """Let one process work off some of the jobs that are there, and measure while it does.

    Args:
        server: the server.
        target: the database; it has more than so many jobs.
        contestant: who.
        jobs: how many, after the first ones.
    """
    crew = Crew(contestant, target, settle=0)
    try:
        crew.wait_for(max(1, jobs // 20))
        first, started, used = sum(crew.shares), time.perf_counter(), _used(server, crew)
        crew.wait_for(first + jobs)
        seconds, done = time.perf_counter() - started, sum(crew.shares) - first
        client, server_ = _used(server, crew)
        return Run(
            jobs=done, seconds=seconds, client_cpu=client - used[0],
            server_cpu=None if server_ is None or used[1] is None else server_ - used[1],
            memory=max(memory_peak(pid) for pid in crew.pids), shares=crew.shares,
        )  # fmt: skip
    finally:
        crew.dismiss()


def _used(server: Server, crew: Crew) -> tuple[float, float | None]:
    of_server = None if server.postmaster is None else server_cpu_seconds(server.postmaster)
    return cpu_seconds(crew.pids), of_server


def _wait_until_written(connection: Connection, contestant: Contestant, there: int) -> None:
    """Wait until the last results are written, too: looking takes a few milliseconds."""
    deadline = time.perf_counter() + 30
    while left(connection, contestant) > there:
        if time.perf_counter() > deadline:
            raise TimeoutError(f"{contestant.name} has executed all jobs and not written their end")
        time.sleep(0.002)
