"""Many installers at once: real processes, beside one another and beside a Node-like one."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from kongtask.database.connection import Connection, Target, connect
from kongtask.errors import MigrationFailedError, RevisionTooOldError
from kongtask.migrate import Event, Waiting, load_migrations, migrate, worker_migrations


def start(target: Target, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "kongtask", "migrate", "-conn", target.conninfo, *arguments]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd="/"
    )


def finish(processes: list[subprocess.Popen[str]]) -> list[str]:
    """Return what each printed; all must end well."""
    printed = [process.communicate(timeout=120) for process in processes]
    codes = [process.returncode for process in processes]
    assert codes == [0] * len(processes), printed
    return [out for out, _ in printed]


def applied(lines: list[str]) -> list[int]:
    """Return every migration that some process says it applied."""
    found = [line.partition(": applied ")[2].partition(" in ")[0] for line in lines]
    return sorted(int(number) for text in found if text for number in text.split(", "))


def test_ten_processes_on_an_empty_database(each_database: Target) -> None:
    """All end well, and each migration has run exactly once."""
    printed = finish([start(each_database) for _ in range(10)])
    assert applied(printed) == [18, 19, 20]
    with connect(each_database) as connection:
        query = "select count(*), count(distinct id) from graphile_worker.migrations"
        assert connection.execute(query).fetchone() == (20, 20)


def test_ten_processes_with_a_users_set(database: Target, tmp_path: Path) -> None:
    """The same with a user's files, among them one outside a transaction."""
    (tmp_path / "000001.sql").write_text("create table t (a int); create table runs (n serial)")
    for number in (2, 4, 5):
        (tmp_path / f"{number:06}.sql").write_text("insert into runs default values")
    (tmp_path / "000003.sql").write_text(
        "--! no-transaction\ninsert into runs default values;\n"
        "create index concurrently i on t (a);\nselect pg_sleep(0.1)"
    )
    options = ("-schema", "app", "--migrations", str(tmp_path))
    printed = finish([start(database, *options) for _ in range(10)])
    assert applied(printed) == [1, 2, 3, 4, 5]
    with connect(database) as connection:
        assert connection.execute("select count(*) from app.runs").fetchone() == (4,)
        note = "select to_regclass('app.migrations_unfinished')"
        assert connection.execute(note).fetchone() == (None,)


@pytest.mark.parametrize("lock_timeout", [0.05, 0])
def test_waits_for_a_slow_installer(database: Target, tmp_path: Path, lock_timeout: float) -> None:
    """However long another installer needs, its row is waited for and then taken as done."""
    (tmp_path / "000001.sql").write_text("create table a ()")
    migrate(database, load_migrations(tmp_path), "app")
    (tmp_path / "000002.sql").write_text("create table b ()")
    with connect(database) as slow:
        slow.execute("begin")
        slow.execute("insert into app.migrations (id) values (2)")
        heard: list[Event] = []
        timer = threading.Timer(1.0, lambda: slow.execute("commit"))
        timer.start()
        outcome = migrate(
            database, load_migrations(tmp_path), "app", lock_timeout=lock_timeout,
            report=heard.append,
        )  # fmt: skip
        timer.join()
    assert (outcome.revision, outcome.applied) == (2, ())
    assert [e for e in heard if isinstance(e, Waiting)] != [] or lock_timeout == 0


def test_takes_over_from_an_installer_that_fails(database: Target, tmp_path: Path) -> None:
    """If the other one rolls back, the migration is ours again."""
    (tmp_path / "000001.sql").write_text("create table a ()")
    migrate(database, load_migrations(tmp_path), "app")
    (tmp_path / "000002.sql").write_text("create table b ()")
    with connect(database) as other:
        other.execute("begin")
        other.execute("insert into app.migrations (id) values (2)")
        timer = threading.Timer(0.5, lambda: other.execute("rollback"))
        timer.start()
        assert migrate(database, load_migrations(tmp_path), "app").applied == (2,)
        timer.join()


def test_all_processes_see_the_same_failure(database: Target, tmp_path: Path) -> None:
    """A failing migration fails for everyone, and nothing of it stays."""
    (tmp_path / "000001.sql").write_text("create table a ();\nselect nope")
    processes = [start(database, "-schema", "app", "--migrations", str(tmp_path)) for _ in range(5)]
    for process in processes:
        _, error = process.communicate(timeout=60)
        assert process.returncode == 2
        assert "000001.sql:2:8" in error
    with connect(database) as connection:
        assert connection.execute("select count(*) from app.migrations").fetchone() == (0,)


@contextmanager
def node_installer(target: Target, upto: int, pause: float) -> Iterator[None]:
    """Move through revisions 1 to ``upto`` as Graphile Worker does, a transaction each."""

    def run() -> None:
        with connect(target) as connection:
            for number in range(1, upto + 1):
                connection.execute("begin")
                connection.execute(
                    "insert into graphile_worker.migrations (id) values (%s)", [number]
                )
                time.sleep(pause)
                if number == upto:
                    make_worker_tables(connection)
                connection.execute("commit")

    with connect(target) as connection:
        connection.execute("create schema graphile_worker")
        connection.execute(
            "create table graphile_worker.migrations (id int primary key, "
            "ts timestamptz not null default now(), breaking boolean not null default false)"
        )
        connection.execute("insert into graphile_worker.migrations (id) values (0)")
        connection.execute("delete from graphile_worker.migrations")
    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        thread.join()


def make_worker_tables(connection: Connection) -> None:
    """Put in the place of Graphile Worker's first eighteen what they leave behind."""
    own = worker_migrations().migrations[0]
    connection.execute(own.text.replace(":GRAPHILE_WORKER_SCHEMA", "graphile_worker").encode())


def test_node_installer_on_its_way_is_waited_for(database: Target) -> None:
    """A schema below 18 that somebody is moving is no old schema."""
    with node_installer(database, 18, pause=0.1):
        time.sleep(0.5)
        heard: list[Event] = []
        outcome = migrate(database, worker_migrations(), "graphile_worker", report=heard.append)
    assert (outcome.revision, outcome.applied) == (20, (19, 20))
    assert any(isinstance(e, Waiting) and "bringing it up" in e.why for e in heard)


def test_node_installer_in_a_long_migration_is_waited_for(database: Target) -> None:
    """One migration that takes longer than our patience counts as moving while it runs."""
    with connect(database) as node:
        node.execute("create schema graphile_worker")
        node.execute(
            "create table graphile_worker.migrations (id int primary key, "
            "ts timestamptz not null default now(), breaking boolean not null default false)"
        )
        node.execute("insert into graphile_worker.migrations select generate_series(1, 10)")
        node.execute("begin")
        node.execute("insert into graphile_worker.migrations values (11)")
        timer = threading.Timer(4.5, lambda: node.execute("commit"))
        timer.start()
        began = time.monotonic()
        with pytest.raises(RevisionTooOldError, match="at revision 11"):
            migrate(database, worker_migrations(), "graphile_worker")
        assert time.monotonic() - began > 7
        timer.join()


def test_collisions_end(database: Target) -> None:
    """A type of the ledger's name is no installer that will be done in a moment."""
    with connect(database) as connection:
        connection.execute("create schema graphile_worker")
        connection.execute("create type graphile_worker.migrations as enum ('a')")
    with pytest.raises(Exception, match='type "migrations" already exists'):
        migrate(database, worker_migrations(), "graphile_worker")


def test_deadlock_is_tried_again(database: Target, tmp_path: Path) -> None:
    """The server ends one of two that wait for each other; a migration then runs again."""
    (tmp_path / "000001.sql").write_text("create table a (); create table b ()")
    migrate(database, load_migrations(tmp_path), "app")
    (tmp_path / "000002.sql").write_text(
        "set local lock_timeout = 0; set local deadlock_timeout = '10ms';\n"
        "alter table a add x int; select pg_sleep(0.5); alter table b add x int"
    )
    with connect(database) as other:
        other.execute("begin")
        other.execute("set local deadlock_timeout = '10s'")
        other.execute("lock table app.b")

        def cross() -> None:
            time.sleep(0.25)
            other.execute("lock table app.a")
            other.execute("rollback")

        thread = threading.Thread(target=cross)
        thread.start()
        heard: list[Event] = []
        outcome = migrate(database, load_migrations(tmp_path), "app", report=heard.append)
        thread.join()
    assert outcome.applied == (2,)
    assert any(isinstance(e, Waiting) and "deadlock detected" in e.why for e in heard)


def test_failure_of_the_ledgers_row_is_told(database: Target, tmp_path: Path) -> None:
    """Only a collision is somebody else's success; any other refusal of the row is an error."""
    (tmp_path / "000001.sql").write_text("create table a ()")
    migrate(database, load_migrations(tmp_path), "app")
    (tmp_path / "000002.sql").write_text("insert into migrations (id) values (1)")
    with pytest.raises(MigrationFailedError, match="duplicate key"):
        migrate(database, load_migrations(tmp_path), "app")
