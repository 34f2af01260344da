"""``schema-dump --format json``: the model as a document that others can read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest

from kongtask.database.connection import Target, connect
from kongtask.errors import DocumentError
from kongtask.schema import decode, encode, read_database, render
from tests.golden.cases import CASES
from tests.programs import run

SCHEMA = Path(__file__).parents[2] / "docs" / "reference" / "document.schema.json"
SHOP = next(case for case in CASES if case.folder.name == "shop").text


@pytest.fixture
def shop(database: Target) -> Target:
    with connect(database) as connection:
        connection.execute(SHOP.encode())
    return database


def dump(database: Target, *arguments: str) -> str:
    options = ("-conn", database.conninfo, "-schema", "shop", "--format", "json", *arguments)
    done = run("schema-dump", *options, "-output", "-")
    assert done.returncode == 0, done.stderr
    return done.stdout


def keys(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from value
        for item in value.values():
            yield from keys(item)
    elif isinstance(value, list):
        for item in value:
            yield from keys(item)


def test_a_document_fits_its_json_schema_and_holds_the_model(shop: Target) -> None:
    text = dump(shop, "--owners", "--privileges", "--database-objects")
    jsonschema.validate(json.loads(text), json.loads(SCHEMA.read_text()))
    with connect(shop) as connection:
        database = read_database(connection, ["shop"])
    assert decode(text) == database
    assert render(*decode(text).schemas) == render(*database.schemas)


def test_the_json_schema_refuses_what_is_no_document(shop: Target) -> None:
    document = json.loads(dump(shop))
    document["database"]["schemas"][0]["tables"][0]["colour"] = "red"
    with pytest.raises(jsonschema.ValidationError, match="colour"):
        jsonschema.validate(document, json.loads(SCHEMA.read_text()))


def test_what_differs_between_environments_comes_only_where_asked(shop: Target) -> None:
    with connect(shop) as connection:
        connection.execute("grant select on shop.orders to public")
        connection.execute("comment on table shop.orders is 'what is sold'")
    plain, full = dump(shop), dump(shop, "--owners", "--privileges")
    assert not {"owner", "grants"} & set(keys(json.loads(plain)))
    assert {"owner", "grants", "comment"} <= set(keys(json.loads(full)))
    assert "comment" not in set(keys(json.loads(dump(shop, "--no-comments"))))


def test_a_file_is_written_once_and_checked(shop: Target, tmp_path: Path) -> None:
    file = tmp_path / "shop.json"
    options = ("-conn", shop.conninfo, "-schema", "shop", "--format", "json", "-o", file)
    assert run("schema-dump", *options).returncode == 0
    before = file.stat()
    again = run("schema-dump", *options, "--json")
    assert json.loads(again.stdout)["changed"] is False
    assert file.stat().st_mtime_ns == before.st_mtime_ns
    assert run("schema-dump", *options, "--check").returncode == 0
    with connect(shop) as connection:
        connection.execute("alter table shop.orders add column colour text")
    check = run("schema-dump", *options, "--check")
    assert check.returncode == 1
    assert '+                "name": "colour",' in check.stdout


def test_a_part_and_another_name_work_as_in_sql(shop: Target) -> None:
    part = decode(dump(shop, "--table", "orders"))
    assert [table.name for table in part.schemas[0].tables] == ["orders"]
    assert decode(dump(shop, "--as", "store")).schemas[0].name == "store"


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--split", "folder"], "no --split"),
        (["--committed", __file__, "-o", "-"], "no --committed"),
        ([], "needs an -output file"),
    ],
)
def test_what_makes_no_sense_is_a_usage_error(arguments: list[str], reason: str) -> None:
    done = run("schema-dump", "--format", "json", *arguments)
    assert done.returncode == 2
    assert reason in done.stderr


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda text: text[:-20], "no JSON document"),
        (lambda text: "[]", "no JSON document"),
        (lambda text: "{}", "does not say"),
        (lambda text: text.replace('"version": 1', '"version": 2'), "has version 2"),
        (lambda text: text.replace('"name": "orders"', '"name": 7'), r"tables\[\d\]\.name"),
        (
            lambda text: text.replace('"kind": "TABLE"', '"kind": "CHAIR"'),
            r"tables\[0\]\.kind",
        ),
        (lambda text: text.replace('"columns"', '"colums"', 1), "colums"),
    ],
)
def test_a_damaged_document_is_an_error_that_says_where(
    shop: Target, damage: Any, reason: str
) -> None:
    with connect(shop) as connection:
        text = encode(read_database(connection, ["shop"]))
    assert damage(text) != text
    with pytest.raises(DocumentError, match=reason):
        decode(damage(text))
