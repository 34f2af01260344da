"""How fast are jobs added, beside Graphile Worker's addJob and addJobs?

Both add the same jobs in turn, each to a schema that it has installed itself on the same server,
and each call in a transaction of its own: one by one, ten side by side on ten connections, ten in a
call, and all in a call. What is timed is what a program waits for, from its values to the answer,
on connections that have done the same before.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import time
from collections.abc import Callable
from contextlib import AsyncExitStack, ExitStack
from dataclasses import dataclass
from typing import Any

import psycopg

from kongtask.database.connection import Connection, Target, connect
from kongtask.database.scratch import scratch_database
from kongtask.jobs import JobSpec, add_job, add_jobs
from support.contestants import (
    WORKERS,
    libpq_variables,
    make_queue,
    node,
    node_environ,
)
from support.report import Column, Report, Row, median, note, options
from support.server import bench_server, facts

COLUMNS = (
    Column("name", "added"),
    Column("ours", "kongtask jobs/s", ",.0f"),
    Column("peer", "graphile-worker", ",.0f"),
    Column("ratio", "ratio", ".2f"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One way to add jobs.

    Attributes:
        name: for people.
        jobs: how many.
        add: adds them; takes a connection and their number, and may return the seconds that count.
        peer: the name of the peer's case.
    """

    name: str
    jobs: int
    add: Callable[[Connection, int], float | None]
    peer: str


def one(connection: Connection, jobs: int) -> None:
    """Add one by one."""
    for n in range(jobs):
        add_job(connection, "noop", {"n": n})


def side_by_side(connection: Connection, jobs: int) -> float:
    """Add on ten connections at once; to open them is not counted."""
    return asyncio.run(_side_by_side(connection.info.dsn, jobs))


async def _side_by_side(conninfo: str, jobs: int) -> float:
    async with AsyncExitStack() as stack:
        connections = [
            await stack.enter_async_context(
                await psycopg.AsyncConnection.connect(conninfo, autocommit=True)
            )
            for _ in range(10)
        ]

        async def line(first: int) -> None:
            for n in range(first, jobs, 10):
                await add_job(connections[first], "noop", {"n": n})

        started = time.perf_counter()
        await asyncio.gather(*(line(first) for first in range(10)))
        return time.perf_counter() - started


def tens(connection: Connection, jobs: int) -> None:
    """Add ten in a call."""
    for _ in range(0, jobs, 10):
        add_jobs(connection, [JobSpec(identifier="noop", payload={"n": n}) for n in range(10)])


def bulk(connection: Connection, jobs: int) -> None:
    """Add all in a call, and have them returned."""
    add_jobs(connection, [JobSpec(identifier="noop", payload={"n": n}) for n in range(jobs)])


def bulk_not_returned(connection: Connection, jobs: int) -> None:
    """Add all in a call, and have their number returned."""
    specs = [JobSpec(identifier="noop", payload={"n": n}) for n in range(jobs)]
    add_jobs(connection, specs, returning=False)


def keys(connection: Connection, jobs: int) -> None:
    """Add all in a call, each with a key, and have them returned."""
    add_jobs(connection, _with_keys(jobs))


def keys_not_returned(connection: Connection, jobs: int) -> None:
    """Add all in a call, each with a key, and have their number returned."""
    add_jobs(connection, _with_keys(jobs), returning=False)


def _with_keys(jobs: int) -> list[JobSpec]:
    return [JobSpec(identifier="noop", payload={"n": n}, job_key=f"key {n}") for n in range(jobs)]


def cases(jobs: int) -> tuple[Case, ...]:
    """Return what is measured."""
    few = max(10, jobs // 20)
    return (
        Case(name="one by one", jobs=few, add=one, peer="one"),
        Case(name="ten side by side", jobs=few, add=side_by_side, peer="side_by_side"),
        Case(name="ten in a call", jobs=few, add=tens, peer="tens"),
        Case(name="all in a call", jobs=jobs, add=bulk, peer="bulk"),
        Case(name="  not returned", jobs=jobs, add=bulk_not_returned, peer="bulk"),
        Case(name="  with keys", jobs=jobs, add=keys, peer="keys"),
        Case(name="  with keys, not returned", jobs=jobs, add=keys_not_returned, peer="keys"),
    )


class Peer:
    """Graphile Worker in a Node process, on a schema that it has made."""

    def __init__(self, target: Target) -> None:
        environ = libpq_variables(target) | node_environ()
        self.target = target
        self._process = subprocess.Popen(
            [node(), str(WORKERS / "graphile_adder.mjs")],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1,
            env=environ,
        )  # fmt: skip
        self._answer()

    def seconds(self, case: Case) -> float:
        """Let it add the jobs of a case."""
        assert self._process.stdin is not None
        print(json.dumps({"case": case.peer, "jobs": case.jobs}), file=self._process.stdin)
        return float(self._answer())

    def dismiss(self) -> None:
        """End it."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(20)

    def _answer(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()


def empty(target: Target) -> None:
    """Remove all jobs."""
    with connect(target) as connection:
        connection.execute("truncate graphile_worker._private_jobs")
        connection.execute("checkpoint")


def seconds(connection: Connection, case: Case) -> float:
    """Add the jobs of a case."""
    started = time.perf_counter()
    counted = case.add(connection, case.jobs)
    return time.perf_counter() - started if counted is None else counted


def measure(target: Target, case: Case, rounds: int, peer: Peer | None) -> Row:
    """Return the row of a case; a first round is not counted."""
    rates: dict[str, list[float]] = {"ours": [], "peer": []}
    with connect(target) as connection:
        for _ in range(rounds + 1):
            empty(target)
            rates["ours"].append(case.jobs / seconds(connection, case))
            if peer is not None:
                empty(peer.target)
                rates["peer"].append(case.jobs / peer.seconds(case))
    rates = {who: of_one[1:] for who, of_one in rates.items()}
    row: dict[str, Any] = {"name": case.name, "jobs": case.jobs, "ours": median(rates["ours"])}
    row |= {"rates": {who: [round(rate) for rate in of_one] for who, of_one in rates.items()}}
    if peer is not None:
        row |= {"peer": median(rates["peer"])}
        row["ratio"] = row["ours"] / row["peer"]
    note(f"{case.name}: {row['ours']:,.0f} jobs/s, ratio {row.get('ratio', 0):.2f}")
    return row


def main() -> None:
    """Measure and print."""
    parser = options(__doc__, rounds=5)
    parser.add_argument("--jobs", type=int, default=100_000, help="of the cases in one call")
    given = parser.parse_args()
    with bench_server(given.conn) as server, ExitStack() as stack:
        ours = stack.enter_context(scratch_database(server.target))
        make_queue(ours)
        peer = None
        if not given.without_peers:
            peer = Peer(stack.enter_context(scratch_database(server.target)))
            stack.callback(peer.dismiss)
        report = Report(parser.description or "", facts(ours))
        rows = [measure(ours, case, given.rounds, peer) for case in cases(given.jobs)]
        report.add(f"medians of {given.rounds} runs in turn", COLUMNS, rows)
        report.print(as_json=given.json)


if __name__ == "__main__":
    main()
