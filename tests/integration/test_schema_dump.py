"""``schema-dump`` as its users run it: what it writes, what it says, how it exits."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from kongtask.database.connection import Connection, Target, connect
from tests.programs import CHECKOUT, run

SHOP = """
create schema shop;
create table shop.items (id bigint generated always as identity primary key, name text not null);
create index items_name on shop.items (lower(name));
create view shop.names as select name from shop.items;
"""


@pytest.fixture
def shop(database: Target) -> Target:
    """A database with a small schema in it."""
    with connect(database) as connection:
        connection.execute(SHOP)
    return database


def dump(target: Target, *arguments: str | Path, cwd: Path | None = None) -> tuple[int, str, str]:
    """Export the schema ``shop`` with some further options."""
    done = run("schema-dump", "-conn", target.conninfo, "-schema", "shop", *arguments, cwd=cwd)
    return done.returncode, done.stdout, done.stderr


def test_the_export_makes_parent_folders_and_is_loadable_sql(shop: Target, tmp_path: Path) -> None:
    file = tmp_path / "a" / "b" / "shop.sql"
    code, out, err = dump(shop, "-output", file)
    assert (code, out) == (0, "")
    assert f"wrote {file}" in err
    text = file.read_text()
    assert text.startswith("-- Schema:    shop\n-- Generated: ")
    assert "DO NOT EDIT" in text
    assert "CREATE TABLE shop.items (" in text


def test_a_second_export_leaves_the_file_untouched(shop: Target, tmp_path: Path) -> None:
    file = tmp_path / "shop.sql"
    dump(shop, "-o", file)
    before = (file.read_bytes(), file.stat().st_mtime_ns, file.stat().st_ino)
    code, _, err = dump(shop, "-o", file)
    assert code == 0
    assert "is up to date" in err
    assert (file.read_bytes(), file.stat().st_mtime_ns, file.stat().st_ino) == before


def test_a_dash_writes_to_stdout_and_nothing_else_does(shop: Target, tmp_path: Path) -> None:
    code, out, err = dump(shop, "-output", "-", cwd=tmp_path)
    assert code == 0
    assert out.startswith("-- Schema:    shop\n")
    assert "using database" in err
    assert list(tmp_path.iterdir()) == []


def test_without_an_output_the_file_is_named_after_the_schema(shop: Target, tmp_path: Path) -> None:
    assert dump(shop, cwd=tmp_path)[0] == 0
    assert (tmp_path / "schema" / "shop.sql").exists()


def test_the_committed_file_lends_its_timestamp_while_the_schema_is_the_same(
    shop: Target, tmp_path: Path
) -> None:
    committed, other = tmp_path / "committed.sql", tmp_path / "other.sql"
    dump(shop, "-o", committed)
    aged = committed.read_text().replace("-- Generated: 20", "-- Generated: 19", 1)
    committed.write_text(aged)
    assert dump(shop, "--committed", committed, "-o", other)[0] == 0
    assert other.read_text() == aged


def test_a_changed_schema_changes_its_lines_and_the_headers(shop: Target, tmp_path: Path) -> None:
    file = tmp_path / "shop.sql"
    dump(shop, "-o", file)
    file.write_text(file.read_text().replace("-- Generated: 20", "-- Generated: 19", 1))
    with connect(shop) as connection:
        connection.execute("alter table shop.items add column price int")
    code, out, _ = dump(shop, "-o", file, "--check")
    changed = [line for line in out.splitlines()[2:] if line.startswith(("+", "-"))]
    assert code == 1
    assert sorted(line[:13] for line in changed[:4]) == [
        "+-- Generated",
        "+-- SHA-256: ",
        "--- Generated",
        "--- SHA-256: ",
    ]
    assert changed[4:] == ["+    price integer,"]


def test_check_writes_nothing_and_tells_by_its_exit_code(shop: Target, tmp_path: Path) -> None:
    file = tmp_path / "shop.sql"
    code, out, _ = dump(shop, "-o", file, "--check")
    assert code == 1
    assert out.startswith("--- /dev/null\n")
    assert not file.exists()
    dump(shop, "-o", file)
    assert dump(shop, "-o", file, "--check")[:2] == (0, "")


def test_an_edited_file_is_told_and_replaced(shop: Target, tmp_path: Path) -> None:
    file = tmp_path / "shop.sql"
    dump(shop, "-o", file)
    good = file.read_text()
    file.write_text(good.replace("name text", "name varchar"))
    code, _, err = dump(shop, "-o", file)
    assert code == 0
    assert "was edited by hand" in err
    assert "name text" in file.read_text()


def test_prove_says_that_it_holds_and_leaves_no_database(shop: Target, tmp_path: Path) -> None:
    with connect(shop) as connection:
        names = "select datname from pg_database order by datname"  # other tests have theirs
        before = connection.execute(names).fetchall()
        code, _, err = dump(shop, "-o", tmp_path / "shop.sql", "--prove")
        assert code == 0, err
        assert "proved" in err
        assert connection.execute(names).fetchall() == before


def test_json_tells_programs_what_was_done(shop: Target, tmp_path: Path) -> None:
    file = tmp_path / "shop.sql"
    code, out, _ = dump(shop, "-o", file, "--json")
    result = json.loads(out)
    assert code == 0
    assert (result["schema"], result["output"], result["changed"]) == ("shop", str(file), True)
    assert result["bytes"] == file.stat().st_size


def test_the_timestamp_is_source_date_epoch_where_it_is_set(shop: Target, tmp_path: Path) -> None:
    done = run(
        "schema-dump", "-conn", shop.conninfo, "-schema", "shop", "-o", "-",
        environ={"SOURCE_DATE_EPOCH": "1000000000"},
    )  # fmt: skip
    assert "-- Generated: 2001-09-09T01:46:40Z\n" in done.stdout


@pytest.mark.parametrize("spelling", ["-conn", "--conn", "-c", "--connection", "-connection"])
def test_every_spelling_of_the_connection_option_works(shop: Target, spelling: str) -> None:
    done = run("schema-dump", spelling, shop.conninfo, "-s", "shop", "-o", "-")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("spelling", ["-help", "--help", "-h"])
def test_every_spelling_of_help_prints_the_options(spelling: str) -> None:
    done = run("schema-dump", spelling)
    assert done.returncode == 0
    assert "-conn, -c, --conn, --connection CONNINFO" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "environ", "expected"),
    [
        (["-conn", ""], {}, "-conn is empty"),
        ([], {"DATABASE_URL": ""}, "DATABASE_URL is empty"),
        ([], {"PGHOST": ""}, "PGHOST is set but empty"),
        (["-schema", ""], {}, "schema name is empty"),
        ([], {"GRAPHILE_WORKER_SCHEMA": ""}, "GRAPHILE_WORKER_SCHEMA is set but empty"),
        (["-conm", "x"], {}, "No such option '-conm'. (Did you mean"),
        (["-conn", "postgres://u:geheim@h:x/d"], {}, "not a connection string"),
        (["-conn", "postgres://u:ge@heim@h/d"], {}, "not a connection string"),
        (["-output", ""], {}, "not an empty value"),
        (["--committed", "/nowhere.sql"], {}, "there is no such file"),
    ],
)
def test_bad_usage_is_a_sentence_and_exit_2(
    arguments: list[str], environ: dict[str, str], expected: str, tmp_path: Path
) -> None:
    done = run("schema-dump", *arguments, environ=environ, cwd=tmp_path)
    assert done.returncode == 2
    assert expected in done.stderr
    assert "Traceback" not in done.stderr
    assert "geheim" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_schema_is_an_error_that_suggests_near_names(shop: Target) -> None:
    done = run("schema-dump", "-conn", shop.conninfo, "-schema", "shopp", "-o", "-")
    assert done.returncode == 2
    assert 'there is no schema "shopp" in this database; did you mean shop?' in done.stderr


def test_no_server_is_an_error_without_the_password() -> None:
    conninfo = "postgres://somebody:geheim@127.0.0.1:1/nothing"
    done = run("schema-dump", "-conn", conninfo, "-o", "-")
    assert done.returncode == 2
    assert "cannot connect (server from -conn)" in done.stderr
    assert "geheim" not in done.stderr


def test_an_unwritable_output_is_an_error_and_the_old_file_stays(
    shop: Target, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("old")
    code, _, err = dump(shop, "-o", tmp_path / "file" / "shop.sql")
    assert code == 2
    assert "cannot read" in err or "cannot write" in err
    assert (tmp_path / "file").read_text() == "old"


def test_the_files_mode_survives_and_a_link_is_followed(shop: Target, tmp_path: Path) -> None:
    real, link = tmp_path / "real.sql", tmp_path / "link.sql"
    real.write_text("old")
    real.chmod(0o640)
    link.symlink_to(real)
    assert dump(shop, "-o", link)[0] == 0
    assert link.is_symlink()
    assert real.read_text().startswith("-- Schema:    shop")
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link.sql", "real.sql"]


def test_a_connection_lost_midway_leaves_the_old_file(shop: Target, tmp_path: Path) -> None:
    """The export waits for a lock; its session is ended meanwhile."""
    file = tmp_path / "shop.sql"
    file.write_text("old")
    with connect(shop) as blocker, connect(shop) as watcher:
        blocker.execute("begin; lock table shop.items in access exclusive mode")
        terminate = (
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where datname = current_database() and application_name = 'kongtask'"
            " and wait_event_type = 'Lock'"
        )
        with _background(lambda: dump(shop, "-o", file)) as finished:
            _until(watcher, terminate)
            code, _, err = finished()
    assert code == 2
    assert "connection was lost" in err
    assert file.read_text() == "old"


def test_what_the_schema_leans_on_is_in_the_header(shop: Target) -> None:
    with connect(shop) as connection:
        connection.execute(
            "create schema other; create type other.mood as enum ('good');"
            "alter table shop.items add column mood other.mood"
        )
    done = run("schema-dump", "-conn", shop.conninfo, "-schema", "shop", "-o", "-", "--prove")
    assert done.returncode == 0, done.stderr
    assert "\n-- Needs:     schema other\n" in done.stdout


def test_a_name_cannot_leave_the_headers_comment(database: Target) -> None:
    name = "a\nselect 1;--"
    with connect(database) as connection:
        connection.execute('create schema "a\nselect 1;--"')
    done = run("schema-dump", "-conn", database.conninfo, "-schema", name, "-o", "-", "--prove")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("-- Schema:    a\\nselect 1;--\n-- Generated: ")


def test_the_worker_schema_of_this_checkout_is_what_its_migrations_make() -> None:
    done = run("schema-dump", "-schema", "graphile_worker", "--check", cwd=CHECKOUT)
    assert done.returncode == 0, done.stdout + done.stderr


def test_without_a_server_another_schema_name_means_the_worker_schema_under_that_name(
    tmp_path: Path,
) -> None:
    done = run("schema-dump", "-schema", 'we"ird; drop', "-o", "-", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    shipped = (CHECKOUT / "src/kongtask/migrate/schema/graphile_worker.sql").read_text()
    renamed = shipped.replace("graphile_worker.", '"we""ird; drop".').replace(
        "EXISTS graphile_worker;", 'EXISTS "we""ird; drop";'
    )
    assert done.stdout.partition("\n\n")[2] == renamed.partition("\n\n")[2]


def _until(connection: Connection, query: str) -> None:
    """Run a query until it returns a row; the program under test has 60 s to get there."""
    for _ in range(600):
        if connection.execute(query).fetchone() is not None:
            return
        connection.execute("select pg_sleep(0.1)")
    raise AssertionError(f"no row in time: {query}")


class _background:  # noqa: N801 -- reads as a function
    """Run something in a thread; the value of the block waits for its result."""

    def __init__(self, work: Callable[[], tuple[int, str, str]]) -> None:
        from concurrent.futures import ThreadPoolExecutor

        self._pool = ThreadPoolExecutor(1)
        self._work = work

    def __enter__(self) -> Callable[[], tuple[int, str, str]]:
        return self._pool.submit(self._work).result

    def __exit__(self, *exc: object) -> None:
        self._pool.shutdown()
