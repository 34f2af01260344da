"""How soon does a program start: ``kongtask --help``, and ``kongtask run`` to its first job?

A job is there already when the worker starts; what is taken is the time from starting the program
until the task's first line. Both clocks are the machine's monotonic one.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from kongtask.database.connection import Target, connect
from kongtask.database.scratch import scratch_database
from support.contestants import make_queue
from support.report import Column, Report, median, note, options
from support.server import bench_server, facts

COLUMNS = (Column("name", "program"), Column("ms", "ms", ".0f"), Column("cpu", "CPU ms", ".0f"))
PROGRAM = str(Path(sys.executable).with_name("kongtask"))

APPLICATION = """
import time
from kongtask import App

app = App()

@app.task
async def stamp() -> None:
    print(time.clock_gettime_ns(time.CLOCK_MONOTONIC), flush=True)
"""


def to_the_end(*arguments: str) -> float:
    """Run a program of Python's to its end; return the milliseconds."""
    started = time.perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
    return (time.perf_counter() - started) * 1e3


def to_the_first_job(target: Target, folder: str) -> float:
    """Start a worker where a job waits; return the milliseconds until the job runs."""
    with connect(target) as connection:
        connection.execute("select graphile_worker.add_job('stamp', '{}')")
    started = time.clock_gettime_ns(time.CLOCK_MONOTONIC)
    done = subprocess.run(
        [PROGRAM, "run", "-c", target.conninfo, "--app", "app:app", "--once"],
        cwd=folder, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    return (int(done.stdout) - started) / 1e6


def measure(take: Callable[[], float], rounds: int) -> dict[str, float]:
    """Return the medians of the time and of the CPU of a program and its children."""
    take()
    times, used = [], []
    for _ in range(rounds):
        before = os.times()
        times.append(take())
        after = os.times()
        used.append(
            after.children_user + after.children_system
            - before.children_user - before.children_system
        )  # fmt: skip
    return {"ms": median(times), "cpu": median(used) * 1e3}


def main() -> None:
    """Measure and print."""
    given = options(__doc__, rounds=9).parse_args()
    rows = []
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # as where it is installed
    with (
        bench_server(given.conn) as server,
        scratch_database(server.target) as target,
        tempfile.TemporaryDirectory() as folder,
    ):
        make_queue(target)
        (Path(folder) / "app.py").write_text(APPLICATION)
        report = Report(__doc__.splitlines()[0], facts(target))
        cases: dict[str, Callable[[], float]] = {
            "python -c pass": lambda: to_the_end("-c", "pass"),
            "kongtask --help": lambda: to_the_end(PROGRAM, "--help"),
            "kongtask run, to its first job": lambda: to_the_first_job(target, folder),
        }
        for name, take in cases.items():
            rows.append({"name": name} | measure(take, given.rounds))
            note(f"{name}: {rows[-1]['ms']:.0f} ms")
    report.add(f"medians of {given.rounds} runs", COLUMNS, rows)
    report.print(as_json=given.json)


if __name__ == "__main__":
    main()
