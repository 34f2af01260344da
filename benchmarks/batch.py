"""How does throughput depend on how many jobs a worker claims ahead?

One process works off no-op jobs, with local queues of several sizes in turn.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kongtask.database.scratch import scratch_database
from support.contestants import kongtask, make_queue
from support.plots import Axis, Line, even_ticks, line_chart
from support.race import Run, race
from support.report import Column, Report, median, note, options
from support.server import bench_server, facts

SIZES = (0, 10, 50, 100, 500, 1000, 2000)

COLUMNS = (
    Column("name", "local queue"),
    Column("rate", "jobs/s", ",.0f"),
    Column("client_us", "client us", ".1f"),
    Column("server_us", "server us", ".1f"),
)


def row(size: int, runs: list[Run]) -> dict[str, Any]:
    """Return the row of a size."""
    return {
        "name": size,
        "rate": median([run.rate for run in runs]),
        "rates": [round(run.rate) for run in runs],
        "client_us": median([run.client_cpu / run.jobs * 1e6 for run in runs]),
        "server_us": median([(run.server_cpu or 0) / run.jobs * 1e6 for run in runs]),
    }


def plot(rows: list[dict[str, Any]]) -> str:
    """Draw the rate against the size."""
    points = [(max(1.0, row["name"]), row["rate"]) for row in rows]
    return line_chart(
        "Throughput against the size of the local queue",
        Axis(
            title="jobs claimed ahead (1 stands for none)",
            ticks=(1, 10, 100, 1000, 2000),
            is_logarithmic=True,
        ),
        Axis(title="jobs/s", ticks=even_ticks(max(rate for _, rate in points))),
        [Line(name="kongtask, one process", points=points)],
    )


def main() -> None:
    """Measure and print."""
    parser = options(__doc__, rounds=3)
    parser.add_argument("--jobs", type=int, default=30_000)
    parser.add_argument("--plot", type=Path, help="write throughput against size to this SVG file")
    given = parser.parse_args()
    runs: dict[int, list[Run]] = {size: [] for size in SIZES}
    with bench_server(given.conn) as server, scratch_database(server.target) as target:
        make_queue(target)
        report = Report(parser.description or "", facts(target))
        for number in range(given.rounds):
            for size, found in runs.items():
                run = race(server, target, kongtask(local_queue={"size": size}), given.jobs)
                found.append(run)
                note(f"round {number + 1}: {size} ahead: {run.rate:,.0f} jobs/s")
    rows = [row(size, found) for size, found in runs.items()]
    report.add(f"medians of {given.rounds} runs in turn", COLUMNS, rows)
    report.print(as_json=given.json)
    if given.plot:
        given.plot.write_text(plot(rows))


if __name__ == "__main__":
    main()
