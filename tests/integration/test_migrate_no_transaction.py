"""``--! no-transaction``: what dies halfway is told and resumed, wherever it dies."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from kongtask.database.connection import Connection, Target, connect
from kongtask.errors import ConnectionFailedError, MigrationError, MigrationFailedError
from kongtask.migrate import (
    Event,
    Resumed,
    State,
    Waiting,
    Warned,
    load_migrations,
    migrate,
    status,
)
from kongtask.migrate.unfinished import mutex_key

INDEX = "create index concurrently i on t (a)"


@pytest.fixture
def folder(tmp_path: Path, database: Target) -> Path:
    """A set whose first migration is applied: a table of a thousand rows, and a log."""
    (tmp_path / "000001.sql").write_text(
        "create table t (a int); insert into t select generate_series(1, 1000);\n"
        "create table log (what text)"
    )
    migrate(database, load_migrations(tmp_path), "app")
    return tmp_path


def write(folder: Path, *statements: str) -> None:
    text = ";\n".join(("--! no-transaction\nset application_name = 'kongtask test'", *statements))
    (folder / "000002.sql").write_text(text)


def run(database: Target, folder: Path) -> list[Event]:
    heard: list[Event] = []
    outcome = migrate(database, load_migrations(folder), "app", report=heard.append)
    assert outcome.revision == 2
    return heard


def warnings(events: list[Event]) -> list[str]:
    return [event.text for event in events if isinstance(event, Warned)]


def log(connection: Connection) -> list[str]:
    return [row[0] for row in connection.execute("select what from app.log")]


def valid_indexes(connection: Connection) -> dict[str, bool]:
    query = (
        "select indexrelid::regclass::text, indisvalid from pg_catalog.pg_index "
        "where indrelid = 'app.t'::regclass"
    )
    return dict(connection.execute(query).fetchall())


def wait_until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def test_runs_one_by_one(each_database: Target, tmp_path: Path) -> None:
    """What cannot run in a transaction runs, statement by statement; then the row is written."""
    (tmp_path / "000001.sql").write_text(
        "--! breaking no-transaction\ncreate table :SCHEMA.t (a int);\n"
        "create index concurrently i on t (a); vacuum t; -- done\n"
        "create procedure p() language plpgsql as "
        "$$ begin insert into t values (1); commit; end $$; call p();\n"
        "do $$ begin insert into t values (2); commit; end $$; reindex index concurrently i"
    )
    migrate(each_database, load_migrations(tmp_path), "my app")
    with connect(each_database) as connection:
        assert connection.execute('select a from "my app".t').fetchall() == [(1,), (2,)]
        query = 'select id, breaking, sha256 is not null from "my app".migrations'
        assert connection.execute(query).fetchall() == [(1, True, True)]
        note = """select to_regclass('"my app".migrations_unfinished')"""
        assert connection.execute(note).fetchone() == (None,)


def test_failure_keeps_what_is_done(database: Target, folder: Path, connection: Connection) -> None:
    """A statement that fails is mended in the file, and the run goes on with it."""
    write(folder, "insert into log values ('once')", "insert into nope values (1)", "select 1")
    with pytest.raises(MigrationFailedError) as caught:
        run(database, folder)
    assert "2 of 4 statements are done and stay" in str(caught.value)
    assert (caught.value.line, caught.value.column) == (4, 13)
    found = status(connection, load_migrations(folder), "app")
    assert [m.state for m in found.migrations] == [State.APPLIED, State.UNFINISHED]
    assert found.behind == 1
    write(folder, "insert into log values ('once')", "insert into log values ('twice')")
    heard = run(database, folder)
    assert [(e.done, e.statements) for e in heard if isinstance(e, Resumed)] == [(2, 3)]
    assert log(connection) == ["once", "twice"]


def test_done_statements_must_stay(database: Target, folder: Path) -> None:
    """A file whose done part was rewritten is not resumed blindly, and not in a transaction."""
    write(folder, "insert into log values ('once')", "select nope")
    with pytest.raises(MigrationFailedError):
        run(database, folder)
    write(folder, "insert into log values ('changed')", "select 1")
    with pytest.raises(MigrationError, match=r"the first 2 statements of 000002\.sql have run"):
        run(database, folder)
    (folder / "000002.sql").write_text("select 1")
    with pytest.raises(MigrationError, match="put its first line back"):
        run(database, folder)


def test_settings_are_set_again(database: Target, folder: Path, connection: Connection) -> None:
    """SET belongs to a session, so a resumed run says it again."""
    show = "insert into log select current_setting('application_name')"
    write(folder, "select nope", show)
    with pytest.raises(MigrationFailedError):
        run(database, folder)
    write(folder, show)
    run(database, folder)
    assert log(connection) == ["kongtask test"]
    (folder / "000003.sql").write_text(show)
    migrate(database, load_migrations(folder), "app")
    assert log(connection) == ["kongtask test", "kongtask"]


def test_failed_index_is_dropped_and_made_again(
    database: Target, folder: Path, connection: Connection
) -> None:
    """A unique index that found duplicates leaves an invalid one; the next run clears it away."""
    connection.execute("insert into app.t values (1)")
    write(folder, "create unique index concurrently i on t (a)")
    with pytest.raises(MigrationFailedError, match="dropping what this one left of the index i"):
        run(database, folder)
    assert valid_indexes(connection) == {"app.i": False}
    connection.execute("delete from app.t where ctid = (select max(ctid) from app.t)")
    assert any(
        "dropping the invalid index app.i" in text for text in warnings(run(database, folder))
    )
    assert valid_indexes(connection) == {"app.i": True}


def test_failed_index_under_another_name(
    database: Target, folder: Path, connection: Connection
) -> None:
    """An invalid index is dropped also where the file has another statement in its place now."""
    connection.execute("insert into app.t values (1)")
    write(folder, "create unique index concurrently i on t (a)")
    with pytest.raises(MigrationFailedError):
        run(database, folder)
    write(folder, "create index concurrently other on t (a)")
    run(database, folder)
    assert valid_indexes(connection) == {"app.other": True}


def test_invalid_index_from_elsewhere(
    database: Target, folder: Path, connection: Connection
) -> None:
    """IF NOT EXISTS is content with an invalid index; we are not."""
    connection.execute("insert into app.t values (1)")
    with pytest.raises(Exception, match="could not create unique index"):
        connection.execute('create unique index concurrently "I x" on app.t (a)')
    write(folder, 'create index concurrently if not exists "I x" on only :SCHEMA.t (a)')
    with pytest.raises(MigrationError, match=r'drop index concurrently app\."I x"'):
        run(database, folder)


def start(database: Target, folder: Path) -> subprocess.Popen[str]:
    command = [
        sys.executable, "-m", "kongtask", "migrate", "-conn", database.conninfo,
        "-schema", "app", "--migrations", str(folder),
    ]  # fmt: skip
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd="/"
    )


def backend(connection: Connection) -> int | None:
    """Return the server process that builds the index, once it waits for a transaction."""
    row = connection.execute(
        "select pid from pg_stat_activity where query like 'create index concurrently%' "
        "and wait_event_type = 'Lock'"
    ).fetchone()
    return row[0] if row else None


@pytest.mark.parametrize("ending", ["the index is finished", "the server process is ended"])
def test_killed_in_the_middle(
    database: Target, folder: Path, connection: Connection, ending: str
) -> None:
    """kill -9 while an index is built: the next run waits for the server's part, then goes on."""
    write(folder, "insert into log values ('once')", INDEX, "insert into log values ('last')")
    with connect(database) as old:
        old.execute("begin")
        old.execute("insert into app.t values (0)")  # what the index has to wait for
        victim = start(database, folder)
        wait_until(lambda: backend(connection))
        victim.kill()
        victim.communicate()
        pid = backend(connection)
        assert pid is not None  # the server does not notice, and goes on
        second = start(database, folder)
        assert second.stderr is not None
        while f"the server process {pid} runs a --! no-transaction" not in second.stderr.readline():
            pass
        if ending == "the server process is ended":
            connection.execute("select pg_terminate_backend(%s)", [pid])
            wait_until(lambda: valid_indexes(connection) == {"app.i": False})
        old.execute("rollback")
    printed, error = second.communicate(timeout=60)
    assert second.returncode == 0, error
    told = "is complete" if ending == "the index is finished" else "dropping the invalid index"
    assert told in error
    assert "going on behind the first 2 of 4 statements" in error
    assert "applied 2" in printed
    assert valid_indexes(connection) == {"app.i": True}
    assert log(connection) == ["once", "last"]


def test_interrupted(database: Target, folder: Path, connection: Connection) -> None:
    """Ctrl-C and SIGTERM stop the server's part too, and the next run resumes."""
    write(folder, INDEX)
    with connect(database) as old:
        old.execute("begin")
        old.execute("insert into app.t values (0)")
        process = start(database, folder)
        wait_until(lambda: backend(connection))
        process.terminate()
        process.communicate(timeout=30)
        assert process.returncode == 128 + 15
        wait_until(lambda: not backend(connection))
        old.execute("rollback")
    run(database, folder)
    assert valid_indexes(connection) == {"app.i": True}


#: Every point at which a run can die, by what the note then holds; the statements are
#: SET, an insert (in a transaction), VACUUM (alone), an insert.
@pytest.mark.parametrize("dies_after", range(10))
def test_dies_between_any_two_lines(
    database: Target, folder: Path, connection: Connection, dies_after: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """Whatever the last thing was that reached the server, each insert happens once."""
    write(folder, "insert into log values ('a')", "vacuum t", "insert into log values ('b')")
    left = dies_after

    def die(*args: object) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise KeyboardInterrupt

    from kongtask.migrate import session, unfinished

    real_statement, real_note = session.run_statement, unfinished._Run._note

    def run_statement(*args: object) -> None:
        die()
        real_statement(*args)  # type: ignore[arg-type]

    def note(self: object, *args: object) -> None:
        die()
        real_note(self, *args)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(unfinished, "run_statement", run_statement)
        patch.setattr(unfinished._Run, "_note", note)
        with pytest.raises(KeyboardInterrupt):
            run(database, folder)
    run(database, folder)
    assert log(connection) == ["a", "b"]


def test_in_doubt(database: Target, folder: Path, connection: Connection) -> None:
    """A statement that was under way when the connection died is named, and runs again."""
    write(folder, "vacuum t")
    migrate_dies = "call die()"
    connection.execute(
        "create procedure app.die() language plpgsql as $$ begin insert into app.log values ('x');"
        "commit; perform pg_terminate_backend(pg_backend_pid()); end $$"
    )
    write(folder, migrate_dies)
    with pytest.raises(ConnectionFailedError):
        run(database, folder)
    connection.execute(
        "create or replace procedure app.die() language sql as "
        "$$ insert into app.log values ('y') $$"
    )
    (warning,) = warnings(run(database, folder))
    assert "under way when the run before ended" in warning
    assert "000002.sql:3:1" in warning
    assert log(connection) == ["x", "y"]


def test_waits_for_the_mutex_without_a_snapshot(
    database: Target, folder: Path, connection: Connection
) -> None:
    """Whoever waits holds nothing that building an index would wait for: no deadlock."""
    write(folder, "select 1")
    connection.execute("select pg_advisory_lock(%s)", [mutex_key("app")])
    process = start(database, folder)
    assert process.stderr is not None
    while "waiting for it to end" not in process.stderr.readline():
        pass
    connection.execute(INDEX.replace(" t ", " app.t ").encode())
    connection.execute("select pg_advisory_unlock_all()")
    process.communicate(timeout=30)
    assert process.returncode == 0


@pytest.mark.parametrize(
    "text", ["begin", "commit", "discard all", "set role x", "set local a to b"]
)
def test_refused_statements(database: Target, folder: Path, text: str) -> None:
    """What would make resuming a guess is refused before anything runs."""
    write(folder, "insert into log values ('a')", text)
    with pytest.raises(MigrationError, match="does not belong in a --! no-transaction migration"):
        run(database, folder)


def test_lock_timeout_of_the_file(database: Target, folder: Path) -> None:
    """A lock_timeout that the file sets is not overruled, and one that passes is tried again."""
    write(folder, "set lock_timeout = '20ms'", "alter table t add b int")
    with connect(database) as holder:
        holder.execute("begin")
        holder.execute("lock table app.t in access share mode")
        heard: list[Event] = []

        def release(event: Event) -> None:
            heard.append(event)
            if isinstance(event, Waiting):
                holder.execute("rollback")

        migrate(database, load_migrations(folder), "app", lock_timeout=60, report=release)
    assert any(isinstance(event, Waiting) and "lock timeout" in event.why for event in heard)
