"""How long does an export take beside ``pg_dump --schema-only``, and how does it grow?

Builds schemas of N tables (ten columns, two indexes, a foreign key, a comment and a trigger each)
on the embedded server, then times both programs on the same database in turn, and prints medians:
of the wall time, of its ratio, and of the processor time that each program takes itself. The
server's comes on top of that, and tells why a busy machine gives other ratios than a quiet one.
Run it with ``make bench`` or ``python benchmarks/export.py [N …]``.
"""

from __future__ import annotations

import argparse
import platform
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

from kongtask.database.connection import Target, connect
from kongtask.database.embedded import EMBEDDED_MAJOR, LocalServer, embedded_server
from kongtask.database.scratch import scratch_database

TABLE = """
create table bench.t{n} (
  id bigint generated always as identity primary key,
  parent_id bigint references bench.t{parent} (id),
  name text not null default 'x', email varchar(200), amount numeric(12, 2) not null default 0,
  active boolean not null default true, tags text[], payload jsonb not null default '{{}}',
  created_at timestamptz not null default now(), updated_at timestamptz
);
create index t{n}_name on bench.t{n} (lower(name));
create index t{n}_created on bench.t{n} (created_at, id) where active;
comment on table bench.t{n} is 'Table number {n}.';
create trigger touch before update on bench.t{n} for each row execute function bench.touch();
"""
TOUCH = """
create schema bench;
create function bench.touch() returns trigger language plpgsql as
$$ begin new.updated_at := now(); return new; end $$;
"""


def build(target: Target, tables: int) -> None:
    """Make the schema ``bench``."""
    with connect(target) as connection:
        connection.execute(TOUCH)
        for start in range(0, tables, 200):
            numbers = range(start, min(start + 200, tables))
            connection.execute(
                "".join(TABLE.format(n=n, parent=max(0, n - 1)) for n in numbers).encode()
            )
        connection.execute("analyze")


class Run(NamedTuple):
    """What a run of a program took, in seconds."""

    wall: float
    processor: float


def run(command: list[str]) -> Run:
    """Run a program to its end."""
    before, started = processor_time(), time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return Run(time.perf_counter() - started, processor_time() - before)


def processor_time() -> float:
    """Return what all programs that have ended took of the processor."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def compare(server: LocalServer, tables: int, runs: int) -> list[tuple[Run, Run]]:
    """Return runs of ours and of pg_dump's, taken in turn."""
    with scratch_database(server.target()) as target:
        build(target, tables)
        ours = [
            str(Path(sys.executable).parent / "schema-dump"),
            "-conn", target.conninfo, "-schema", "bench", "-output", "-",
        ]  # fmt: skip
        peer = [
            str(server.binaries / "pg_dump"),
            "--schema-only", "--schema=bench", "--no-owner", "--dbname", target.conninfo,
        ]  # fmt: skip
        for command in (ours, peer):
            run(command)
        return [(run(ours), run(peer)) for _ in range(runs)]


def line(tables: int, pairs: list[tuple[Run, Run]]) -> str:
    """Return the medians of some pairs of runs."""
    median = statistics.median
    ours, peer = [own for own, _ in pairs], [other for _, other in pairs]
    return (
        f"{tables:8} {median(it.wall for it in ours):9.2f}s {median(it.wall for it in peer):9.2f}s "
        f"{median(own.wall / other.wall for own, other in pairs):7.2f} "
        f"{median(it.processor for it in ours):12.2f}s "
        f"{median(it.processor for it in peer):9.2f}s"
    )


def main() -> None:
    """Print a line for each size."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tables", nargs="*", type=int, default=[100, 1000, 10000])
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    settings = "max_locks_per_transaction"  # pg_dump locks every table in one transaction
    with embedded_server(EMBEDDED_MAJOR) as server:
        with connect(server.target()) as connection:
            version = connection.info.parameter_status("server_version")
            locks = connection.execute(f"show {settings}").fetchone()
        python = platform.python_version()
        print(f"PostgreSQL {version}, {settings} = {locks and locks[0]}, Python {python}")
        print(f"{'':8} {'wall time':>29} {'processor time':>24}")
        print(
            f"{'tables':>8} {'kongtask':>10} {'pg_dump':>10} {'ratio':>7} "
            f"{'kongtask':>13} {'pg_dump':>10}"
        )
        for tables in options.tables:
            print(line(tables, compare(server, tables, options.runs)))
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"largest process: {peak:.0f} MB")


if __name__ == "__main__":
    main()
