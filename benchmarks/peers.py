"""How many jobs a second do other Python queues do, beside kongtask?

Each works on tables of its own on the same server, in turn, with its best documented settings.
``make bench-peers`` installs them. Slow ones get fewer jobs.
"""

from __future__ import annotations

import subprocess
import sys
from contextlib import ExitStack
from os import environ
from pathlib import Path

from kongtask.database.connection import Target
from kongtask.database.scratch import scratch_database
from support.contestants import (
    FASTEST,
    WORKERS,
    Contestant,
    graphile_worker,
    kongtask,
    libpq_variables,
)
from support.race import Run, race
from support.report import Column, Report, median, note, options
from support.server import bench_server, facts

COLUMNS = (
    Column("name", "worker"),
    Column("jobs", "jobs", ",.0f"),
    Column("rate", "jobs/s", ",.0f"),
    Column("ratio", "kongtask is faster by", ".1f"),
    Column("client_us", "client us", ".0f"),
    Column("server_us", "server us", ".0f"),
    Column("memory", "MB", ".0f"),
)


def _install_pgqueuer(target: Target) -> None:
    program = str(Path(sys.executable).with_name("pgq"))
    subprocess.run(
        [program, "install"], check=True, stdout=subprocess.DEVNULL,
        env={**environ, **libpq_variables(target)},
    )  # fmt: skip


def _install_procrastinate(target: Target) -> None:
    from procrastinate import App, SyncPsycopgConnector

    app = App(connector=SyncPsycopgConnector(conninfo=target.conninfo))
    with app.open():
        app.schema_manager.apply_schema()


PGQUEUER = Contestant(
    name="pgqueuer", prepare=_install_pgqueuer, share=0.2,
    command=(sys.executable, str(WORKERS / "pgqueuer_worker.py")),
    clear="truncate pgqueuer, pgqueuer_log",
    fill="""
        insert into pgqueuer (priority, status, entrypoint, payload)
        select 0, 'queued', 'noop', '{{}}' from generate_series(1, {count});
        analyze pgqueuer
    """,
    count_left="select count(*) from pgqueuer",
)  # fmt: skip

PROCRASTINATE = Contestant(
    name="procrastinate", prepare=_install_procrastinate, share=0.02,
    command=(sys.executable, str(WORKERS / "procrastinate_worker.py")),
    clear="truncate procrastinate_jobs cascade",
    fill="""
        insert into procrastinate_jobs (queue_name, task_name, args)
        select 'default', 'noop', jsonb_build_object('n', n) from generate_series(1, {count}) as n;
        analyze procrastinate_jobs
    """,
    count_left="select count(*) from procrastinate_jobs",
)  # fmt: skip


def main() -> None:
    """Measure and print."""
    parser = options(__doc__, rounds=5)
    parser.add_argument("--jobs", type=int, default=100_000)
    given = parser.parse_args()
    who = [
        kongtask(),
        graphile_worker("graphile-worker, fastest", **FASTEST),
        graphile_worker("graphile-worker, defaults", share=0.05),
        PGQUEUER,
        PROCRASTINATE,
    ]
    runs: dict[str, list[Run]] = {contestant.name: [] for contestant in who}
    with bench_server(given.conn) as server, ExitStack() as stack:
        targets = [stack.enter_context(scratch_database(server.target)) for _ in who]
        for contestant, target in zip(who, targets, strict=True):
            contestant.prepare(target)
        report = Report(parser.description or "", facts(server.target))
        for number in range(given.rounds):
            for contestant, target in zip(who, targets, strict=True):
                run = race(server, target, contestant, int(given.jobs * contestant.share))
                runs[contestant.name].append(run)
                note(f"round {number + 1}: {contestant.name} {run.rate:,.0f} jobs/s")
    ours = median([run.rate for run in runs[who[0].name]])
    rows = [
        {
            "name": name,
            "jobs": of_one[0].jobs,
            "rate": median([run.rate for run in of_one]),
            "rates": [round(run.rate) for run in of_one],
            "ratio": ours / median([run.rate for run in of_one]),
            "client_us": median([run.client_cpu / run.jobs * 1e6 for run in of_one]),
            "server_us": median([(run.server_cpu or 0) / run.jobs * 1e6 for run in of_one]),
            "memory": median([run.memory for run in of_one]),
        }
        for name, of_one in runs.items()
    ]
    report.add(f"medians of {given.rounds} runs in turn", COLUMNS, rows)
    report.print(as_json=given.json)


if __name__ == "__main__":
    main()
