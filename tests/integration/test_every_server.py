"""The worker schema on every PostgreSQL of the machine: the same bytes, loadable by psql."""

from __future__ import annotations

import subprocess
from pathlib import Path

from kongtask.database.connection import Target, connect
from kongtask.database.embedded import EMBEDDED_MAJOR, embedded_binaries
from kongtask.database.scratch import scratch_database
from kongtask.migrate import migrate, worker_migrations
from kongtask.names import WORKER_SCHEMA
from kongtask.schema import read, read_database, render
from kongtask.schema.export import parse_export
from kongtask.schema.prove import prove
from tests.programs import CHECKOUT

COMMITTED = CHECKOUT / "src/kongtask/migrate/schema/graphile_worker.sql"


def test_the_migrations_make_the_committed_export(each_database: Target) -> None:
    migrate(each_database, worker_migrations(), WORKER_SCHEMA)
    with connect(each_database) as connection:
        body = render(read(connection, WORKER_SCHEMA))
    assert body == parse_export(COMMITTED.read_text()).body


def test_psql_loads_the_committed_export_silently_and_it_exports_the_same(
    each_database: Target, each_server: Target, tmp_path: Path
) -> None:
    psql = embedded_binaries()[EMBEDDED_MAJOR] / "psql"
    done = subprocess.run(
        [psql, "--no-psqlrc", "--quiet", "--file", COMMITTED, each_database.conninfo],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    with connect(each_database) as connection:
        assert connection.execute("show search_path").fetchone() == ('"$user", public',)
        body = render(read(connection, WORKER_SCHEMA))
    assert body == parse_export(COMMITTED.read_text()).body


def test_the_proof_holds(each_server: Target) -> None:
    with scratch_database(each_server) as target:
        migrate(target, worker_migrations(), WORKER_SCHEMA)
        with connect(target) as connection:
            database = read_database(connection, [WORKER_SCHEMA], objects=False)
        assert prove(database, [WORKER_SCHEMA], target).is_exact
