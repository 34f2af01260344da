"""``kongtask schema matrix``: all environments side by side, those that answer."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from kongtask.database.connection import Target, connect
from tests.programs import run

SHOP = """
create schema shop;
create table shop.orders (id bigint primary key, total numeric not null default 0);
create table shop.customer (id bigint primary key);
"""

#: Nobody listens there, and the password is nobody's business.
NOWHERE = "host=/nowhere user=ada password=hunter22 dbname=shop"


@pytest.fixture
def project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, new_database: Callable[[], Target]
) -> Callable[..., None]:
    """A maker of projects: environments by name, each as what is run in a new database."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "migrations").mkdir()
    (tmp_path / "migrations/000001.sql").write_text("create table item (id bigint primary key);")

    def make(**environments: str | None) -> None:
        lines = ['schema = "shop"', 'migrations = "migrations"', "[environments]"]
        for name, text in environments.items():
            target = new_database()
            if text is not None:
                with connect(target) as connection:
                    connection.execute(text.encode())
            lines.append(f'{name} = "{target.conninfo if text is not None else NOWHERE}"')
        (tmp_path / "kongtask.toml").write_text("\n".join(lines))

    return make


def matrix(*arguments: str, code: int = 1) -> str:
    done = run("kongtask", "schema", "matrix", *arguments)
    assert done.returncode == code, done.stdout + done.stderr
    assert "hunter22" not in done.stdout + done.stderr
    return done.stdout


def test_environments_that_are_the_same_are_told_in_a_line(project: Callable[..., None]) -> None:
    project(development=SHOP, staging=SHOP, production=SHOP)
    assert matrix(code=0) == "all the same as development\n"


def test_each_object_that_differs_somewhere_has_a_row(project: Callable[..., None]) -> None:
    project(
        development=SHOP + "create index total on shop.orders (total);",
        staging=SHOP + "alter table shop.orders alter total set default 5;",
        production=SHOP + "drop table shop.orders; create table shop.log (id bigint primary key);"
        'create table shop."wide 桌|" (id bigint primary key);',
    )
    assert (
        matrix()
        == """\
                          development (base)  staging  production
table shop.log            missing             same     added
table shop.orders         has it              same     missing
column shop.orders.total  has it              differs  missing
index shop.total          has it              missing  missing
table shop."wide 桌|"     missing             same     added
not the same as development: staging, production
"""
    )
    lines = matrix("--base", "production", "--format", "markdown").splitlines()
    assert lines[0] == "| Object | production (base) | development | staging |"
    assert "| `table shop.log` | **has it** | **missing** | **missing** |" in lines
    assert '| `table shop."wide 桌\\|"` | **has it** | **missing** | **missing** |' in lines


def test_an_environment_that_does_not_answer_loses_nothing_of_the_others(
    project: Callable[..., None],
) -> None:
    project(development=SHOP, production=None, staging=SHOP + "drop table shop.customer;")
    text = matrix(code=2)
    assert text.splitlines()[1:] == [
        "table shop.customer  has it              ?           missing",
        "not the same as development: staging; not read: production",
    ]
    found = json.loads(matrix("--json", code=2))
    assert [entry["error"] is None for entry in found["environments"]] == [True, False, True]
    assert found["objects"][0]["title"] == "table shop.customer"
    assert found["objects"][0]["cells"] == {
        "development": "has it", "production": "?", "staging": "missing",
    }  # fmt: skip


def test_the_first_that_answers_is_the_reference_unless_one_is_named(
    project: Callable[..., None],
) -> None:
    project(production=None, staging=SHOP, development=SHOP)
    done = run("kongtask", "schema", "matrix")
    assert done.returncode == 2
    assert done.stdout == "the others are as staging; not read: production\n"
    assert "warning: comparing with staging, the first environment that can be read" in done.stderr
    assert matrix("--base", "production", code=2) == ""


def test_migrations_are_a_reference_too(project: Callable[..., None]) -> None:
    project(staging=SHOP)
    assert matrix(code=2) == ""
    lines = matrix("--base", "migration:latest", "--ignore-column-order").splitlines()
    assert lines[0].split() == ["migration:latest", "(base)", "staging"]
    assert "table shop.item" in lines[2]
    assert lines[-1] == "not the same as migration:latest: staging"


def test_a_schema_that_an_environment_does_not_have_is_told_as_that(
    project: Callable[..., None],
) -> None:
    project(development=SHOP, staging="create schema other;")
    done = run("kongtask", "schema", "matrix")
    assert done.returncode == 2
    assert 'staging cannot be read: there is no schema "shop"' in done.stderr
