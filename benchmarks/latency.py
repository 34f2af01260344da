"""How long does a job wait for an idle worker, beside Graphile Worker?

Adds and commits one job at a time while the worker has nothing to do, and takes the time from
sending the COMMIT until the task's first line. Both read the machine's monotonic clock.
"""

from __future__ import annotations

import random
import time
from pathlib import Path
from typing import Any

from kongtask.database.connection import Target, connect
from kongtask.database.scratch import scratch_database
from support.contestants import FASTEST, Contestant, graphile_worker, kongtask, make_queue
from support.plots import Axis, Line, line_chart
from support.report import Column, Report, Row, note, options, percentile
from support.server import bench_server, facts

COLUMNS = (
    Column("name", "worker"),
    Column("p50", "p50 ms", ".2f"),
    Column("p90", "p90 ms", ".2f"),
    Column("p99", "p99 ms", ".2f"),
    Column("p50_ratio", "p50 ratio", ".2f"),
    Column("p99_ratio", "p99 ratio", ".2f"),
)

#: Seconds between jobs: so that the worker is idle, and in no step with us.
PAUSE = (0.002, 0.012)

_HEIGHTS = (0, 25, 50, 75, 90, 100)


def contestants(*, with_peers: bool) -> list[Contestant]:
    """Return who is measured; the first peer is the one that ratios are of."""
    ours = [kongtask(), kongtask("kongtask, threads", "thread")]
    if not with_peers:
        return ours
    return [
        *ours,
        graphile_worker("graphile-worker, defaults"),
        graphile_worker("graphile-worker, fastest", **FASTEST),
    ]


def waits(target: Target, contestant: Contestant, jobs: int) -> list[float]:
    """Return the milliseconds that jobs have waited, added one after the other."""
    process = contestant.start(target)
    assert process.stdin is not None
    assert process.stdout is not None
    found = []
    try:
        with connect(target, autocommit=False) as connection:
            for _ in range(jobs):
                time.sleep(random.uniform(*PAUSE))
                connection.execute("select graphile_worker.add_job('stamp', '{}')", prepare=True)
                sent = time.clock_gettime_ns(time.CLOCK_MONOTONIC)
                connection.commit()
                began = int(process.stdout.readline())
                found.append((began - sent) / 1e6)
    finally:
        process.stdin.close()
        process.wait(20)
    return found[jobs // 10 :]  # the first ones warm everybody up


def rows(of_each: dict[str, list[float]]) -> list[Row]:
    """Return a row for each contestant."""
    peers = [values for name, values in of_each.items() if name.startswith("graphile-worker")]
    found = []
    for name, values in of_each.items():
        row: dict[str, Any] = {"name": name, "jobs": len(values)}
        for percent in (50, 90, 99):
            row[f"p{percent}"] = percentile(values, percent)
            if peers:
                best = min(percentile(of_peer, percent) for of_peer in peers)
                row[f"p{percent}_ratio"] = row[f"p{percent}"] / best
        found.append(row)
    return found


def plot(of_each: dict[str, list[float]]) -> str:
    """Draw how many percent of the jobs have begun after which time."""
    lines = [
        Line(name=name, points=[(percentile(values, p), p) for p in range(1, 100)])
        for name, values in of_each.items()
    ]
    return line_chart(
        "Jobs that have begun after their commit",
        Axis(title="milliseconds", ticks=(0.5, 1, 2, 5, 10, 20, 50), is_logarithmic=True),
        Axis(title="percent", ticks=_HEIGHTS),
        lines,
    )


def main() -> None:
    """Measure and print."""
    parser = options(__doc__, rounds=3)
    parser.add_argument("--jobs", type=int, default=500, help="of each run")
    parser.add_argument("--plot", type=Path, help="write the distribution to this SVG file")
    given = parser.parse_args()
    who = contestants(with_peers=not given.without_peers)
    of_each: dict[str, list[float]] = {contestant.name: [] for contestant in who}
    with bench_server(given.conn) as server, scratch_database(server.target) as target:
        make_queue(target)
        report = Report(parser.description or "", facts(target))
        for number in range(given.rounds):
            for contestant in who:
                found = waits(target, contestant, given.jobs)
                of_each[contestant.name] += found
                note(f"round {number + 1}: {contestant.name} p50 {percentile(found, 50):.2f} ms")
    title = f"{given.rounds} runs in turn of {given.jobs} jobs; ratios beside the better peer"
    report.add(title, COLUMNS, rows(of_each))
    report.print(as_json=given.json)
    if given.plot:
        given.plot.write_text(plot(of_each))


if __name__ == "__main__":
    main()
