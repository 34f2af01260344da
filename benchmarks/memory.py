"""How much memory does a worker need while it works off a million jobs, and does it grow?"""

from __future__ import annotations

from typing import Any

from kongtask.database.connection import Target, connect
from kongtask.database.scratch import scratch_database
from support.contestants import FASTEST, Contestant, graphile_worker, kongtask, make_queue
from support.race import Crew
from support.report import Column, Report, Row, options
from support.server import bench_server, facts
from support.usage import memory_now, memory_peak

#: After how many tenths of the jobs memory is looked at.
TENTHS = (1, 3, 5, 7, 10)

COLUMNS = (
    Column("name", "worker"),
    *(Column(f"mb_{tenth}", f"MB at {tenth * 10} %", ".0f") for tenth in TENTHS),
    Column("peak", "peak", ".0f"),
)


def measure(target: Target, contestant: Contestant, jobs: int) -> Row:
    """Let one process work off all jobs; return its memory on the way."""
    row: dict[str, Any] = {"name": contestant.name}
    with connect(target) as connection:
        connection.execute(contestant.clear.encode())
        crew = Crew(contestant, target)
        try:
            connection.execute(contestant.fill.format(count=jobs).encode())
            for tenth in TENTHS:
                crew.wait_for(jobs * tenth // 10)
                row[f"mb_{tenth}"] = memory_now(crew.pids[0])
            row["peak"] = memory_peak(crew.pids[0])
        finally:
            crew.dismiss()
    return row


def main() -> None:
    """Measure and print."""
    parser = options(__doc__, rounds=1)
    parser.add_argument("--jobs", type=int, default=1_000_000)
    given = parser.parse_args()
    who = [kongtask(), kongtask("kongtask, threads", "thread")]
    if not given.without_peers:
        who.append(graphile_worker("graphile-worker, fastest", **FASTEST))
    with bench_server(given.conn) as server, scratch_database(server.target) as target:
        make_queue(target)
        report = Report(parser.description or "", facts(target))
        rows = [measure(target, contestant, given.jobs) for contestant in who]
        report.add(f"one process, {given.jobs:,} no-op jobs", COLUMNS, rows)
        report.print(as_json=given.json)


if __name__ == "__main__":
    main()
