"""The engine on real servers: what it leaves in the database, and what it refuses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from kongtask.database.connection import Connection, Target, connect
from kongtask.errors import (
    BreakingRevisionError,
    ConnectionFailedError,
    DatabaseFailedError,
    MigrationError,
    MigrationFailedError,
    RevisionTooOldError,
)
from kongtask.migrate import (
    Event,
    Noticed,
    State,
    Waiting,
    Warned,
    load_migrations,
    migrate,
    status,
    worker_migrations,
)

WriteSet = Callable[..., Path]


@pytest.fixture
def write_set(tmp_path: Path) -> WriteSet:
    """A writer of folders of migrations: ``write_set("first", "second")``."""

    def write(*texts: str, first: int = 1) -> Path:
        folder = tmp_path / "sql"
        folder.mkdir(exist_ok=True)
        for number, text in enumerate(texts, first):
            (folder / f"{number:06}.sql").write_text(text)
        return folder

    return write


def rows(target: Target, query: str) -> list[tuple[object, ...]]:
    with connect(target) as connection:
        return connection.execute(query.encode()).fetchall()


def ledger(target: Target, schema: str = "app") -> list[object]:
    return [row[0] for row in rows(target, f"select id from {schema}.migrations order by id")]


def test_worker_schema(each_database: Target) -> None:
    """A fresh install records 1 to 20 as Graphile Worker would; a second run has nothing to do."""
    first = migrate(each_database, worker_migrations(), "graphile_worker")
    assert (first.previous, first.revision, first.applied) == (0, 20, (18, 19, 20))
    assert rows(
        each_database, "select id, breaking from graphile_worker.migrations order by 1"
    ) == [(number, number in {1, 3, 11, 13, 14, 16, 19}) for number in range(1, 21)]
    again = migrate(each_database, worker_migrations(), "graphile_worker")
    assert (again.previous, again.revision, again.applied) == (20, 20, ())
    assert rows(each_database, "select (graphile_worker.add_job('t')).id is not null") == [(True,)]


@pytest.mark.parametrize("schema", ['we"ird; drop', "a$$b", "select", "Größe", "x" * 63])
def test_worker_schema_under_another_name(each_database: Target, schema: str) -> None:
    """The worker's files take any name that is one, and everything lands in that schema."""
    assert migrate(each_database, worker_migrations(), schema).revision == 20
    query = "select nspname from pg_namespace where nspname !~ '^(pg_|information_schema|public)'"
    assert rows(each_database, query) == [(schema,)]


def test_goes_on_where_it_was(database: Target) -> None:
    """``to`` stops early, and the next run does the rest."""
    own = worker_migrations()
    assert migrate(database, own, "graphile_worker", to=18).applied == (18,)
    assert migrate(database, own, "graphile_worker", to=19).applied == (19,)
    with pytest.raises(MigrationError, match="no way down to 18"):
        migrate(database, own, "graphile_worker", to=18)
    assert migrate(database, own, "graphile_worker").applied == (20,)


def test_announces_to_running_workers(database: Target) -> None:
    """Each migration of a worker's schema is announced; those of a user's schema never are."""
    with connect(database) as listener:
        listener.execute('listen "worker:migrate"')
        migrate(database, worker_migrations(), "graphile_worker")
        heard = [note.payload for note in listener.notifies(timeout=5, stop_after=3)]
    assert heard == [
        '{"migrationNumber":18,"breaking":false}',
        '{"migrationNumber":19,"breaking":true}',
        '{"migrationNumber":20,"breaking":false}',
    ]


def test_user_set_is_quiet(database: Target, write_set: WriteSet) -> None:
    """A breaking migration of the user's own must not stop the workers of the database."""
    folder = write_set("--! breaking\ncreate table :SCHEMA.t ()")
    with connect(database) as listener:
        listener.execute('listen "worker:migrate"')
        migrate(database, load_migrations(folder), "app")
        assert list(listener.notifies(timeout=0.2)) == []


def test_user_set(each_database: Target, write_set: WriteSet) -> None:
    """A user's own files: both placeholders, the search path, sums in the ledger."""
    folder = write_set(
        "create table :SCHEMA.accounts (id int);\ncreate table public.far (id int)",
        "alter table accounts add column name text; insert into far values (1);\n"
        "create function :GRAPHILE_WORKER_SCHEMA.n() returns bigint language sql as\n"
        "$$ select count(*) from :SCHEMA.accounts $$;",
    )
    migrations = load_migrations(folder)
    assert migrate(each_database, migrations, "My App").applied == (1, 2)
    assert rows(each_database, 'select "My App".n(), (select count(*) from public.far)') == [(0, 1)]
    assert rows(each_database, 'select sha256 from "My App".migrations order by id') == [
        (migration.sha256,) for migration in migrations.migrations
    ]


def test_failure_rolls_back(each_database: Target, write_set: WriteSet) -> None:
    """The ledger is as before, and the error carries place, SQLSTATE and a caret."""
    folder = write_set(
        "create table :SCHEMA.a (id int)",
        "create table :SCHEMA.b (id int);\n\ncreate table :SCHEMA.c (\n\tid :SCHEMA.nope\n);\n",
    )
    with pytest.raises(MigrationFailedError) as caught:
        migrate(each_database, load_migrations(folder), "application")
    error = caught.value
    assert (error.number, error.sqlstate, error.line, error.column) == (2, "42704", 4, 5)
    text = str(error)
    assert 'type "application.nope" does not exist' in text
    assert f"--> {folder}/000002.sql:4:5\n4 | \tid :SCHEMA.nope\n  | \t   ^" in text
    assert ledger(each_database, "application") == [1]
    assert rows(each_database, "select to_regclass('application.b')") == [(None,)]
    folder.joinpath("000002.sql").write_text("create table b ()")
    assert migrate(each_database, load_migrations(folder), "application").applied == (2,)


@pytest.mark.parametrize(
    ("text", "line", "column", "sqlstate"),
    [
        ("select 1;\n  create table t ();\ncreate table t ();", 3, 1, "42P07"),
        ("select 'größe', nope", 1, 17, "42703"),
        ("create table t (a int);\n insert into t\n values (1/0)", 2, 2, "22012"),
        ("do $$\nbegin\n  insert into nope values (1);\nend $$", 3, 15, "42P01"),
        ("create function f() returns int language plpgsql as $$\nbegin\n  retrun 1;\nend $$",
         3, 3, "42601"),
        ("create function f() returns int language sql as $$\n select nope\n$$", 2, 9, "42703"),
        ("select 1;\nselect", 2, 1, None),
        ("select (1;\nselect 2", 1, 10, "42601"),
        ("select set_config('search_path', '', false); select now();\ncreate table nope ()",
         2, 14, "3F000"),
    ],
)  # fmt: skip
def test_place_of_failure(
    each_database: Target, write_set: WriteSet, text: str, line: int, column: int,
    sqlstate: str | None,
) -> None:  # fmt: skip
    """Every kind of error has its line and column, with a position from the server or without."""
    if sqlstate is None:
        assert migrate(each_database, load_migrations(write_set(text)), "app").applied == (1,)
        return
    with pytest.raises(MigrationFailedError) as caught:
        migrate(each_database, load_migrations(write_set(text)), "app")
    error = caught.value
    assert (error.line, error.column, error.sqlstate) == (line, column, sqlstate), str(error)


def test_failing_commit(database: Target, write_set: WriteSet) -> None:
    """A deferred constraint fails at the commit: no place, but the whole story."""
    folder = write_set(
        "create table a (id int primary key);\n"
        "create table b (a int references a deferrable initially deferred);\n"
        "insert into b values (7);"
    )
    with pytest.raises(MigrationFailedError, match="when the transaction was committed") as caught:
        migrate(database, load_migrations(folder), "app")
    assert caught.value.sqlstate == "23503"
    assert ledger(database) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("create table t ();\ncommit", r"COMMIT does not belong in a migration"),
        ("begin; select 1", "BEGIN does not belong"),
        ("select 1; END;", "END does not belong"),
        ("rollback", "ROLLBACK does not belong"),
        ("start transaction read only", "START does not belong"),
        ("prepare transaction 'x'", "PREPARE does not belong"),
        ("\\i other.sql", "meta-command of psql"),
        ("create table t ();\ncopy t from stdin;\n\\.", "meta-command of psql"),
        ("create table t (a int); copy t from stdin", "COPY from or to the client"),
        ("select 'a", "this string does not end"),
        ("/* a", "this comment does not end"),
    ],
)
def test_refused_files(database: Target, write_set: WriteSet, text: str, expected: str) -> None:
    """What would break the transaction, or works in psql only, is refused before anything runs."""
    with pytest.raises(MigrationError, match=expected) as caught:
        migrate(database, load_migrations(write_set("select 1", text)), "app")
    assert "000002.sql:" in str(caught.value)
    assert "^" in str(caught.value)
    assert rows(database, "select to_regnamespace('app')") == [(None,)]


def test_what_needs_no_transaction(database: Target, write_set: WriteSet) -> None:
    """PostgreSQL's refusal comes with the way out."""
    folder = write_set("create table a (b int);\ncreate index concurrently on a (b)")
    with pytest.raises(MigrationFailedError, match="first line is --! no-transaction"):
        migrate(database, load_migrations(folder), "app")


def test_savepoints_are_allowed(database: Target, write_set: WriteSet) -> None:
    """Savepoints leave the transaction whole."""
    text = (
        "savepoint a; create table t (); rollback to savepoint a; release a; prepare p as select 1"
    )
    assert migrate(database, load_migrations(write_set(text)), "app").applied == (1,)
    assert rows(database, "select to_regclass('app.t')") == [(None,)]


def test_settings_end_with_their_migration(
    database: Target, write_set: WriteSet, connection: Connection
) -> None:
    """A dump's set_config or a SET ROLE does not reach the next file, nor the ledger."""
    connection.execute("create role kongtask_test_other")
    try:
        folder = write_set(
            "select pg_catalog.set_config('search_path', '', false);\n"
            "set check_function_bodies = off; set role kongtask_test_other",
            "create table here as select current_user::text, "
            "current_setting('check_function_bodies') as bodies",
        )
        migrate(database, load_migrations(folder), "app")
        assert rows(database, "select * from app.here") == [(connection.info.user, "on")]
    finally:
        connection.execute("drop role kongtask_test_other")


def test_changed_file(database: Target, write_set: WriteSet) -> None:
    """An applied file that changes is noticed; one whose line endings change is not."""
    folder = write_set("create table a (); -- one\n")
    migrate(database, load_migrations(folder), "app")
    file = folder / "000001.sql"
    file.write_bytes(b"create table a (); -- one\r\n")
    assert migrate(database, load_migrations(folder), "app").applied == ()
    file.write_text("create table a (); -- two\n")
    with pytest.raises(MigrationError, match=r"000001\.sql\n    applied: [0-9a-f]{64}\n"):
        migrate(database, load_migrations(folder), "app")


def test_ledger_from_elsewhere(database: Target, write_set: WriteSet) -> None:
    """A ledger without sums gets them, and guards the files from then on."""
    with connect(database) as connection:
        connection.execute("create schema app")
        connection.execute("create table app.migrations (id int primary key, ts timestamptz)")
        connection.execute("insert into app.migrations values (1, now())")
    folder = write_set("create table a ()", "create table b ()")
    heard: list[Event] = []
    assert migrate(database, load_migrations(folder), "app", report=heard.append).applied == (2,)
    assert any(isinstance(e, Warned) and "recorded the sums of 1" in e.text for e in heard)
    (folder / "000001.sql").write_text("create table changed ()")
    with pytest.raises(MigrationError, match="have changed since"):
        migrate(database, load_migrations(folder), "app")


@pytest.mark.parametrize(
    "table",
    [
        "create table app.migrations (id serial, migration text, batch int)",
        "create table app.migrations (id bigint, ts timestamptz)",
        "create view app.migrations as select 1 as id, now() as ts",
        "create table app.migrations ()",
    ],
)
def test_another_tools_table(database: Target, write_set: WriteSet, table: str) -> None:
    """A table of that name that is no ledger is left alone."""
    with connect(database) as connection:
        connection.execute("create schema app")
        connection.execute(table.encode())
    with pytest.raises(MigrationError, match=r"app\.migrations is not a ledger"):
        migrate(database, load_migrations(write_set("select 1")), "app")


def test_sets_do_not_mix(database: Target, write_set: WriteSet) -> None:
    """Neither set touches the other's schema."""
    own, folder = worker_migrations(), write_set("create table a ()")
    migrate(database, own, "graphile_worker")
    migrate(database, load_migrations(folder), "app")
    with pytest.raises(MigrationError, match="need a schema of their own"):
        migrate(database, load_migrations(folder), "graphile_worker")
    with pytest.raises(MigrationError, match="migration set of its own"):
        migrate(database, own, "app")


def nodes_ledger(target: Target, revision: int) -> None:
    with connect(target) as connection:
        connection.execute("create schema graphile_worker")
        connection.execute(
            "create table graphile_worker.migrations (id int primary key, "
            "ts timestamptz not null default now(), breaking boolean not null default false)"
        )
        connection.execute(
            "insert into graphile_worker.migrations select n, now(), n in (1, 3, 11, 13, 14, 16) "
            "from generate_series(1, %s) n",
            [revision],
        )


def test_too_old(database: Target) -> None:
    """A schema from before 18 that nobody is moving is refused."""
    nodes_ledger(database, 17)
    with pytest.raises(RevisionTooOldError, match="is at revision 17"):
        migrate(database, worker_migrations(), "graphile_worker")
    assert ledger(database, "graphile_worker") == list(range(1, 18))


def test_newer(database: Target) -> None:
    """Newer and not breaking is a warning; newer and breaking is exit code 57."""
    migrate(database, worker_migrations(), "graphile_worker")
    with connect(database) as connection:
        connection.execute("insert into graphile_worker.migrations (id) values (21)")
        outcome = migrate(database, worker_migrations(), "graphile_worker")
        assert (outcome.revision, outcome.applied, len(outcome.warnings)) == (21, (), 1)
        connection.execute("insert into graphile_worker.migrations values (22, now(), true)")
    with pytest.raises(BreakingRevisionError, match="breaking revision 22"):
        migrate(database, worker_migrations(), "graphile_worker")


@pytest.fixture
def role(connection: Connection) -> Iterator[str]:
    """A role without any rights beyond its login."""
    name = f"kongtask_test_{connection.info.backend_pid}"
    connection.execute(f"create role {name} login".encode())
    yield name
    connection.execute(f"drop owned by {name}".encode())
    connection.execute(f"drop role {name}".encode())


def as_role(target: Target, role: str) -> Target:
    return Target(conninfo=make_conninfo(target.conninfo, user=role), source="-conn")


def test_no_right_to_create_a_schema(database: Target, role: str) -> None:
    """The error says who may help, and how."""
    with pytest.raises(DatabaseFailedError, match=f"create schema app authorization {role}"):
        migrate(as_role(database, role), worker_migrations(), "app")


def test_no_right_to_create_a_table(
    database: Target, role: str, connection: Connection, write_set: WriteSet
) -> None:
    """In somebody else's schema the error names the grant."""
    connection.execute("create schema app")
    with pytest.raises(DatabaseFailedError, match=f"grant create on schema app to {role}"):
        migrate(as_role(database, role), worker_migrations(), "app")


def test_schema_that_was_made_for_the_role(each_database: Target, write_set: WriteSet) -> None:
    """A role without CREATE on the database migrates a schema that it owns."""
    with connect(each_database) as admin:
        name = f"kongtask_test_{admin.info.backend_pid}"
        admin.execute(f"create role {name} login".encode())
        try:
            admin.execute(f"create schema graphile_worker authorization {name}".encode())
            admin.execute(f"create schema app authorization {name}".encode())
            target = as_role(each_database, name)
            assert migrate(target, worker_migrations(), "graphile_worker").revision == 20
            folder = write_set("create table a ()", "alter table a add b int")
            assert migrate(target, load_migrations(folder), "app").revision == 2
        finally:
            admin.execute(f"drop owned by {name}".encode())
            admin.execute(f"drop role {name}".encode())


def test_ledger_that_may_not_be_read(database: Target, role: str, connection: Connection) -> None:
    """Somebody else's ledger: the server's refusal, not a traceback."""
    migrate(database, worker_migrations(), "graphile_worker")
    with pytest.raises(DatabaseFailedError, match="permission denied"):
        migrate(as_role(database, role), worker_migrations(), "graphile_worker")
    with connect(as_role(database, role)) as other, pytest.raises(DatabaseFailedError):
        status(other, worker_migrations(), "graphile_worker")


def test_connection_lost(database: Target, write_set: WriteSet) -> None:
    """A server that goes away in the middle is told as such, and nothing stays."""
    folder = write_set("create table a (); select pg_terminate_backend(pg_backend_pid())")
    with pytest.raises(ConnectionFailedError, match=r"lost while running 000001\.sql"):
        migrate(database, load_migrations(folder), "app")
    assert ledger(database) == []


def test_lock_timeout_and_retry(database: Target, write_set: WriteSet) -> None:
    """A migration that finds its table locked steps back, and succeeds when the lock is gone."""
    folder = write_set("create table a (id int)")
    migrate(database, load_migrations(folder), "app")
    write_set("alter table a add column b int", first=2)
    with connect(database) as holder:
        holder.execute("begin")
        holder.execute("lock table app.a in access share mode")
        heard: list[Event] = []

        def release(event: Event) -> None:
            heard.append(event)
            if isinstance(event, Waiting):
                holder.execute("rollback")

        outcome = migrate(
            database, load_migrations(folder), "app", lock_timeout=0.05, report=release
        )
    assert outcome.applied == (2,)
    assert [e.why for e in heard if isinstance(e, Waiting)] == [
        "canceling statement due to lock timeout; trying again, 9 times more"
    ]


def test_strict_isolation_by_default(
    database: Target, write_set: WriteSet, connection: Connection
) -> None:
    """A role that defaults to serializable migrates all the same."""
    connection.execute("alter role current_user set default_transaction_isolation = 'serializable'")
    try:
        assert migrate(database, worker_migrations(), "graphile_worker").revision == 20
    finally:
        connection.execute("alter role current_user reset default_transaction_isolation")


def test_notices_are_passed_on(database: Target, write_set: WriteSet) -> None:
    """What a migration says is heard."""
    heard: list[Event] = []
    folder = write_set("do $$ begin raise notice 'hello from %', 1; end $$")
    migrate(database, load_migrations(folder), "app", report=heard.append)
    assert Noticed(severity="NOTICE", text="hello from 1") in heard


def test_status_changes_nothing(database: Target, write_set: WriteSet) -> None:
    """Before, in the middle, after; with a changed file and a newer row."""
    folder = write_set("create table a ()", "--! breaking\ncreate table b ()")
    migrations = load_migrations(folder)
    with connect(database) as connection:
        before = status(connection, migrations, "app")
        assert (before.revision, before.latest, before.behind) == (0, 2, 2)
        assert rows(database, "select to_regnamespace('app')") == [(None,)]
        migrate(database, migrations, "app", to=1)
        middle = status(connection, migrations, "app")
        assert [m.state for m in middle.migrations] == [State.APPLIED, State.PENDING]
        migrate(database, migrations, "app")
        assert status(connection, migrations, "app").behind == 0
        connection.execute("insert into app.migrations (id) values (3)")
        (folder / "000001.sql").write_text("create table changed ()")
        after = status(connection, load_migrations(folder), "app")
        assert [m.state for m in after.migrations] == [State.CHANGED, State.APPLIED, State.NEWER]
        assert after.problem is not None


def test_empty_migration(database: Target, write_set: WriteSet) -> None:
    """A file of comments alone is recorded like any other."""
    assert migrate(database, load_migrations(write_set("-- nothing\n")), "app").applied == (1,)


def test_sql_ascii_database(server: Target, write_set: WriteSet, connection: Connection) -> None:
    """In a database without an encoding the server counts bytes; the caret stands right still."""
    name = f"kongtask_scratch_{connection.info.backend_pid}_ascii"
    connection.execute(
        f"create database {name} encoding 'SQL_ASCII' locale 'C' template template0".encode()
    )
    try:
        with pytest.raises(MigrationFailedError) as caught:
            migrate(
                server.at_database(name), load_migrations(write_set("select 'ñandú', nope")), "app"
            )
        assert (caught.value.line, caught.value.column) == (1, 17)
    finally:
        connection.execute(f"drop database {name} with (force)".encode())


def test_driver_errors_do_not_escape(database: Target, write_set: WriteSet) -> None:
    """Whatever a file holds, what comes out is one of kongtask's errors."""
    for text in ("select '\x01'::nope", "listen x; select nope()", "call nope()", "vacuum"):
        with pytest.raises(MigrationFailedError) as caught:
            migrate(database, load_migrations(write_set(text)), "app")
        assert isinstance(caught.value.__cause__, psycopg.Error)
