"""``schema-dump`` of parts of a schema, and into many files."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from kongtask.database.connection import Target, connect
from kongtask.database.embedded import EMBEDDED_MAJOR, embedded_binaries
from kongtask.database.scratch import scratch_database
from kongtask.schema import read, render
from kongtask.schema.split import MARK
from tests.programs import run

SHOP = """
create schema shop;
create type shop.kind as enum ('a', 'b');
create table shop.items (id serial primary key, kind shop.kind, price numeric check (price > 0));
create table shop.orders (id int primary key, item int references shop.items (id));
create table shop."Orders" (id int);
create table shop."or/d.ers" ("x y" int, check ("x y" > 0));
create index items_kind on shop.items (kind);
create view shop.cheap as select items.id, items.price from shop.items where price < 10;
create function shop.note() returns trigger language plpgsql as 'begin return new; end';
create function shop.total(integer, numeric) returns numeric language sql as 'select $1 * $2';
create function shop.total(integer) returns numeric language sql as 'select $1';
create trigger noted after insert on shop.orders for each row execute function shop.note();
alter table shop.orders enable row level security;
create policy own on shop.orders using (id > 0);
create statistics shop.spread on kind, price from shop.items;
create table shop.log (at timestamptz) partition by range (at);
create table shop.log_old partition of shop.log for values from (minvalue) to ('2020-01-01');
"""


@pytest.fixture
def shop(database: Target) -> Target:
    """A database with a small schema of many kinds."""
    with connect(database) as connection:
        connection.execute(SHOP)
    return database


def dump(shop: Target, *arguments: str | Path) -> tuple[int, str, str]:
    """Export the schema with some options."""
    done = run("schema-dump", "-conn", shop.conninfo, "-schema", "shop", *arguments)
    return done.returncode, done.stdout, done.stderr


def part(shop: Target, *arguments: str) -> str:
    """Export a part of the schema to stdout."""
    code, text, err = dump(shop, "-output", "-", *arguments)
    assert code == 0, err
    return text


def needs(text: str) -> list[str]:
    """Return what a header says that the text needs."""
    return [line.split(maxsplit=2)[2] for line in text.splitlines() if line.startswith("-- Needs:")]


def test_a_table_comes_with_all_that_belongs_to_it(shop: Target) -> None:
    text = part(shop, "--table", "items")
    for statement in (
        "CREATE TABLE shop.items",
        "CREATE SEQUENCE shop.items_id_seq",
        "CREATE INDEX items_kind",
        "CREATE STATISTICS shop.spread",
    ):
        assert statement in text
    for left_out in ("shop.orders", "VIEW", "FUNCTION", "CREATE TYPE", "shop.log"):
        assert left_out not in text
    assert needs(text) == ["type shop.kind"]
    assert text.startswith("-- Schema:    shop, in part: --table 'items'\n")


def test_what_is_left_out_and_needed_is_named(shop: Target) -> None:
    assert needs(part(shop, "--table", "shop.ord*")) == [
        "function shop.note()", "table shop.items",
    ]  # fmt: skip
    assert needs(part(shop, "-T", "items")) == ["table shop.items"]
    assert needs(part(shop, "--exclude", "primary key")) == ["constraint items_pkey on shop.items"]
    assert needs(part(shop)) == []


def test_a_table_can_be_left_out_with_all_that_belongs_to_it(shop: Target) -> None:
    text = part(shop, "--exclude-table", "items", "--exclude-table", "cheap")
    assert "items_id_seq" not in text
    assert "CREATE INDEX" not in text
    assert "STATISTICS" not in text
    assert "CREATE TYPE shop.kind" in text


def test_a_partition_without_its_partitioned_table_needs_it(shop: Target) -> None:
    text = part(shop, "--table", "log_old")
    assert needs(text) == ["table shop.log"]
    with scratch_database(shop) as copy, connect(copy) as connection:
        connection.execute("create schema shop")
        connection.execute("create table shop.log (at timestamptz) partition by range (at)")
        connection.execute(text.encode())
        made = connection.execute("select 'shop.log_old'::regclass::text").fetchone()
        assert made == ("shop.log_old",)


@pytest.mark.parametrize(
    ("pattern", "gone", "kept"),
    [
        ("trigger", "CREATE TRIGGER", "CREATE FUNCTION shop.note"),
        ("policy:own", "CREATE POLICY", "ENABLE ROW LEVEL SECURITY"),
        ("function:tot*", "shop.total", "shop.note"),
        ("foreign-key", "FOREIGN KEY", "PRIMARY KEY"),
        ("check:orders.*", "nothing such", "CHECK"),
        ("check:items.*", "CHECK ((price", 'CHECK (("x y"'),
        ("INDEX", "CREATE INDEX", "PRIMARY KEY"),
        ("stat*", "STATISTICS", "CREATE INDEX"),
        ("view", "CREATE VIEW", "CREATE TABLE"),
    ],
)
def test_kinds_can_be_left_out(shop: Target, pattern: str, gone: str, kept: str) -> None:
    text = part(shop, "--exclude", pattern)
    assert gone not in text
    assert kept in text


def test_a_pattern_that_fits_nothing_is_an_error(shop: Target) -> None:
    code, _, err = dump(shop, "-output", "-", "--table", "itmes")
    assert (code, 'fits "itmes"; did you mean items?' in err) == (2, True)
    code, _, err = dump(shop, "-output", "-", "--exclude", "tirgger:x")
    assert (code, 'fits "tirgger"; did you mean trigger' in err) == (2, True)


def test_a_part_never_overwrites_the_committed_file(shop: Target) -> None:
    code, _, err = dump(shop, "--table", "items")
    assert code == 2
    assert "needs an -output file of its own" in err


def test_each_object_gets_a_file_and_the_index_loads_them_all(shop: Target, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    code, out, err = dump(shop, "--split", folder, "--privileges", "--owners")
    assert (code, out) == (0, ""), err
    files = {str(path.relative_to(folder)): path for path in folder.rglob("*.sql")}
    assert {
        "index.sql", "owners.sql", "shop/schema.sql", "shop/types/kind.sql",
        "shop/sequences/items_id_seq.sql", "shop/tables/items.sql", "shop/tables/orders.sql",
        "shop/constraints/orders-orders_item_fkey.sql",
        "shop/indexes/items_kind.sql", "shop/statistics/spread.sql", "shop/views/cheap.sql",
        "shop/functions/note.sql", "shop/functions/total-integer.sql",
        "shop/functions/total-integer-numeric.sql", "shop/triggers/orders-noted.sql",
        "shop/policies/orders-own.sql", "shop/tables/log.sql", "shop/tables/log_old.sql",
    } - files.keys() == set()  # fmt: skip
    assert len({name.casefold() for name in files}) == len(files), "no case-blind clash"
    psql = embedded_binaries()[EMBEDDED_MAJOR] / "psql"
    with scratch_database(shop) as copy:
        loaded = subprocess.run(
            [psql, "-Xq", "-v", "ON_ERROR_STOP=1", "-f", files["index.sql"], copy.conninfo],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert (loaded.returncode, loaded.stderr) == (0, "")
        with connect(copy) as again, connect(shop) as original:
            assert render(read(again, "shop")) == render(read(original, "shop"))


def test_a_split_export_changes_what_changed_and_nothing_else(shop: Target, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    dump(shop, "--split", folder)
    (folder / "shop/functions/mine.txt").write_text("not an export's")
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*.sql")}
    code, _, err = dump(shop, "--split", folder)
    assert (code, "is up to date" in err) == (0, True)
    with connect(shop) as connection:
        connection.execute("drop policy own on shop.orders; alter table shop.orders add note text")
        connection.execute(
            "drop function shop.total(integer); drop function shop.total(int, numeric)"
        )
    code, out, _ = dump(shop, "--split", folder, "--check")
    assert code == 1
    assert "+    note text" in out
    assert "-CREATE POLICY own" in out
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*.sql")} == before
    code, out, _ = dump(shop, "--split", folder, "--json")
    result = json.loads(out)
    assert (result["written"], result["removed"]) == (2, 3)
    after = {path: path.stat().st_mtime_ns for path in folder.rglob("*.sql")}
    gone = {str(path.relative_to(folder)) for path in before.keys() - after.keys()}
    assert gone == {
        "shop/policies/orders-own.sql",
        "shop/functions/total-integer.sql",
        "shop/functions/total-integer-numeric.sql",
    }
    changed = {str(path.relative_to(folder)) for path in after if after[path] != before.get(path)}
    assert changed == {"index.sql", "shop/tables/orders.sql"}
    assert not (folder / "shop/policies").exists()
    assert (folder / "shop/functions/mine.txt").exists()
    dump(shop, "--split", folder, "--exclude", "table")
    assert (folder / "shop/functions/mine.txt").exists()


def test_a_split_export_overwrites_nothing_of_others(shop: Target, tmp_path: Path) -> None:
    mine = tmp_path / "out/shop/tables/items.sql"
    mine.parent.mkdir(parents=True)
    mine.write_text("create table items ();")
    code, _, err = dump(shop, "--split", tmp_path / "out")
    assert (code, "items.sql is in the way" in err) == (2, True)
    assert mine.read_text() == "create table items ();"
    assert list((tmp_path / "out").rglob("*.sql")) == [mine]
    mine.write_text(f"{MARK}\n")
    (tmp_path / "out/index.sql").write_text("select 1;")
    code, _, err = dump(shop, "--split", tmp_path / "out")
    assert (code, "is no index of an export" in err) == (2, True)


def test_an_index_cannot_remove_what_is_outside_its_folder(shop: Target, tmp_path: Path) -> None:
    folder, outside = tmp_path / "out", tmp_path / "precious.sql"
    dump(shop, "--split", folder)
    outside.write_text(f"{MARK}\n")
    index = folder / "index.sql"
    index.write_text(index.read_text() + "\\ir ../precious.sql\n")
    code, _, err = dump(shop, "--split", folder)
    assert (code, "which is outside its folder" in err) == (2, True)
    assert outside.exists()


def test_one_file_or_many(shop: Target) -> None:
    code, _, err = dump(shop, "--split", "x", "-output", "y")
    assert (code, "exclude each other" in err) == (2, True)
