"""``kongtask migrate`` as a program: options, output, exit codes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from kongtask.database.connection import Connection, Target, connect
from kongtask.database.embedded import EMBEDDED_MAJOR, LocalServer
from kongtask.migrate import worker_migrations
from tests.conftest import FAST, public_folder, server_binaries
from tests.programs import CHECKOUT, ENVIRON, run


def kongtask(
    target: Target | None,
    *arguments: str | Path,
    cwd: Path = Path("/"),
    environ: Mapping[str, str] | None = None,
) -> CompletedProcess[str]:
    conn = () if target is None else ("-conn", target.conninfo)
    return run("kongtask", "migrate", *conn, *arguments, cwd=cwd, environ=environ)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A set of three."""
    sql = tmp_path / "db" / "sql"
    sql.mkdir(parents=True)
    (sql / "000001.sql").write_text("create table :SCHEMA.a (id int)")
    (sql / "000002.sql").write_text("--! breaking\nalter table a add b int; -- the end")
    (sql / "000003.sql").write_text("--! no-transaction\ncreate index concurrently i on a (b);\n")
    return sql


def test_first_and_second_run(database: Target) -> None:
    """The first says what it did and where, the second that there is nothing to do."""
    first = kongtask(database)
    assert first.returncode == 0
    assert first.stdout.startswith("graphile_worker is at revision 20: applied 18, 19, 20 in ")
    using, *migrations = first.stderr.splitlines()
    name = conninfo_to_dict(database.conninfo)["dbname"]
    assert using.startswith(f'using database "{name}" as "postgres" on ')
    assert using.endswith(", from -conn")
    beside = migrations.pop()
    assert [line.split(" …")[0] for line in migrations] == [
        "000018.sql", "000019.sql (breaking)", "000020.sql",
    ]  # fmt: skip
    assert beside.startswith("kongtask is at revision 3: applied 1, 2, 3 in ")
    second = kongtask(database)
    assert second.returncode == 0
    assert second.stdout == "graphile_worker is at revision 20; nothing to do\n"
    assert second.stderr.splitlines() == [using]


@pytest.mark.parametrize("spelling", ["-conn", "--conn", "-c", "-connection", "--connection"])
def test_spellings(database: Target, spelling: str) -> None:
    """The Go-style single dash works beside the usual forms."""
    done = run(
        "kongtask", "migrate", spelling, database.conninfo, "-schema=other", "-to", "18", "-json"
    )
    assert json.loads(done.stdout)["applied"] == [18]
    assert json.loads(done.stdout)["schema"] == "other"


def test_status_and_check(database: Target) -> None:
    """Behind is 1, up to date is 0; neither changes anything, and --check prints no table."""
    before = kongtask(database, "--status")
    assert before.returncode == 1
    assert before.stdout.splitlines() == [
        "number  breaking  applied at  state",
        "000018                        pending",
        "000019  breaking              pending",
        "000020                        pending",
        "graphile_worker: revision 0, 3 behind",
    ]
    check = kongtask(database, "--check")
    assert (check.returncode, check.stdout) == (1, "")
    with connect(database) as connection:
        assert connection.execute("select to_regnamespace('graphile_worker')").fetchone() == (None,)
    kongtask(database)
    after = kongtask(database, "--status", "--json")
    assert after.returncode == 0
    found = json.loads(after.stdout)
    assert (found["revision"], found["latest"], found["behind"]) == (20, 20, 0)
    assert {m["state"] for m in found["migrations"]} == {"applied"}
    assert kongtask(database, "--check").returncode == 0
    assert "graphile_worker: revision 20, up to date" in kongtask(database, "--status").stdout


def psql(target: Target, script: str) -> None:
    done = run(
        server_binaries()[EMBEDDED_MAJOR] / "psql", "-X", "-v", "ON_ERROR_STOP=1",
        "-d", target.conninfo, stdin=script,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")


def contents(connection: Connection) -> list[tuple[object, ...]]:
    return connection.execute(
        "select n.nspname, c.relname, c.relkind::text from pg_catalog.pg_class c "
        "join pg_catalog.pg_namespace n on n.oid = c.relnamespace "
        "where n.nspname !~ '^(pg_|information_schema)' union all "
        "select n.nspname, p.proname, md5(p.prosrc) from pg_catalog.pg_proc p "
        "join pg_catalog.pg_namespace n on n.oid = p.pronamespace "
        "where n.nspname !~ '^(pg_|information_schema)' order by 1, 2, 3"
    ).fetchall()


def test_dry_run_is_what_a_run_does(
    database: Target, connection: Connection, folder: Path, server: Target
) -> None:
    """psql with the dry run's script makes the same database, and then nothing is to be done."""
    sets: list[tuple[str | Path, ...]] = [
        (),
        ("-schema", 'we"ird; drop'),
        ("-schema", "app", "--migrations", folder),
    ]
    scripts = [kongtask(database, *options, "--dry-run") for options in sets]
    assert contents(connection) == []
    for options, script in zip(sets, scripts, strict=True):
        assert script.returncode == 0
        psql(database, script.stdout)
        assert kongtask(database, *options, "--check").returncode == 0
        again = kongtask(database, *options, "--dry-run")
        assert (again.returncode, again.stdout) == (0, "")
        assert "up to date; nothing to do" in again.stderr
    made = contents(connection)
    for schema in ("graphile_worker", '"we""ird; drop"', "app"):
        connection.execute(f"drop schema {schema} cascade".encode())
    for options in sets:
        assert kongtask(database, *options, "--no-extension").returncode == 0
    assert contents(connection) == made


def test_dry_run_of_the_rest(database: Target, folder: Path) -> None:
    """What is done already is not in the script, also inside an unfinished file."""
    (folder / "000003.sql").write_text(
        "--! no-transaction\ninsert into a values (1);\nselect nope;\nvacuum a"
    )
    options = ("-schema", "app", "--migrations", folder)
    assert kongtask(database, *options).returncode == 2
    (folder / "000003.sql").write_text("--! no-transaction\ninsert into a values (1);\nvacuum a")
    script = kongtask(database, *options, "--dry-run").stdout
    assert "insert into a " not in script
    assert "vacuum a;" in script
    psql(database, script)
    assert kongtask(database, *options, "--check").returncode == 0


def test_users_set(database: Target, folder: Path) -> None:
    """A folder needs a schema; a project's configuration gives both."""
    without = kongtask(database, "--migrations", folder)
    assert without.returncode == 2
    assert "needs a schema: name it with -schema NAME" in without.stderr
    root = folder.parents[1]
    (root / "kongtask.toml").write_text('schema = "app"\nmigrations = "db/sql"\n')
    done = kongtask(database, cwd=root)
    assert done.stdout.startswith("app is at revision 3: applied 1, 2, 3 in ")
    assert "000003.sql (no transaction) … " in done.stderr
    assert "nothing to do" in kongtask(database, "--migrations", folder, cwd=root).stdout
    assert "applied 18" in kongtask(database, "-schema", "graphile_worker", cwd=root).stdout
    assert "applied 18" in kongtask(database, environ={"GRAPHILE_WORKER_SCHEMA": "jobs"}).stdout


def test_failing_migration(database: Target, folder: Path) -> None:
    """The error on stderr is a picture of the place; the exit code is 2."""
    (folder / "000002.sql").write_text("alter table a\n  add b nope;\n")
    done = kongtask(database, "-schema", "app", "--migrations", folder)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.splitlines()[-5:] == [
        'error: migration 000002.sql failed (rolled back): type "nope" does not exist',
        f" --> {folder}/000002.sql:2:9",
        "2 |   add b nope;",
        "  |         ^",
        "SQLSTATE: 42704",
    ]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["-to", "17"], "there is no migration 17"),
        (["-to", "21"], "there is no migration 21"),
        (["-to", "0"], "Invalid value for '--to'"),
        (["--status", "--check"], "exclude one another"),
        (["--migrations", "/nonexistent", "-schema", "x"], "No such file or directory"),
        (["-schema", ""], "the schema name is empty"),
        (["-schema", "pg_temp"], "PostgreSQL's own"),
        (["-schema", "x" * 64], "64 bytes"),
        (["-schema", "a\udcffb"], "UTF-8"),
        (["--lock-timeout", "-1"], "Invalid value"),
        (["-shcema", "x"], "No such option '-shcema'"),
    ],
)
def test_usage_errors(database: Target, arguments: list[str], expected: str) -> None:
    """A wrong option is a sentence and exit code 2."""
    done = kongtask(database, *arguments)
    assert done.returncode == 2
    assert expected in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("conn", "environ", "expected"),
    [
        ("", {}, "-conn is empty"),
        (None, {"DATABASE_URL": ""}, "DATABASE_URL is empty"),
        ("host=/nonexistent", {}, "cannot connect (server from -conn)"),
        (None, {"PGHOST": "/nonexistent"}, "cannot connect (server from PGHOST)"),
    ],
)
def test_no_server(conn: str | None, environ: dict[str, str], expected: str) -> None:
    """An empty name is never the embedded server, and a silent server is told."""
    target = None if conn is None else Target(conninfo=conn, source="")
    done = kongtask(target, environ=environ)
    assert (done.returncode, expected in done.stderr) == (2, True), done.stderr


def test_wait_has_a_limit() -> None:
    """``--wait`` gives up after its time."""
    began = time.monotonic()
    target = Target(conninfo="host=/nonexistent", source="")
    assert kongtask(target, "--wait", "0.5").returncode == 2
    assert 0.5 < time.monotonic() - began < 10


def test_wait_until_the_server_answers() -> None:
    """A server that comes up late is waited for."""
    done: list[CompletedProcess[str]] = []
    with public_folder() as folder:
        server = LocalServer(server_binaries()[EMBEDDED_MAJOR], folder / "pg", FAST)
        thread = threading.Thread(
            target=lambda: done.append(kongtask(server.target(), "--wait", "60", "-to", "18"))
        )
        thread.start()
        time.sleep(0.5)
        with server:
            thread.join()
    assert done[0].returncode == 0, done[0].stderr


@pytest.fixture
def secret_login(server: Target) -> Iterator[Target]:
    """A role that needs a password, on the test server; the target has a wrong one."""
    with connect(server) as admin:
        row = admin.execute(
            "select current_setting('hba_file'), 'kongtask_secret_' || pg_backend_pid()"
        ).fetchone()
        assert row is not None
        file, role = Path(row[0]), row[1]
        try:
            rules = file.read_text()
        except OSError:
            pytest.skip("the server's pg_hba.conf is not ours to change")
        admin.execute(f"create role {role} login password 'right'".encode())
        try:
            file.write_text(f"local all {role} scram-sha-256\n{rules}")
            admin.execute("select pg_reload_conf()")
            wrong = make_conninfo(server.conninfo, user=role, password="hunter2")
            yield Target(conninfo=wrong, source="")
        finally:
            file.write_text(rules)
            admin.execute("select pg_reload_conf()")
            admin.execute(f"drop role {role}".encode())


def test_wrong_password(secret_login: Target) -> None:
    """A refused login is told at once, waiting does not mend it, and no password is printed."""
    began = time.monotonic()
    done = kongtask(secret_login, "--wait", "60")
    assert done.returncode == 2
    assert "password authentication failed for user" in done.stderr
    assert "hunter2" not in done.stderr + done.stdout
    assert time.monotonic() - began < 30


def test_newer_breaking_revision(database: Target, connection: Connection) -> None:
    """Exit code 57 from every form of the command, and the status shows the row."""
    kongtask(database)
    connection.execute("insert into graphile_worker.migrations values (21, now(), false)")
    assert kongtask(database).returncode == 0
    assert "warning:" in kongtask(database, "--status").stderr
    connection.execute("insert into graphile_worker.migrations values (22, now(), true)")
    for option in ((), ("--status",), ("--check",), ("--dry-run",)):
        done = kongtask(database, *option)
        assert done.returncode == 57
        assert "is at breaking revision 22" in done.stderr
    assert "000022  breaking" in kongtask(database, "--status").stdout


def test_changed_file(database: Target, folder: Path) -> None:
    """Told by the run and by --check; the table marks the file."""
    options = ("-schema", "app", "--migrations", folder)
    kongtask(database, *options)
    (folder / "000001.sql").write_text("create table b ()")
    for option in ((), ("--status",), ("--check",)):
        done = kongtask(database, *options, *option)
        assert done.returncode == 2
        assert f"{folder}/000001.sql" in done.stderr
    assert "changed since it was applied" in kongtask(database, *options, "--status").stdout


def test_notices_do_not_break_the_lines(database: Target, folder: Path) -> None:
    """A migration that talks has its words on lines of their own."""
    (folder / "000002.sql").write_text("do $$ begin raise warning 'old rows: %', 3; end $$")
    done = kongtask(database, "-schema", "app", "--migrations", folder, "-to", "2")
    lines = done.stderr.splitlines()
    assert "  WARNING: old rows: 3" in lines
    assert lines[lines.index("  WARNING: old rows: 3") + 1].startswith("  … ")


def test_without_a_named_database_the_embedded_one_is_used(tmp_path: Path) -> None:
    """Each project has its own database there."""
    (tmp_path / "kongtask.toml").write_text("")
    with public_folder() as home:
        environ = {"KONGTASK_EMBEDDED_DIR": str(home)}
        first = kongtask(None, cwd=tmp_path, environ=environ)
        assert first.returncode == 0, first.stderr
        assert ", from the embedded server" in first.stderr
        assert "nothing to do" in kongtask(None, cwd=tmp_path, environ=environ).stdout


def test_worker_files_are_in_the_package() -> None:
    """The set is found as package data, not by a path of the checkout."""
    assert [migration.number for migration in worker_migrations().migrations] == [18, 19, 20]


def test_interrupted(database: Target, folder: Path) -> None:
    """Ctrl-C rolls back and is no "behind": its exit code is the shell's usual 130."""
    (folder / "000001.sql").write_text("create table a (); select pg_sleep(60)")
    command = ["kongtask", "migrate", "-conn", database.conninfo, "-schema", "app"]
    sleeping = "select exists (select from pg_stat_activity where wait_event = 'PgSleep')"
    with (
        connect(database) as connection,
        subprocess.Popen(
            [*command, "--migrations", str(folder)], stderr=subprocess.PIPE, text=True, env=ENVIRON
        ) as process,
    ):
        while connection.execute(sleeping).fetchone() == (False,):
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        _, error = process.communicate(timeout=30)
        assert error.endswith("error: interrupted\n")
        assert process.returncode == 130
        while connection.execute(sleeping).fetchone() == (True,):
            time.sleep(0.02)
        assert connection.execute("select count(*) from app.migrations").fetchone() == (0,)


def test_reader_that_goes_away(database: Target) -> None:
    """A closed pipe is an error with a code of its own, and no traceback."""
    command = ["kongtask", "migrate", "-conn", database.conninfo, "--dry-run"]
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        command, stdout=writing, stderr=subprocess.PIPE, text=True, env=ENVIRON, check=False
    )
    os.close(writing)
    assert (done.returncode, "Traceback" in done.stderr) == (2, False)


def schemas(connection: Connection) -> set[str]:
    query = "select nspname from pg_namespace where nspname !~ '^pg_|^information_schema$|^public$'"
    return {name for (name,) in connection.execute(query)}


def test_the_schema_beside_a_worker_schema_has_a_name_of_its_own(
    database: Target, connection: Connection
) -> None:
    """One for each worker schema, and none beside a user's or where it is not wanted."""
    kongtask(database, "-schema", "other")
    assert schemas(connection) == {"other", "kongtask_other"}
    kongtask(database, "--no-extension")
    assert schemas(connection) == {"other", "kongtask_other", "graphile_worker"}
    done = kongtask(database, "-schema", "kongtask")
    assert done.stdout.startswith("kongtask is at revision 3: applied 1, 2, 3 in ")
    assert schemas(connection) == {"other", "kongtask_other", "graphile_worker", "kongtask"}
    assert kongtask(database, "-schema", "kongtask", "--check").returncode == 0


def test_a_role_that_may_not_make_the_schema_beside_is_warned(
    database: Target, connection: Connection
) -> None:
    role = f"kongtask_beside_{connection.info.backend_pid}"
    connection.execute(f"create role {role} login".encode())
    connection.execute(f"create schema graphile_worker authorization {role}".encode())
    try:
        theirs = Target(conninfo=make_conninfo(database.conninfo, user=role), source="-conn")
        done = kongtask(theirs)
        assert done.returncode == 0, done.stderr
        assert "warning: the role may not make or use the schema kongtask" in done.stderr
        assert schemas(connection) == {"graphile_worker"}
    finally:
        connection.execute(f"drop owned by {role} cascade".encode())
        connection.execute(f"drop role {role}".encode())


def test_the_schema_beside_is_exported_as_committed(database: Target) -> None:
    """With psql's and every other driver's text; without it, --if-exists does nothing."""
    arguments = ("schema-dump", "-conn", database.conninfo, "-schema", "kongtask")
    committed = CHECKOUT / "src/kongtask/migrate/schema/kongtask.sql"
    assert run(*arguments, "-output", "-").returncode == 2
    assert run(*arguments, "-output", "-", "--if-exists").stdout == ""
    kongtask(database)
    done = run(*arguments, "-output", "-", "--prove")
    assert done.stdout == committed.read_text()
