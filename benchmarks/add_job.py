"""What does adding jobs cost beside Graphile Worker's own functions?

Installs three schemas in one scratch database: kongtask's, and those of the published Graphile
Workers 0.17.3 and 0.18.0, which Node installs (see ``tests/interop``). Then adds the same jobs to
each in turn, and prints medians and ratios. Run it with ``python benchmarks/add_job.py``;
``-conn`` names a server instead of the embedded one.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from psycopg import sql

from kongtask.database.connection import Connection, Target, connect, describe
from kongtask.database.embedded import embedded_server
from kongtask.database.scratch import scratch_database
from kongtask.migrate import migrate, worker_migrations

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.interop.peer import peer

OURS = "kongtask"
PEERS = {"0.17.3": 19, "0.18.0": 20}

ONE = "select id from {schema}.add_job('send', '{{\"to\": \"a@example.org\"}}', job_key => {key})"
MANY = """
select count(*) from {schema}.add_jobs(array(
  select row('task' || n % 5, '{{"to": "a@example.org"}}', null, null, null, null, null, null)
    ::{schema}.job_spec
  from generate_series(1, {count}) as n
))
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One thing to measure.

    Attributes:
        title: what it is, for people.
        statement: a call; ``{schema}`` stands for the schema.
        calls: how many calls make a run.
        jobs: how many jobs a call adds.
        is_one_transaction: all calls in one transaction, else each in its own.
    """

    title: str
    statement: str
    calls: int
    jobs: int = 1
    is_one_transaction: bool = False


KEYLESS = ONE.replace("{key}", "null")
REPLACE = ONE.replace("{key}", "'key'")
CASES = (
    Case(title="add_job, no key", statement=KEYLESS, calls=300),
    Case(title="  in one transaction", statement=KEYLESS, calls=300, is_one_transaction=True),
    Case(title="add_job, replacing by key", statement=REPLACE, calls=300),
    Case(title="  in one transaction", statement=REPLACE, calls=300, is_one_transaction=True),
    Case(title="add_jobs of 10", statement=MANY.replace("{count}", "10"), calls=100, jobs=10),
    Case(
        title="add_jobs of 10,000", statement=MANY.replace("{count}", "10000"), calls=1, jobs=10_000
    ),
)


@contextmanager
def find_server(conn: str | None) -> Iterator[Target]:
    """Yield the named server, else the embedded one."""
    if conn is not None:
        yield Target(conninfo=conn, source="-conn")
        return
    with embedded_server() as server:
        yield server.target()


def microseconds_a_job(connection: Connection, case: Case, schema: str) -> float:
    """Run a case once, on an empty table, and return what each job took."""
    connection.execute(sql.SQL("truncate {}._private_jobs").format(sql.Identifier(schema)))
    statement = sql.SQL(case.statement).format(schema=sql.Identifier(schema))
    connection.execute(statement, prepare=True)
    started = time.perf_counter()
    if case.is_one_transaction:
        with connection.transaction():
            run(connection, statement, case.calls)
    else:
        run(connection, statement, case.calls)
    return (time.perf_counter() - started) / case.calls / case.jobs * 1e6


def run(connection: Connection, statement: sql.Composed, calls: int) -> None:
    """Call as often as a run needs."""
    for _ in range(calls):
        connection.execute(statement, prepare=True)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-conn", "--conn", help="a server with a role that may create databases")
    parser.add_argument("-rounds", "--rounds", type=int, default=7, help="runs of each case")
    arguments = parser.parse_args()
    with find_server(arguments.conn) as server, scratch_database(server) as database:
        migrate(database, worker_migrations(), OURS)
        for name, revision in PEERS.items():
            peer(revision).migrate(database, name)
        with connect(database) as connection:
            connection.execute("set synchronous_commit = off")  # the functions, not the disk
            print(describe(connection))
            report(connection, arguments.rounds)


def report(connection: Connection, rounds: int) -> None:
    """Print one line a case."""
    schemas = (OURS, *PEERS)
    print(f"median of {rounds} interleaved runs; ratios above 1: kongtask is that much faster\n")
    print(f"{'µs a job':28}" + "".join(f"{name:>10}" for name in schemas), end="")
    print("".join(f"{'÷ ' + name:>12}" for name in PEERS))
    for case in CASES:
        times: dict[str, list[float]] = {schema: [] for schema in schemas}
        for _ in range(rounds):
            for schema in schemas:
                times[schema].append(microseconds_a_job(connection, case, schema))
        medians = {schema: statistics.median(seen) for schema, seen in times.items()}
        print(f"{case.title:28}" + "".join(f"{medians[name]:10.1f}" for name in schemas), end="")
        print("".join(f"{medians[name] / medians[OURS]:12.2f}" for name in PEERS))


if __name__ == "__main__":
    main()
