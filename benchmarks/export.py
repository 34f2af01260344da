"""How long does an export take beside ``pg_dump --schema-only``, and how does it grow?

Builds schemas of N tables (ten columns, two indexes, a foreign key, a comment and a trigger each)
on the embedded server, then times both programs on the same database in turn, and prints medians
and their ratio. Run it with ``make bench`` or ``python benchmarks/export.py [N …]``.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

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


def seconds(command: list[str]) -> float:
    """Run a program to its end and return how long it took."""
    started = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - started


def compare(server: LocalServer, tables: int, runs: int) -> tuple[float, float]:
    """Return the medians of our time and pg_dump's, taken in turn, in seconds."""
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
            seconds(command)
        pairs = [(seconds(ours), seconds(peer)) for _ in range(runs)]
    return statistics.median(a for a, _ in pairs), statistics.median(b for _, b in pairs)


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
        print(f"PostgreSQL {version}, {settings} = {locks and locks[0]}")
        print(f"{'tables':>8} {'kongtask':>10} {'pg_dump':>10} {'ratio':>7}")
        for tables in options.tables:
            ours, peer = compare(server, tables, options.runs)
            print(f"{tables:8} {ours:9.2f}s {peer:9.2f}s {ours / peer:7.2f}")
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"largest process: {peak:.0f} MB")


if __name__ == "__main__":
    main()
