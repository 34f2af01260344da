"""``kongtask schema lint``: what it prints, what silences it, and how it ends."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import jsonschema  # type: ignore[import-untyped]  # ships no types
import pytest

from kongtask.database.connection import Connection, Target, connect
from kongtask.database.scratch import scratch_database
from kongtask.migrate import migrate, worker_migrations
from tests.programs import CHECKOUT, run
from tests.unit.test_findings import SARIF_SCHEMA

FIRST = """\
create table customer (id bigint generated always as identity primary key, name text);
create table orders (
  id bigint generated always as identity primary key,
  customer_id bigint constraint orders_customer references customer
);
"""

SECOND = """\
alter table customer drop column name;
create index on orders (id);
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two migrations; the committed export has the first one only."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "migrations").mkdir()
    settings(tmp_path, "")
    (tmp_path / "migrations/000001.sql").write_text(FIRST)
    assert run("kongtask", "schema-dump").returncode == 0
    (tmp_path / "migrations/000002.sql").write_text(SECOND)
    return tmp_path


def settings(folder: Path, lint: str) -> None:
    text = f'schema = "shop"\nmigrations = "migrations"\n{lint}\n'
    (folder / "kongtask.toml").write_text(text)


def lint(*arguments: str, code: int = 1) -> str:
    done = run("kongtask", "schema", "lint", *arguments)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


def rules_in(text: str) -> list[str]:
    return [finding["rule"] for finding in json.loads(text)["findings"]]


def test_migrations_and_the_schema_that_they_make_are_linted(project: Path) -> None:
    done = run("kongtask", "schema", "lint")
    assert done.returncode == 1
    assert done.stderr.splitlines()[0] == (
        f"linting 2 of 2 migrations of {project}/migrations: 000001.sql, 000002.sql"
    )
    assert (
        done.stdout
        == """\
migrations/000002.sql:1:22: warning: Dropping a column may break existing clients. [ban-drop-column]
1 | alter table customer drop column name;
  |                      ^
migrations/000002.sql:1:22: warning: this may break programs in use (ban-drop-column), and the \
file is not marked so [breaking-not-marked]
1 | alter table customer drop column name;
  |                      ^
    hint: write --! breaking on its first line, or silence ban-drop-column with the reason why \
nothing breaks
migrations/000002.sql:2:1: warning: During normal index creation, table updates are blocked, but \
reads are still allowed. [require-concurrent-index-creation]
2 | create index on orders (id);
  | ^
    hint: Use `concurrently` to avoid blocking writes.
schema/shop.sql:34: warning: index shop.orders_id_idx says the same as the index shop.orders_pkey \
[duplicate-index]
34 | CREATE TABLE shop.orders (
    hint: drop one of the two: drop index concurrently …
schema/shop.sql:44: warning: constraint orders_customer on shop.orders has no index that begins \
with customer_id [unindexed-foreign-key]
44 | ALTER TABLE shop.orders ADD CONSTRAINT orders_customer FOREIGN KEY (customer_id) REFERENCES \
shop.cus…
    hint: make one: create index concurrently on shop.orders (customer_id)
5 warnings
"""
    )


def test_a_live_database_is_linted_as_it_is(
    project: Path, database: Target, connection: Connection
) -> None:
    connection.execute("create schema shop; create table shop.log (line text)")
    found = json.loads(lint("-conn", database.conninfo, "--schema-only", "--json"))
    assert found["summary"] == {"error": 0, "warning": 1, "note": 0}
    (finding,) = found["findings"]
    assert (finding["rule"], finding["object"]) == ("no-primary-key", "table shop.log")
    # The committed export does not have that table, and no line speaks of it.
    assert (finding["file"], finding["line"]) == ("schema/shop.sql", None)
    lint("-conn", "", code=2)
    assert "is empty" in run("kongtask", "schema", "lint", "-conn", "").stderr


def test_the_formats_for_code_hosts(project: Path) -> None:
    lines = lint("--format", "github").splitlines()
    assert len(lines) == 5
    assert lines[0] == (
        "::warning file=migrations/000002.sql,line=1,col=22,title=ban-drop-column::"
        "Dropping a column may break existing clients."
    )
    log = json.loads(lint("--format", "sarif"))
    jsonschema.validate(log, SARIF_SCHEMA)
    (run_,) = log["runs"]
    assert len(run_["results"]) == 5
    rules = {rule["id"]: rule for rule in run_["tool"]["driver"]["rules"]}
    assert rules["ban-drop-column"]["helpUri"] == "https://squawkhq.com/docs/ban-drop-column"
    assert rules["duplicate-index"]["shortDescription"]["text"].endswith(".")


def test_paths_are_those_of_the_repository(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inner = project / "services/shop"
    inner.mkdir(parents=True)
    for name in ("migrations", "schema", "kongtask.toml"):
        (project / name).rename(inner / name)
    subprocess.run(["git", "init", "-q"], cwd=project, check=True)
    monkeypatch.chdir(inner / "migrations")
    assert "file=services/shop/migrations/000002.sql," in lint("--format", "github")
    assert "\n../" not in lint()


def test_what_the_settings_silence_is_not_found_and_what_they_silence_in_vain_is(
    project: Path,
) -> None:
    settings(
        project,
        """
[lint]
include = ["prefer-identity"]
ignore = [
  { rule = "ban-drop-column", file = "000002.sql", reason = "x" },
  { rule = "breaking-not-marked", reason = "x" },
  { rule = "require-concurrent-index-creation", file = "*.sql", reason = "x" },
  { rule = "duplicate-index", object = "index shop.orders_*", reason = "x" },
  { rule = "unindexed-foreign-key", object = "constraint orders_customer on shop.orders", \
reason = "x" },
  { rule = "no-primary-key", object = "table shop.*", reason = "x" },
]
""",
    )
    text = lint(code=0)
    assert text == (
        "kongtask.toml: note: the settings silence no-primary-key for table shop.*, which is not "
        "found [ignore-without-effect]\n"
        "    hint: take the entry out of lint.ignore\n"
        "1 note\n"
    )
    # What was not looked for may still be there.
    assert lint("--schema-only", code=0) == "nothing found\n"
    assert lint("--since", "1", code=0) == "nothing found\n"


def test_rules_are_chosen_by_name(project: Path) -> None:
    assert rules_in(lint("--rules", "duplicate-index", "--json")) == ["duplicate-index"]
    found = rules_in(lint("--exclude", "ban-drop-column,duplicate-index", "--json"))
    assert "duplicate-index" not in found
    assert "ban-drop-column" not in found
    assert "unindexed-foreign-key" in found
    (project / "migrations/000003.sql").write_text("create table t (id serial primary key);")
    assert "prefer-identity" not in rules_in(lint("--json"))
    assert "prefer-identity" in rules_in(lint("--include", "prefer-identity", "--json"))
    assert lint("--rules", "prefer-identity", "--level", "warning", code=0) == "nothing found\n"


def test_a_level_hides_what_is_below_it(project: Path) -> None:
    (project / "migrations/000003.sql").write_text("vacuum orders;")
    found = run("kongtask", "schema", "lint", "--migrations-only", "--level", "error")
    assert found.returncode == 1
    assert found.stdout.splitlines()[-1] == "1 error"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--rules", "no-primry-key"], 'no rule "no-primry-key"; did you mean no-primary-key'),
        (["--include", "x"], 'there is no rule "x"'),
        (["--schema-only", "--migrations-only"], "leave nothing"),
        (["--since", "first"], "give the number of a migration, or git:REF"),
        (["--since", "git:"], "give a commit"),
        (["--since", "git:--all"], "give a commit"),
        (["--since", "git:nowhere"], "git:nowhere: "),
    ],
)
def test_what_is_no_sense_is_an_error(project: Path, arguments: list[str], message: str) -> None:
    done = run("kongtask", "schema", "lint", *arguments)
    assert done.returncode == 2
    assert message in done.stderr


def test_only_new_migrations_are_linted_where_that_is_asked_for(project: Path) -> None:
    assert rules_in(lint("--migrations-only", "--since", "2", "--json", code=0)) == []
    (project / "migrations/000002.sql").rename(project / "000002.sql")
    for words in (
        ["init", "-q"],
        ["add", "migrations"],
        ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "x"],
    ):
        subprocess.run(["git", *words], cwd=project, check=True)
    (project / "000002.sql").rename(project / "migrations/000002.sql")
    done = run("kongtask", "schema", "lint", "--migrations-only", "--since", "git:HEAD", "--json")
    assert f"linting 1 of 2 migrations of {project}/migrations: 000002.sql\n" == done.stderr
    assert "ban-drop-column" in rules_in(done.stdout)
    subprocess.run(["git", "add", "."], cwd=project, check=True)
    commit = ["git", "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "y"]
    subprocess.run(commit, cwd=project, check=True)
    lint("--migrations-only", "--since", "git:HEAD", code=0)
    lint("--migrations-only", "--since", "git:HEAD^", code=1)


def test_a_secret_is_not_printed_in_any_format(project: Path) -> None:
    (project / "migrations/000002.sql").write_text(
        "alter table customer add api_key text default 'hunter22hunter22';"
    )
    assert run("kongtask", "schema-dump").returncode == 0
    for format_ in ("text", "json", "github", "sarif"):
        text = lint("--schema-only", "--format", format_)
        assert "column shop.customer.api_key has what looks like a secret" in text
        assert "hunter22" not in text


def test_the_worker_s_migrations_are_not_the_project_s(tmp_path: Path) -> None:
    done = run("kongtask", "schema", "lint", "--migrations-only", cwd=tmp_path)
    assert done.returncode == 0
    assert done.stderr == "the worker's own migrations are kongtask's: not linted\n"


def test_the_worker_s_schema_is_not_the_project_s_to_mend(tmp_path: Path, server: Target) -> None:
    """A database's is linted when it is asked for: somebody may have added to it."""
    done = run("kongtask", "schema", "lint", "--schema-only", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "nothing found\n")
    assert done.stderr == "the schema graphile_worker is kongtask's: not linted without -conn\n"
    with scratch_database(server) as target:
        migrate(target, worker_migrations(), "graphile_worker")
        with connect(target) as connection:
            connection.execute("create table graphile_worker.mine (id int)")
        done = run("kongtask", "schema", "lint", "--schema-only", "-conn", target.conninfo,
                   cwd=tmp_path)  # fmt: skip
    assert done.returncode == 1
    assert "graphile_worker.mine" in done.stdout


def test_a_schema_that_refers_to_another_is_judged_with_it_and_alone(project: Path) -> None:
    (project / "migrations/000002.sql").write_text(
        "create schema other; create table other.log (id int unique);"
        "alter table orders add log_id bigint references other.log (id);"
        "create index on orders (log_id);"
    )
    found = rules_in(lint("--schema-only", "--json"))
    assert sorted(found) == ["foreign-key-type", "unindexed-foreign-key"]


def test_kongtask_keeps_its_own_rules() -> None:
    done = run("kongtask", "schema", "lint", cwd=CHECKOUT)
    assert (done.stdout, done.returncode) == ("nothing found\n", 0), done.stderr
