"""``kongtask schema verify``, ``history``, ``blame`` and ``show`` in a user's project."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]  # it has no types
import pytest

from kongtask.database.connection import Target, connect
from tests.programs import run
from tests.unit.test_findings import SARIF_SCHEMA

FILES = (
    """
    create table customers (id bigint generated always as identity primary key, email text);
    create table orders (
      id bigint generated always as identity, customer_id bigint references customers,
      placed date not null, total numeric(10, 2) not null default 0, primary key (id, placed)
    ) partition by range (placed);
    create table orders_2026 partition of orders for values from ('2026-01-01') to ('2027-01-01');
    """,
    "create view open_orders as select id, total from orders where total > 0;",
    """
    create function total_of(customer bigint) returns numeric language sql stable
      as 'select sum(total) from shop.orders where customer_id = customer';
    """,
    """
    alter table customers add column name text not null default '';
    create index on customers (email);
    """,
    "comment on table customers is 'Who buys.';",
)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project whose committed export and versions are current."""
    (tmp_path / "kongtask.toml").write_text(
        'schema = "shop"\nmigrations = "migrations"\nschema-folder = "schema"\n'
    )
    (tmp_path / "migrations").mkdir()
    for number, text in enumerate(FILES, 1):
        (tmp_path / "migrations" / f"{number:06}.sql").write_text(text)
    for command in (["schema-dump"], ["kongtask", "schema", "export-versions"]):
        done = run(*command, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
    return tmp_path


def kongtask(project: Path, *arguments: str, code: int = 0, **environ: str) -> list[str]:
    done = run("kongtask", *arguments, cwd=project, environ=environ)
    assert done.returncode == code, (done.stdout, done.stderr)
    return done.stdout.splitlines()


def verify(project: Path, *arguments: str, code: int = 0, **environ: str) -> list[str]:
    return kongtask(project, "schema", "verify", *arguments, code=code, **environ)


def document(project: Path, *arguments: str, code: int = 0) -> Any:
    lines = verify(project, "--json", *arguments, code=code)
    return json.loads("\n".join(lines))


def test_a_project_in_order_agrees(project: Path) -> None:
    assert verify(project) == [
        "ok  shop: schema/shop.sql is what the migrations make",
        "ok  shop: schema/versions is what the migrations make, revision by revision",
    ]


def test_a_forgotten_export_is_told_object_by_object_with_the_migration(project: Path) -> None:
    (project / "migrations" / "000006.sql").write_text(
        "alter table customers alter column name drop default; create table notes (t text);"
    )
    assert verify(project, code=1) == [
        "differs  shop: schema/shop.sql is not what the migrations make",
        "  missing table shop.notes, last written by 000006.sql",
        "  changed column shop.customers.name, last written by 000006.sql",
        "    default: expected none, found ''::text",
        "  run schema-dump, and commit what it writes",
        "differs  shop: schema/versions is not current: 000006.sql, 000006.json",
        "  run kongtask schema export-versions, and commit what it writes",
    ]


def test_an_export_edited_by_hand_is_told(project: Path) -> None:
    file = project / "schema" / "shop.sql"
    file.write_text(file.read_text().replace("'Who buys.'", "'Who pays.'"))
    lines = verify(project, code=1)
    assert lines[0].endswith("is not what the migrations make; it was edited by hand")
    assert "    comment: expected Who buys., found Who pays." in lines


def test_an_export_that_does_not_load_is_told_with_the_reason(project: Path) -> None:
    file = project / "schema" / "shop.sql"
    file.write_text(file.read_text().replace("numeric(10,2)", "numerus(10,2)"))
    assert 'type "numerus" does not exist' in verify(project, code=1)[0]


def test_a_missing_export_is_told(project: Path) -> None:
    (project / "schema" / "shop.sql").unlink()
    assert verify(project, code=1)[:2] == [
        "differs  shop: there is no committed export schema/shop.sql",
        "  run schema-dump, and commit what it writes",
    ]


@pytest.mark.parametrize("offline", [(), ("--offline",)], ids=["", "offline"])
def test_a_live_database_is_compared_at_its_own_revision(
    project: Path, database: Target, offline: tuple[str, ...]
) -> None:
    kongtask(project, "migrate", "-conn", database.conninfo, "--to", "3")
    last = verify(project, "-conn", database.conninfo, *offline)[-1]
    assert last.endswith(": revision 3; 2 pending migrations: 000004.sql, 000005.sql")


@pytest.mark.parametrize("offline", [(), ("--offline",)], ids=["", "offline"])
def test_drift_of_a_live_database_is_told_and_the_statements_bring_it_back(
    project: Path, database: Target, offline: tuple[str, ...]
) -> None:
    kongtask(project, "migrate", "-conn", database.conninfo)
    with connect(database) as connection:
        connection.execute(b"""
            alter table shop.customers alter column email set not null;
            drop view shop.open_orders;
            create table shop.by_hand (id int);
            create or replace function shop.total_of(customer bigint) returns numeric
              language sql stable as 'select 0::numeric';
        """)
    found = document(project, "-conn", database.conninfo, *offline, code=1)
    check = found["checks"][-1]
    drifts = {drift["title"]: drift for drift in check["drifts"]}
    assert {title: (drift["state"], drift["touched"]) for title, drift in drifts.items()} == {
        "column shop.customers.email": ("different", 1),
        "view shop.open_orders": ("missing", 2),
        "table shop.by_hand": ("unexpected", None),
        "function shop.total_of(bigint)": ("different", 3),
    }
    with connect(database) as connection:
        for statement in check["repair"]:
            connection.execute(statement.encode())
    verify(project, "-conn", database.conninfo, *offline)


def test_other_versions_print_views_otherwise_and_that_is_no_drift(
    project: Path, each_database: Target
) -> None:
    kongtask(project, "migrate", "-conn", each_database.conninfo)
    lines = verify(project, "-conn", each_database.conninfo)
    assert [line[:4] for line in lines if not line.startswith("  ")] == ["ok  "] * 3
    verify(project, "-conn", each_database.conninfo, "--offline")


def test_an_environment_is_a_live_database(project: Path, database: Target) -> None:
    config = project / "kongtask.toml"
    conninfo = json.dumps(database.conninfo)
    config.write_text(config.read_text() + f"\n[environments]\nstaging = {conninfo}\n")
    lines = verify(project, "--env", "staging", code=1)
    assert lines[-1].endswith("the schema is not there; run kongtask migrate")
    kongtask(project, "migrate", "-conn", database.conninfo)
    assert verify(project, "--env", "staging")[-1].endswith(": revision 5")
    done = run("kongtask", "schema", "verify", "--env", "production", cwd=project)
    assert done.returncode == 2
    assert 'there is no environment "production"' in done.stderr


def test_a_database_of_the_environment_may_be_there_for_its_server_alone(
    project: Path, database: Target
) -> None:
    done = run(
        "kongtask", "schema", "verify", cwd=project, environ={"DATABASE_URL": database.conninfo}
    )
    assert done.returncode == 0, done.stderr
    assert "has no schema shop: only its server was used" in done.stderr


def test_a_revision_that_nobody_knows_cannot_be_compared(project: Path, database: Target) -> None:
    kongtask(project, "migrate", "-conn", database.conninfo)
    with connect(database) as connection:
        connection.execute("insert into shop.migrations (id, breaking) values (6, false)")
    line = verify(project, "-conn", database.conninfo, code=1)[-1]
    assert "it is at revision 6, and nothing newer than 5 is known" in line
    with connect(database) as connection:
        connection.execute("update shop.migrations set breaking = true where id = 6")
    verify(project, "-conn", database.conninfo, code=57)


def test_offline_needs_the_committed_versions(project: Path, database: Target) -> None:
    for path in (project / "schema" / "versions").iterdir():
        path.unlink()
    done = run("kongtask", "schema", "verify", "--offline", "-conn", database.conninfo, cwd=project)
    assert done.returncode == 2
    assert "run kongtask schema export-versions" in done.stderr


def test_versions_are_kept_current_and_checked(project: Path) -> None:
    folder = project / "schema" / "versions"
    before = {path.name: path.read_text() for path in folder.iterdir()}
    assert kongtask(project, "schema", "export-versions") == []
    assert {path.name: path.read_text() for path in folder.iterdir()} == before
    (folder / "000009.sql").write_text("")
    with (folder / "000002.sql").open("a") as file:
        file.write("-- edited\n")
    done = run("kongtask", "schema", "export-versions", "--check", cwd=project)
    assert done.returncode == 1
    assert "not current: schema/versions/000002.sql" in done.stderr
    assert "of no migration: schema/versions/000009.sql" in done.stderr
    kongtask(project, "schema", "export-versions")
    assert {path.name: path.read_text() for path in folder.iterdir()} == before


def test_history_tells_what_each_migration_did(project: Path) -> None:
    assert kongtask(project, "schema", "history", "customers") == [
        "000001.sql",
        "  + table shop.customers",
        "  + column shop.customers.id",
        "  + column shop.customers.email",
        "  + constraint customers_pkey on shop.customers",
        "000004.sql",
        "  + column shop.customers.name",
        "  + index shop.customers_email_idx",
        "000005.sql",
        "  ~ table shop.customers",
        "      comment: none → Who buys.",
    ]


def test_history_with_patches_shows_what_the_object_looked_like(project: Path) -> None:
    lines = kongtask(project, "schema", "history", "customers", "--patch")
    assert "    CREATE TABLE shop.customers (" in lines
    assert "    +    name text NOT NULL DEFAULT ''::text," in lines


def test_blame_tells_who_wrote_each_line(project: Path) -> None:
    lines = kongtask(project, "schema", "blame", "customers")
    assert "000001.sql  CREATE TABLE shop.customers (" in lines
    assert "000004.sql      name text NOT NULL DEFAULT ''::text," in lines
    assert "000005.sql  COMMENT ON TABLE shop.customers IS 'Who buys.';" in lines
    earlier = kongtask(project, "schema", "blame", "--at", "1", "customers")
    assert {line[:10] for line in earlier} == {"000001.sql"}
    summary = kongtask(project, "schema", "blame", "--summary", "customers")
    assert "000001      000005      table shop.customers" in summary
    assert "000004                  column shop.customers.name" in summary


def test_show_prints_what_was_there_at_a_revision(project: Path) -> None:
    text = kongtask(project, "schema", "show", "--at", "3")
    _, _, body = (project / "schema/versions/000003.sql").read_text().partition("\n\n")
    assert text == body.splitlines()
    assert "    name text" not in "\n".join(
        kongtask(project, "schema", "show", "--at", "3", "customers")
    )
    found = json.loads("\n".join(kongtask(project, "schema", "show", "--at", "2", "--json")))
    assert found == json.loads((project / "schema/versions/000002.json").read_text())


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["show", "--at", "9"], "there is no migration 000009.sql; there are 000001 to 000005"),
        (["show", "custmers"], 'there is no object "custmers"; did you mean customers'),
        (["history", "nothing*"], 'there is no object "nothing*"'),
        (["show", "--json", "orders"], "--format json prints the entire schema"),
    ],
)
def test_what_cannot_be_told_is_refused(project: Path, arguments: list[str], reason: str) -> None:
    done = run("kongtask", "schema", *arguments, cwd=project)
    assert done.returncode == 2
    assert reason in done.stderr


def test_code_hosts_are_told_at_the_lines_of_the_committed_export(
    project: Path, database: Target
) -> None:
    kongtask(project, "migrate", "-conn", database.conninfo)
    with connect(database) as connection:
        connection.execute("alter table shop.customers alter column email set not null")
        connection.execute("create table shop.by_hand (id int)")
    export = (project / "schema" / "shop.sql").read_text().splitlines()
    line = export.index("    email text,") + 1
    unexpected = "table shop.by_hand is there, and no migration has made it"
    changed = (
        "column shop.customers.email is not what the migrations make (last written by "
        "000001.sql): NOT NULL: none → yes"
    )
    assert verify(project, "-conn", database.conninfo, "--format", "github", code=1) == [
        f"::error file=schema/shop.sql,title=schema-drift::{unexpected}",
        f"::error file=schema/shop.sql,line={line},title=schema-drift::{changed}",
    ]
    log = json.loads(
        "\n".join(verify(project, "-conn", database.conninfo, "--format", "sarif", code=1))
    )
    jsonschema.validate(log, SARIF_SCHEMA)
    assert {result["ruleId"] for result in log["runs"][0]["results"]} == {"schema-drift"}


def test_a_whole_check_that_failed_is_one_finding(project: Path) -> None:
    (project / "schema" / "shop.sql").unlink()
    reason = "there is no committed export schema/shop.sql"
    advice = "run schema-dump, and commit what it writes"
    assert verify(project, "--format", "github", code=1) == [
        f"::error file=schema/shop.sql,line=1,title=schema-export::{reason}%0A{advice}"
    ]
