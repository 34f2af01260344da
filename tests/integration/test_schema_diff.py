"""``kongtask schema diff``: sides of every form, and what is told of them."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import jsonschema  # type: ignore[import-untyped]  # ships no types
import pytest

from kongtask.database.connection import Connection, Target, connect
from kongtask.schema import encode, read_database
from kongtask.schema.reload import loaded
from tests.programs import run
from tests.unit.test_findings import SARIF_SCHEMA

SHOP = """
create schema shop;
create table shop.customer (id int primary key, name text, email varchar(20));
create table shop.orders (
  id bigint generated always as identity primary key,
  customer_id int references shop.customer,
  total numeric(10,2) not null default 0
);
create view shop.open as select id, total from shop.orders;
create function shop.f(a int) returns int language sql as 'select 1';
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.sql").write_text(SHOP)
    return tmp_path


def diff(*arguments: str, code: int = 1) -> str:
    done = run("kongtask", "schema", "diff", *arguments)
    assert done.returncode == code, done.stderr
    return done.stdout


def document(file: Path, schema: str) -> str:
    """Return the document of a schema that a file makes."""
    with loaded(file.read_text()) as connection:
        return encode(read_database(connection, [schema]))


def test_the_same_schema_has_no_differences(folder: Path) -> None:
    assert diff("a.sql", "a.sql", "-schema", "shop", code=0) == "no differences\n"


def test_objects_and_attributes_are_told_not_lines(folder: Path) -> None:
    text = SHOP.replace("default 0", "default 5").replace("varchar(20)", "varchar(30)")
    (folder / "b.sql").write_text(
        text.replace("create view", "create index on shop.orders (total);\ncreate view")
    )
    assert diff("a.sql", "b.sql", "-schema", "shop").splitlines() == [
        "~ column shop.customer.email",
        "    type: character varying(20) → character varying(30)",
        "    locks: ACCESS EXCLUSIVE: stops reads and writes",
        "~ column shop.orders.total",
        "    default: 0 → 5",
        "    locks: ACCESS EXCLUSIVE: stops reads and writes",
        "+ index shop.orders_total_idx",
        "    locks: SHARE: stops writes",
        "1 added, 2 changed",
    ]


def test_a_dropped_table_is_told_once_and_with_what_it_destroys(folder: Path) -> None:
    (folder / "b.sql").write_text(SHOP + "drop table shop.orders cascade;")
    assert diff("a.sql", "b.sql", "-schema", "shop").splitlines() == [
        "- table shop.orders",
        "    destroys the table's rows",
        "    locks: ACCESS EXCLUSIVE: stops reads and writes",
        "- view shop.open",
        "    locks: ACCESS EXCLUSIVE: stops reads and writes",
        "2 removed",
    ]


def test_renames_are_suggested_where_one_object_only_can_be_meant(folder: Path) -> None:
    (folder / "b.sql").write_text(
        SHOP + "alter table shop.orders rename to purchase;"
        "alter table shop.customer rename name to full_name;"
    )
    found = [
        line for line in diff("a.sql", "b.sql", "-schema", "shop").splitlines() if line[0] == "?"
    ]
    assert found == [
        "? column shop.customer.name may have been renamed to column shop.customer.full_name",
        "? table shop.orders may have been renamed to table shop.purchase",
    ]


def test_columns_in_another_order_differ_unless_they_are_not_to(folder: Path) -> None:
    (folder / "b.sql").write_text(
        SHOP.replace("name text, email varchar(20)", "email varchar(20), name text")
    )
    assert "order of columns: id, name, email → id, email, name" in diff(
        "a.sql", "b.sql", "-schema", "shop"
    )
    diff("a.sql", "b.sql", "-schema", "shop", "--ignore-column-order", code=0)


def test_one_schema_under_two_names_is_one_schema(folder: Path) -> None:
    (folder / "b.sql").write_text(
        SHOP.replace("shop", "store").replace("default 0", "default 5")
        + "comment on schema store is 'Named otherwise.';"
    )
    (folder / "a.json").write_text(document(folder / "a.sql", "shop"))
    (folder / "b.json").write_text(document(folder / "b.sql", "store"))
    lines = diff("a.json", "b.json").splitlines()
    assert lines[0] == "~ schema store"
    assert "    default: 0 → 5" in lines
    assert lines[-1] == "2 changed"


def test_a_live_database_and_a_document_are_sides(
    folder: Path, database: Target, connection: Connection
) -> None:
    connection.execute(SHOP)
    (folder / "a.json").write_text(document(folder / "a.sql", "shop"))
    diff("a.json", database.conninfo, "-schema", "shop", code=0)
    connection.execute("alter table shop.orders alter total drop not null")
    found = json.loads(diff("a.json", database.conninfo, "-schema", "shop", "--json"))
    (change,) = found["changes"]
    assert change["title"] == "column shop.orders.total"
    assert change["attributes"] == [{"name": "not_null", "old": {}, "new": None}]
    assert found["summary"] == {"added": 0, "removed": 0, "changed": 1}


def test_a_database_is_asked_for_the_schemas_that_the_other_side_says_it_has(
    folder: Path, database: Target, connection: Connection
) -> None:
    """Or, where that is one and it has none of that name, for the project's under another name."""
    (folder / "a.json").write_text(document(folder / "a.sql", "shop"))
    refused = run("kongtask", "schema", "diff", "a.json", database.conninfo)
    assert refused.returncode == 2
    assert 'there is no schema "shop" in this database' in refused.stderr
    connection.execute(SHOP)
    diff("a.json", database.conninfo, code=0)
    diff(database.conninfo, "a.json", code=0)
    diff("a.sql", "a.json", code=0)
    connection.execute("alter schema shop rename to store")
    (folder / "kongtask.toml").write_text('schema = "store"')
    diff(database.conninfo, "a.json", code=0)


def test_migrations_and_commits_and_environments_are_sides(folder: Path, database: Target) -> None:
    (folder / "migrations").mkdir()
    (folder / "migrations/000001.sql").write_text("create table item (id int primary key);")
    (folder / "migrations/000002.sql").write_text("alter table item add price numeric;")
    (folder / "kongtask.toml").write_text(
        'schema = "shop"\nmigrations = "migrations"\n'
        f'[environments]\nstaging = "{database.conninfo}"\n'
    )
    assert "+ column shop.item.price" in diff("migration:1", "migration:latest")
    assert run("kongtask", "schema-dump").returncode == 0
    for words in (
        ["init", "-q"],
        ["add", "."],
        ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "x"],
    ):
        subprocess.run(["git", *words], cwd=folder, check=True)
    diff("git:HEAD:schema/shop.sql", "migration:2", code=0)
    diff("git:HEAD", "migration:2", code=0)
    assert run("kongtask", "migrate", "-conn", database.conninfo, "--to", "1").returncode == 0
    assert "- column shop.item.price" in diff("git:HEAD", "env:staging")


@pytest.mark.parametrize(
    ("side", "message"),
    [
        ("nothing", "names no schema to compare"),
        ("none.sql", "there is no file none.sql"),
        ("migration:x", "give a number, or migration:latest"),
        ("env:prod", 'there is no environment "prod"'),
        ("git:", "give a commit, and a path"),
        ("git:-x:a.sql", "give a commit, and a path"),
    ],
)
def test_what_is_no_side_is_an_error(folder: Path, side: str, message: str) -> None:
    done = run("kongtask", "schema", "diff", side, "a.sql")
    assert done.returncode == 2
    assert message in done.stderr


def test_the_markdown_and_unified_forms(folder: Path) -> None:
    (folder / "b.sql").write_text(SHOP.replace("default 0", "default 5"))
    page = diff("a.sql", "b.sql", "-schema", "shop", "--format", "markdown")
    assert "| changed | `column shop.orders.total` | default: `0` → `5` |" in page
    patch = diff("a.sql", "b.sql", "-schema", "shop", "--format", "unified")
    assert [line for line in patch.splitlines() if line[0] in "+-"] == [
        "--- a.sql",
        "+++ b.sql",
        "-    total numeric(10,2) NOT NULL DEFAULT 0,",
        "+    total numeric(10,2) NOT NULL DEFAULT 5,",
    ]


def test_the_statements_close_the_difference_and_keep_what_was_granted(
    folder: Path, database: Target, connection: Connection
) -> None:
    connection.execute(SHOP + "grant select on shop.open to public;")
    text = SHOP.replace("numeric(10,2)", "numeric(12,2)").replace("default 0", "default 5")
    (folder / "b.sql").write_text(text)
    sides = (database.conninfo, "b.sql", "-schema", "shop")
    statements = diff(*sides, "--sql")
    assert "DROP VIEW shop.open;" in statements
    connection.execute(statements.encode())
    diff(*sides, code=0)
    assert diff(*sides, "--sql", code=0) == ""
    assert connection.execute(
        "select has_table_privilege('pg_monitor', 'shop.open', 'select')"
    ).fetchone() == (True,)


def test_grants_and_owners_are_compared_where_that_is_asked_for(
    folder: Path, database: Target, connection: Connection, new_database: Callable[[], Target]
) -> None:
    other = new_database()
    connection.execute(SHOP + "grant select (total), insert on shop.orders to public;")
    with connect(other) as changed:
        changed.execute(
            SHOP + "grant update on shop.orders to pg_monitor with grant option;"
            "alter function shop.f(int) owner to pg_monitor;"
            "alter default privileges in schema shop grant select on tables to public;"
        )
    sides = (database.conninfo, other.conninfo, "-schema", "shop")
    diff(*sides, code=0)
    lines = diff(*sides, "--owners", "--privileges").splitlines()
    assert [line for line in lines if line[0] == "~"] == [
        "~ schema shop",
        "~ table shop.orders",
        "~ column shop.orders.total",
        "~ function shop.f(integer)",
    ]
    connection.execute(diff(*sides, "--owners", "--privileges", "--sql").encode())
    diff(*sides, "--owners", "--privileges", code=0)


@pytest.fixture
def shop_project(folder: Path) -> Path:
    """A project with a committed export of two tables, and a migration that it does not have."""
    (folder / "migrations").mkdir()
    (folder / "kongtask.toml").write_text('schema = "shop"\nmigrations = "migrations"\n')
    first, second = folder / "migrations/000001.sql", folder / "migrations/000002.sql"
    first.write_text(
        "create table customer (id int primary key, name text);\n"
        "create table orders (id int primary key, total numeric);\n"
    )
    assert run("kongtask", "schema-dump").returncode == 0
    second.write_text("alter table orders alter total set default 0; drop table customer;\n")
    return folder


def test_the_github_form_annotates_the_lines_of_the_committed_export(shop_project: Path) -> None:
    lines = (shop_project / "schema/shop.sql").read_text().split("\n")
    table, column = lines.index("CREATE TABLE shop.customer ("), lines.index("    total numeric,")
    locks = "locks: ACCESS EXCLUSIVE: stops reads and writes"
    removed = f"table shop.customer was removed%0Adestroys the table's rows; {locks}"
    changed = f"column shop.orders.total differs: default: none → 0%0A{locks}"
    assert diff("migration:1", "migration:2", "--format", "github").splitlines() == [
        f"::error file=schema/shop.sql,line={table + 1},title=schema-removed::{removed}",
        f"::warning file=schema/shop.sql,line={column + 1},title=schema-changed::{changed}",
    ]


def test_the_sarif_form_is_valid_and_knows_the_lines_of_a_file(shop_project: Path) -> None:
    (shop_project / "b.sql").write_text(SHOP.replace("default 0", "default 5"))
    log = json.loads(diff("a.sql", "b.sql", "-schema", "shop", "--format", "sarif"))
    jsonschema.validate(log, SARIF_SCHEMA)
    (result,) = log["runs"][0]["results"]
    assert result["ruleId"] == "schema-changed"
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "b.sql"
    assert json.loads(diff("a.sql", "a.sql", "-schema", "shop", "--format", "sarif", code=0))


def test_the_lines_of_a_committed_export_with_crlf_are_known_too(shop_project: Path) -> None:
    export = shop_project / "schema/shop.sql"
    lines = export.read_text().split("\n")
    export.write_bytes("\r\n".join(lines).encode())
    found = diff("migration:1", "migration:2", "--format", "github")
    assert f"file=schema/shop.sql,line={lines.index('    total numeric,') + 1}," in found


def test_a_document_and_a_missing_export_have_no_lines(folder: Path) -> None:
    (folder / "a.json").write_text(document(folder / "a.sql", "shop"))
    (folder / "c.sql").write_text(SHOP.replace("default 0", "default 5"))
    (folder / "c.json").write_text(document(folder / "c.sql", "shop"))
    assert diff("a.json", "c.json", "--format", "github").startswith(
        "::warning file=c.json,title=schema-changed::column shop.orders.total differs"
    )
    sides = ("migration:1", "migration:2", "--format", "github")
    (folder / "migrations").mkdir()
    (folder / "kongtask.toml").write_text('schema = "shop"\nmigrations = "migrations"\n')
    (folder / "migrations/000001.sql").write_text("create table t (a int);")
    (folder / "migrations/000002.sql").write_text("create table u (a int);")
    assert diff(*sides).startswith("::warning title=schema-added::table shop.u was added")
