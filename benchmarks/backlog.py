"""Does a worker slow down where many jobs wait, many are due later, or many queues have names?

Each case is a database of its own on the same server, filled once and topped up after each run; the
cases take turns. What is measured is the rate while one process works off a part of the jobs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kongtask.database.connection import Target, connect
from kongtask.database.scratch import scratch_database
from support.contestants import FASTEST, Contestant, graphile_worker, kongtask, make_queue
from support.plots import Axis, Line, even_ticks, line_chart
from support.race import Run, race_amid
from support.report import Column, Report, Row, median, note, options
from support.server import Server, bench_server, facts

COLUMNS = (
    Column("name", "beside the jobs that are done"),
    Column("worker", "worker"),
    Column("rate", "jobs/s", ",.0f"),
    Column("ratio", "of an empty table", ".2f"),
    Column("client_us", "client us", ".1f"),
    Column("server_us", "server us", ".1f"),
)

_DUE = """
insert into graphile_worker._private_jobs (task_id, payload)
select tasks.id, json_build_object('n', n)
from graphile_worker._private_tasks as tasks, generate_series(1, {jobs}) as n
where tasks.identifier = 'noop'
"""
_QUEUED = """
insert into graphile_worker._private_jobs (task_id, job_queue_id, payload)
select tasks.id, queues.id, json_build_object('n', n)
from
  graphile_worker._private_tasks as tasks,
  generate_series(1, {jobs} / (select count(*) from graphile_worker._private_job_queues)) as n,
  graphile_worker._private_job_queues as queues
where tasks.identifier = 'noop'
order by {order}
"""
#: A job of each queue, then the next of each; or all jobs of a queue, then those of the next.
_IN_TURN = _QUEUED.replace("{order}", "n, queues.id")
_QUEUE_BY_QUEUE = _QUEUED.replace("{order}", "queues.id, n")
_FUTURE = """
insert into graphile_worker._private_jobs (task_id, payload, run_at)
select tasks.id, json_build_object('n', n), now() + interval '1 day' + n * interval '1 second'
from graphile_worker._private_tasks as tasks, generate_series(1, 100000) as n
where tasks.identifier = 'noop'
"""
_QUEUES = """
insert into graphile_worker._private_job_queues (queue_name)
select 'queue ' || n from generate_series(1, 10000) as n
"""
_ONE_IN_EACH = """
insert into graphile_worker._private_jobs (task_id, job_queue_id, payload, run_at)
select tasks.id, queues.id, '{}', now() + interval '1 day'
from graphile_worker._private_tasks as tasks, graphile_worker._private_job_queues as queues
where tasks.identifier = 'noop'
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What is in the table.

    Attributes:
        name: for people.
        waiting: due jobs beyond those that are done.
        beside: SQL for what else is there.
        add: SQL that adds ``{jobs}`` due jobs.
        is_analyzed: whether the table's statistics are fresh.
    """

    name: str
    waiting: int = 0
    beside: Sequence[str] = ()
    add: str = _DUE
    is_analyzed: bool = True

    @contextmanager
    def database(self, server: Target, spare: int) -> Iterator[Target]:
        """Make a database for this case."""
        with scratch_database(server) as target:
            make_queue(target)
            with connect(target) as connection:
                for statement in self.beside:
                    connection.execute(statement.encode())
            self.top_up(target, self.waiting + spare)
            yield target

    def top_up(self, target: Target, jobs: int) -> None:
        """Add jobs; dead rows are gone then, as autovacuum would see to."""
        with connect(target) as connection:
            connection.execute(self.add.format(jobs=jobs).encode())
            analyze = "analyze" if self.is_analyzed else "analyze false"
            for table in ("_private_jobs", "_private_job_queues"):
                connection.execute(f"vacuum ({analyze}) graphile_worker.{table}".encode())
            connection.execute("checkpoint")


EMPTY = Case(name="nothing")


def cases(waiting: Sequence[int]) -> list[Case]:
    """Return what is measured; the first case is what the others are compared with."""
    return [
        EMPTY,
        *(Case(name=f"{count:,} waiting jobs", waiting=count) for count in waiting),
        Case(name="the same, never analyzed", waiting=min(waiting), is_analyzed=False),
        Case(name="100,000 future jobs", beside=[_FUTURE]),
        Case(name="10,000 queues, each with a future job", beside=[_QUEUES, _ONE_IN_EACH]),
        Case(name="nothing; the jobs are in 10,000 queues", beside=[_QUEUES], add=_IN_TURN),
        Case(name="the same, queue by queue", beside=[_QUEUES], add=_QUEUE_BY_QUEUE),
    ]


def measure(
    server: Server, of_each: Sequence[Case], who: Sequence[Contestant], jobs: int, rounds: int
) -> dict[tuple[str, str], list[Run]]:
    """Return the runs by case and contestant, taken in turn."""
    runs: dict[tuple[str, str], list[Run]] = {}
    spare = 3 * jobs
    with ExitStack() as stack:
        targets = []
        for case in of_each:
            targets.append(stack.enter_context(case.database(server.target, spare)))
            note(f"made: {case.name}")
        for number in range(rounds):
            for case, target in zip(of_each, targets, strict=True):
                for contestant in who:
                    run = race_amid(server, target, contestant, jobs)
                    runs.setdefault((case.name, contestant.name), []).append(run)
                    note(f"round {number + 1}: {case.name}: {contestant.name} {run.rate:,.0f}/s")
                    case.top_up(target, sum(run.shares))
    return runs


def rows(runs: dict[tuple[str, str], list[Run]]) -> list[Row]:
    """Return a row for each case and contestant."""
    found = []
    for (case, worker), of_one in runs.items():
        rate = median([run.rate for run in of_one])
        of_empty = median([run.rate for run in runs[EMPTY.name, worker]])
        row: dict[str, Any] = {"name": case, "worker": worker, "rate": rate}
        row |= {"rates": [round(run.rate) for run in of_one], "ratio": rate / of_empty}
        row["client_us"] = median([run.client_cpu / run.jobs * 1e6 for run in of_one])
        servers = [run.server_cpu / run.jobs * 1e6 for run in of_one if run.server_cpu is not None]
        row["server_us"] = median(servers) if servers else None
        found.append(row)
    return found


def plot(runs: dict[tuple[str, str], list[Run]], of_each: Sequence[Case], jobs: int) -> str:
    """Draw the rate against the number of waiting jobs."""
    lines, highest = [], 1.0
    for worker in dict.fromkeys(worker for _, worker in runs):
        points = []
        for case in of_each:
            if case is EMPTY or (case.waiting > 0 and case.is_analyzed):
                rate = median([run.rate for run in runs[case.name, worker]])
                points.append((float(max(case.waiting, jobs)), rate))
                highest = max(highest, rate)
        lines.append(Line(name=worker, points=points))
    return line_chart(
        "Throughput against backlog",
        Axis(title="waiting jobs", ticks=(1e5, 1e6, 1e7), is_logarithmic=True),
        Axis(title="jobs/s", ticks=even_ticks(highest)),
        lines,
    )


def main() -> None:
    """Measure and print."""
    parser = options(__doc__, rounds=5)
    parser.add_argument("--jobs", type=int, default=100_000, help="that are done in a run")
    parser.add_argument("--waiting", type=int, nargs="+", default=[1_000_000, 10_000_000])
    parser.add_argument("--plot", type=Path, help="write throughput against backlog to this file")
    given = parser.parse_args()
    who = [kongtask()]
    if not given.without_peers:
        who.append(graphile_worker("graphile-worker, fastest", **FASTEST))
    of_each = cases(given.waiting)
    with bench_server(given.conn) as server:
        report = Report(parser.description or "", facts(server.target))
        runs = measure(server, of_each, who, given.jobs, given.rounds)
    title = f"medians of {given.rounds} runs in turn, {given.jobs:,} jobs each"
    report.add(title, COLUMNS, rows(runs))
    report.print(as_json=given.json)
    if given.plot:
        given.plot.write_text(plot(runs, of_each, given.jobs))


if __name__ == "__main__":
    main()
