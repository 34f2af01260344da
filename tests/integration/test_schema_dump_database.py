"""``schema-dump --with-extensions`` and ``--database-objects``: what no schema owns."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from kongtask.database.connection import Connection, Target, connect
from kongtask.schema import read_all, read_database, render
from kongtask.schema.export import parse_export
from tests.programs import run

OBJECTS = """
create schema shop;
create schema far;
create type shop.color as enum ('red', 'green');
create function shop.to_int(shop.color) returns int language sql as 'select 1';
create function far.to_text(shop.color) returns text language sql as 'select ''x''';
create function far.handler() returns language_handler language c
  as '$libdir/plpgsql', 'plpgsql_call_handler';
create table shop.items (id int primary key);
create table far.others (id int primary key);
create cast (shop.color as int) with function shop.to_int(shop.color);
create cast (shop.color as text) with function far.to_text(shop.color);
create language far_language handler far.handler;
create transform for shop.color language far_language (
  from sql with function prsd_lextype(internal));
create publication items for table shop.items;
create publication joint for table shop.items, far.others;
create foreign data wrapper wrapper options (api_key 'hidden1');
create server server foreign data wrapper wrapper options (host 'far', secret 'hidden2');
create user mapping for public server server options (
  name 'bob', "PASSWORD" 'hidden3', sslpassword 'hidden4', password_required 'false');
create function shop.stop() returns event_trigger language plpgsql as
  'begin raise exception ''stopped''; end';
create event trigger stop on ddl_command_start execute function shop.stop();
"""


def dump(target: Target, *arguments: str | Path) -> tuple[int, str, str]:
    """Export to stdout with some options."""
    done = run("schema-dump", "-conn", target.conninfo, "-output", "-", *arguments)
    return done.returncode, done.stdout, done.stderr


@pytest.fixture
def shop(database: Target) -> Target:
    """A database with all sorts of objects that no schema owns."""
    with connect(database) as connection:
        connection.execute(OBJECTS.encode())
    return database


def test_without_the_options_nothing_of_the_database_is_exported(shop: Target) -> None:
    code, text, err = dump(shop, "-schema", "shop")
    assert code == 0, err
    for words in ("CREATE CAST", "CREATE SERVER", "EVENT TRIGGER", "PUBLICATION", "Left out"):
        assert words not in text


def test_what_needs_another_schema_is_left_out_and_named(
    shop: Target, new_database: Callable[[], Target]
) -> None:
    code, text, err = dump(shop, "-schema", "shop", "--database-objects")
    assert code == 0, err
    for left_out in (
        "cast (shop.color AS pg_catalog.text), which needs function far.to_text(shop.color)",
        "language far_language, which needs function far.handler()",
        "publication joint, which needs table far.others",
        "transform for shop.color language far_language, which needs language far_language",
    ):
        assert f"-- Left out:  {left_out}\n" in text
        assert f"left out: {left_out}\n" in err
    assert "CREATE CAST (shop.color AS integer)" in text
    assert "CREATE PUBLICATION items" in text
    with connect(new_database()) as copy:
        copy.execute(text.encode())


def test_with_all_schemas_nothing_is_left_out_but_secrets(shop: Target) -> None:
    code, text, err = dump(shop, "-schema", "*", "--database-objects", "--prove")
    assert code == 0, err
    assert "proved" in err
    assert "which needs" not in text
    assert "-- Needs:" not in text
    assert "CREATE PUBLICATION joint" in text


def test_secrets_are_never_printed_and_named_as_left_out(shop: Target) -> None:
    code, text, err = dump(shop, "-schema", "shop", "--database-objects")
    assert code == 0, err
    assert "hidden" not in text + err
    for option, owner in (
        ("api_key", "foreign-data wrapper wrapper"),
        ("secret", "server server"),
        ("PASSWORD", "user mapping for PUBLIC on server server"),
        ("sslpassword", "user mapping for PUBLIC on server server"),
    ):
        assert f"-- Left out:  option {option} of {owner}, a secret\n" in text
        assert f"left out: option {option} of {owner}, a secret\n" in err
    mapping = "FOR PUBLIC SERVER server OPTIONS (name 'bob', password_required 'false');"
    assert f"CREATE USER MAPPING {mapping}" in text


def test_options_that_the_role_may_not_see_are_named_as_left_out(
    shop: Target, connection: Connection
) -> None:
    connection.execute("drop event trigger stop")
    connection.execute("drop role if exists kt_blind")
    connection.execute("create role kt_blind login")
    try:
        with psycopg.connect(shop.conninfo, user="kt_blind", autocommit=True) as blind:
            database = read_database(blind, ["shop"])
    finally:
        connection.execute("drop role kt_blind")
    title = "user mapping for PUBLIC on server server"
    assert f"all options of {title}, which this role may not see" in database.left_out
    assert [mapping.options for mapping in database.user_mappings] == [()]


def test_an_event_trigger_stops_neither_the_load_nor_the_proof(shop: Target) -> None:
    options = ("--database-objects", "--owners", "--privileges", "--prove")
    code, text, err = dump(shop, "-schema", "shop", "-schema", "far", *options)
    assert code == 0, err
    assert "proved: the export loads into an empty database and exports the same bytes" in err
    assert text.index("ALTER TABLE shop.items OWNER") < text.index("CREATE EVENT TRIGGER")


def test_canonical_text_has_them_too(shop: Target) -> None:
    plain = dump(shop, "-schema", "shop", "--database-objects")
    canonical = dump(shop, "-schema", "shop", "--database-objects", "--canonical")
    assert canonical[0] == 0, canonical[2]
    assert parse_export(canonical[1]).body == parse_export(plain[1]).body
    assert canonical[1].count("-- Left out:") == plain[1].count("-- Left out:") == 8


def test_what_is_excluded_and_needed_is_named(shop: Target) -> None:
    with connect(shop) as connection:
        connection.execute("drop event trigger stop")
        connection.execute("create foreign table shop.far_items (id int) server server")
    options = ("--database-objects", "--exclude", "server", "--exclude", "user mapping")
    code, text, err = dump(shop, "-schema", "shop", *options)
    assert code == 0, err
    assert "CREATE SERVER" not in text
    assert "-- Needs:     server server\n" in text


def test_another_name_and_the_databases_objects_exclude_each_other(shop: Target) -> None:
    code, _, err = dump(shop, "-schema", "shop", "--database-objects", "--as", "store")
    assert code == 2
    assert "--as renames one schema; --database-objects are of no schema" in err


def test_extensions_are_made_where_they_are_needed(
    database: Target, connection: Connection
) -> None:
    connection.execute("create schema shop; create schema vectors; create table shop.t (a int)")
    connection.execute("create extension vector with schema vectors")
    assert "CREATE EXTENSION" not in dump(database, "-schema", "shop", "--with-extensions")[1]

    connection.execute("alter table shop.t add place vectors.vector(3)")
    assert (
        "-- Needs:     extension vector in schema vectors\n" in dump(database, "-schema", "shop")[1]
    )
    code, text, err = dump(database, "-schema", "shop", "--with-extensions", "--prove")
    assert code == 0, err
    assert "-- Needs:" not in text
    assert (
        "CREATE SCHEMA IF NOT EXISTS vectors;\n"
        "CREATE EXTENSION IF NOT EXISTS vector WITH SCHEMA vectors;\n"
    ) in text


def test_all_schemas_mean_all_extensions(database: Target, connection: Connection) -> None:
    connection.execute("create schema shop; create schema vectors")
    connection.execute("create extension vector with schema vectors")
    connection.execute("comment on extension vector is 'Mine.'")
    code, text, err = dump(database, "-schema", "*", "--with-extensions", "--prove")
    assert code == 0, err
    assert "CREATE EXTENSION IF NOT EXISTS vector WITH SCHEMA vectors;\n" in text
    assert "COMMENT ON EXTENSION vector IS 'Mine.';\n" in text
    assert text.count("CREATE SCHEMA IF NOT EXISTS vectors;") == 1
    assert "plpgsql" not in text


def test_members_of_extensions_are_not_exported(connection: Connection) -> None:
    connection.execute("create schema shop")
    connection.execute("create extension vector")  # with casts and access methods
    database = read_database(connection, ["shop"])
    assert list(database.objects()) == []
    assert database.left_out == ()


def test_a_schema_that_an_extension_makes_comes_after_it(connection: Connection) -> None:
    connection.execute("create schema made; create extension vector")
    connection.execute("alter extension vector add schema made")
    database = read_database(connection, ["made", "public"], extensions="all")
    text = render(*database.schemas, database=database)
    assert text.index("CREATE EXTENSION") < text.index("CREATE SCHEMA IF NOT EXISTS made")


def test_reading_schemas_alone_asks_nothing_more(
    shop: Target, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A normal export stays as fast as it is."""
    from kongtask.schema.catalog.session import Snapshot

    asked: list[str] = []
    rows = Snapshot.rows

    def counted(self: Snapshot, query: str, **values: object) -> list[object]:
        asked.append(query)
        return rows(self, query, **values)

    monkeypatch.setattr(Snapshot, "rows", counted)
    read_all(connection, ["shop"])
    without = list(asked)
    asked.clear()
    read_database(connection, ["shop"], extensions="all")
    assert not {"casts", "servers", "extensions", "strangers"} & set(without)
    assert {"casts", "servers", "extensions", "strangers"} <= set(asked)
