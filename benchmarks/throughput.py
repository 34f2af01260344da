"""How many jobs a second does a worker do, beside raw SQL and Graphile Worker?

Fills the table with no-op jobs, tells the workers, and measures from that commit until the last job
is done. Everybody works on the same server in turn; figures are medians, ratios those of medians.
*Life off* is without proof of life, recovery, control and all else that needs the schema kongtask.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

from kongtask.database.connection import Target
from kongtask.database.scratch import scratch_database
from support.contestants import (
    FASTEST,
    Contestant,
    ceiling,
    graphile_worker,
    kongtask,
    make_queue,
)
from support.race import Run, race
from support.report import Column, Report, median, note, options
from support.server import Server, bench_server, facts

TUNED: dict[str, Any] = {"concurrency": 24}

COLUMNS = (
    Column("name", "worker"),
    Column("processes", "processes"),
    Column("rate", "jobs/s", ",.0f"),
    Column("of_ceiling", "of raw SQL", ".2f"),
    Column("beside_peer", "/ fastest peer", ".2f"),
    Column("client_us", "client µs", ".1f"),
    Column("server_us", "server µs", ".1f"),
    Column("memory", "MB", ".0f"),
)


def contestants(*, with_peers: bool) -> list[tuple[Contestant, int]]:
    """Return who is measured, with how many processes."""
    ours = [
        (ceiling(), 1),
        (kongtask(), 1),
        (kongtask("kongtask, life off", life=None), 1),
        (kongtask("kongtask, threads", "thread"), 1),
        (kongtask("kongtask, tuned", **TUNED), 1),
        (kongtask(), 2),
        (kongtask(), 4),
    ]
    if not with_peers:
        return ours
    fastest = graphile_worker("graphile-worker, fastest", **FASTEST)
    return [
        *ours,
        (fastest, 1),
        (fastest, 2),
        (fastest, 4),
        (graphile_worker("graphile-worker, defaults", share=0.05), 1),
    ]


def measure(
    server: Server, target: Target, who: Sequence[tuple[Contestant, int]], jobs: int, rounds: int
) -> list[list[Run]]:
    """Return the runs of each, taken in turn."""
    runs: list[list[Run]] = [[] for _ in who]
    for number in range(rounds):
        for place, (contestant, processes) in enumerate(who):
            share = max(1000, int(jobs * contestant.share))
            run = race(server, target, contestant, share, processes=processes)
            runs[place].append(run)
            note(f"round {number + 1}: {contestant.name} x{processes} {run.rate:,.0f} jobs/s")
    return runs


def rows(who: Sequence[tuple[Contestant, int]], runs: list[list[Run]]) -> list[dict[str, Any]]:
    """Return a row for each contestant."""
    rates = [median([run.rate for run in of_one]) for of_one in runs]
    named = {(c.name, n): rate for (c, n), rate in zip(who, rates, strict=True)}
    found = []
    for (contestant, processes), of_one, rate in zip(who, runs, rates, strict=True):
        peer = named.get(("graphile-worker, fastest", processes))
        servers = [run.server_cpu / run.jobs * 1e6 for run in of_one if run.server_cpu is not None]
        found.append(
            {
                "name": contestant.name,
                "processes": processes,
                "rate": rate,
                "rates": [round(run.rate) for run in of_one],
                "of_ceiling": rate / named["raw SQL", 1],
                "beside_peer": rate / peer if peer else None,
                "client_us": median([run.client_cpu / run.jobs * 1e6 for run in of_one]),
                "server_us": median(servers) if servers else None,
                "memory": median([run.memory for run in of_one]),
            }
        )
    return found


def main() -> None:
    """Measure and print."""
    parser: argparse.ArgumentParser = options(__doc__, rounds=5)
    parser.add_argument("--jobs", type=int, default=100_000)
    parser.add_argument("--only", nargs="+", help="measure raw SQL and the workers of these names")
    given = parser.parse_args()
    with bench_server(given.conn) as server, scratch_database(server.target) as target:
        make_queue(target)
        who = [
            (contestant, processes)
            for contestant, processes in contestants(with_peers=not given.without_peers)
            if not given.only or contestant.name in {"raw SQL", *given.only}
        ]
        report = Report(parser.description or "", facts(target))
        runs = measure(server, target, who, given.jobs, given.rounds)
        title = f"medians of {given.rounds} runs in turn, {given.jobs:,} no-op jobs each"
        report.add(title, COLUMNS, rows(who, runs))
        report.print(as_json=given.json)


if __name__ == "__main__":
    main()
