"""A hundred jobs of three kinds, for ``kongtask demo``."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import time
from collections import Counter
from pathlib import Path

from kongtask.cli.bar import Bar
from kongtask.database.connection import Connection, Target, connect
from kongtask.jobs import JobSpec, add_jobs
from kongtask.worker import App
from kongtask.worker.events import JobComplete

_JOBS = 100

#: Seconds that Node gets to add its jobs.
_NODE_TIMEOUT = 20.0


def run_jobs(database: Target) -> tuple[str, bool]:
    """Add a hundred jobs and run them; return what was done, and whether all of it was.

    Args:
        database: one of the embedded server that has the worker schema.
    """
    app = App(database.conninfo)

    @app.task("async")
    async def in_loop(number: int) -> None:
        await asyncio.sleep(number / 1000)

    @app.task("thread")
    def in_thread(number: int) -> None:
        time.sleep(number / 1000)

    @app.task("foreign")
    async def of_others(number: int) -> None:
        await asyncio.sleep(number / 1000)

    done: Counter[str] = Counter()
    with Bar().during("adding jobs", at_once=True), connect(database) as connection:
        add_jobs(connection, [_spec(number) for number in range(_JOBS) if number % 3 < 2])
        whose = _add_foreign_jobs(connection, _JOBS // 3)

    def summary() -> str:
        failed = f"; {done['failed']} FAILED" if done["failed"] else ""
        return (
            f"{done['async']} async, {done['thread']} in threads, {done['foreign']} {whose}{failed}"
        )

    with Bar().during("running jobs", at_once=True) as progress:

        def count(event: JobComplete) -> None:
            done[event.job.task_identifier if event.error is None else "failed"] += 1
            progress(done.total(), _JOBS, summary())

        app.on(JobComplete, count)
        asyncio.run(app.run_once())
    is_complete = not done["failed"] and done.total() == _JOBS
    return f"{_JOBS} added and run: {summary()}", is_complete


def _spec(number: int) -> JobSpec:
    kind = "async" if number % 3 == 0 else "thread"
    return JobSpec(identifier=kind, payload={"number": number})


def _add_foreign_jobs(connection: Connection, count: int) -> str:
    """Let Node add jobs; where it cannot, add them by SQL. Returns whose they are, in words."""
    node, reason = shutil.which("node"), "there is no Node here"
    if node is not None:
        try:
            _add_by_node(node, connection, count)
        except subprocess.CalledProcessError as error:
            reason = f"Node ended with exit code {error.returncode}"
        except (subprocess.TimeoutExpired, OSError) as error:
            reason = f"Node cannot be run: {error}"
        else:
            return "added by Node"
    # Node adds its jobs in one statement, so there is none yet.
    connection.execute(
        "select graphile_worker.add_job('foreign', json_build_object('number', number)) "
        "from generate_series(1, %s) as number",
        [count],
    )
    return f"added by SQL, since {reason}"


def _add_by_node(node: str, connection: Connection, count: int) -> None:
    info = connection.info
    program = Path(__file__).with_name("demo_node.mjs")
    socket = f"{info.host}/.s.PGSQL.{info.port}"
    subprocess.run(  # noqa: S603 -- the user's Node and a program of ours
        [node, program, socket, info.user, info.dbname, "foreign", str(count)],
        stdin=subprocess.DEVNULL, capture_output=True, check=True, timeout=_NODE_TIMEOUT,
    )  # fmt: skip
