"""Reading schemas on real servers: what changes nothing, what is refused, what is needed."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest

from kongtask.database.connection import Connection, Target, compose, connect
from kongtask.database.scratch import scratch_database
from kongtask.errors import (
    DatabaseFailedError,
    SchemaNotFoundError,
    UnsupportedObjectError,
    UsageError,
)
from kongtask.schema import read, read_all, render
from kongtask.schema.catalog import session
from kongtask.schema.model import Requirement
from tests.golden.cases import CASES

SHOP = next(case for case in CASES if case.folder.name == "shop").text
TABLES = next(case for case in CASES if case.folder.name == "tables").text


def text_of(connection: Connection, schema: str = "app") -> str:
    return render(read(connection, schema))


# -- what changes nothing -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "setting",
    [
        "datestyle = 'German, DMY'",
        "intervalstyle = 'sql_standard'",
        "extra_float_digits = -3",
        "timezone = 'Asia/Kathmandu'",
        "bytea_output = 'escape'",
        "search_path = app, public",
        "quote_all_identifiers = on",
        "standard_conforming_strings = off",
        "client_encoding = 'LATIN1'",
        "default_transaction_read_only = on",
        "default_transaction_isolation = 'serializable'",
        "xmlbinary = hex",
        "statement_timeout = '1min'",
        "check_function_bodies = off",
    ],
)
def test_the_callers_settings_change_nothing(connection: Connection, setting: str) -> None:
    connection.execute(TABLES.encode())
    expected = text_of(connection)
    connection.execute(f"set {setting}".encode())
    assert text_of(connection) == expected
    shown = connection.execute(f"show {setting.partition(' ')[0]}".encode()).fetchone()
    assert shown is not None
    assert shown[0].lower() in setting.lower() or setting.startswith("datestyle")


def test_postgresqls_own_marks_on_columns_change_nothing(each_database: Target) -> None:
    """Minor releases from November 2026 on keep an option of their own on every column."""
    with connect(each_database) as connection:
        connection.execute(
            "create schema app; create table app.t (a int, b text); create view app.v as select 1;"
            "alter table app.t alter a set (n_distinct = 5)"
        )
        expected = text_of(connection)
        connection.execute(
            "update pg_attribute set attoptions = array['pg_attver=1662791496'] || attoptions"
            " where attrelid in ('app.t'::regclass, 'app.v'::regclass)"
        )
        assert "SET (n_distinct=5)" in expected
        assert text_of(connection) == expected


def test_settings_of_role_and_database_change_nothing(
    database: Target, connection: Connection
) -> None:
    connection.execute(TABLES.encode())
    expected = text_of(connection)
    name = connection.info.dbname
    connection.execute(compose("alter database {name} set search_path = app", name=name))
    connection.execute(compose("alter database {name} set datestyle = 'SQL, DMY'", name=name))
    with connect(database) as again:
        assert text_of(again) == expected


def test_a_role_without_any_right_reads_the_same(database: Target, connection: Connection) -> None:
    connection.execute(TABLES.encode())
    connection.execute("drop role if exists kt_nobody")
    connection.execute("create role kt_nobody login")
    expected = text_of(connection)
    try:
        with psycopg.connect(database.conninfo, user="kt_nobody", autocommit=True) as nobody:
            assert text_of(nobody) == expected
    finally:
        connection.execute("drop role kt_nobody")


def test_a_database_without_an_encoding_reads_the_same(
    server: Target, connection: Connection
) -> None:
    text = SHOP + "comment on schema shop is 'Läden ☃';"
    connection.execute(text.encode())
    expected = text_of(connection, "shop")
    name = f"{connection.info.dbname}_ascii"
    with connect(server) as admin:
        create = "create database {name} template template0 encoding 'SQL_ASCII' locale 'C'"
        admin.execute(compose(create, name=name))
        try:
            with connect(server.at_database(name)) as ascii_:
                ascii_.execute(text.encode())
                assert text_of(ascii_, "shop") == expected
                ascii_.execute(b"comment on schema shop is e'\\xe9'")
                with pytest.raises(DatabaseFailedError, match="not UTF-8"):
                    text_of(ascii_, "shop")
                assert ascii_.execute("select 1").fetchone() == (1,)
        finally:
            admin.execute(compose("drop database {name} with (force)", name=name))


def test_the_public_schema_of_a_new_database_is_not_a_change(
    new_database: Callable[[], Target],
) -> None:
    with connect(new_database()) as original, connect(new_database()) as copy:
        original.execute("create table t (a int primary key); comment on table t is 'x'")
        text = render(read(original, "public"), owners=False, privileges=True)
        assert "GRANT" not in text
        assert "COMMENT ON SCHEMA" not in text
        copy.execute(text.encode())
        assert render(read(copy, "public"), privileges=True) == text


def test_the_number_of_queries_does_not_grow_with_the_schema(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    ask = session.Snapshot.rows

    def counted(self: session.Snapshot, query: str, **values: object) -> list[object]:
        asked.append(query)
        return ask(self, query, **values)

    monkeypatch.setattr(session.Snapshot, "rows", counted)
    connection.execute(TABLES.encode())
    connection.execute(SHOP.encode())
    connection.execute("create schema more; create table more.t (a text, unique (a))")
    connection.execute("create index on more.t (lower(a))")
    read_all(connection, ["app", "more", "public", "shop"])
    few = sorted(asked)
    for number in range(50):
        connection.execute(
            compose("create table {name} (like more.t including all)", name=f"t{number}")
        )
    asked.clear()
    read_all(connection, ["app", "more", "public", "shop"])
    assert sorted(asked) == few


# -- what is refused ------------------------------------------------------------------------------


def test_a_missing_schema_is_an_error_that_suggests_near_names(connection: Connection) -> None:
    connection.execute("create schema graphile_worker")
    with pytest.raises(SchemaNotFoundError, match="did you mean graphile_worker"):
        read(connection, "graphil_worker")


@pytest.mark.parametrize("name", ["pg_catalog", "information_schema", "pg_toast", "pg_temp_3"])
def test_schemas_of_postgresql_itself_are_refused(connection: Connection, name: str) -> None:
    with pytest.raises(UsageError, match="belongs to PostgreSQL itself"):
        read(connection, name)


def test_what_cannot_be_exported_is_an_error_that_names_it(connection: Connection) -> None:
    connection.execute("create schema app; create type app.mood as enum ()")
    connection.execute("comment on type app.mood[] is 'on an array'")
    with pytest.raises(UnsupportedObjectError, match=r"app\.mood\[\]"):
        read(connection, "app")


def test_an_object_of_an_unknown_kind_is_an_error_that_names_it(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A kind that a newer PostgreSQL has is missing from every query but that of the members."""
    ask = session.Snapshot.rows

    def blind(self: session.Snapshot, query: str, **values: object) -> list[object]:
        return [] if query == "collations" else ask(self, query, **values)

    monkeypatch.setattr(session.Snapshot, "rows", blind)
    connection.execute('create schema app; create collation app.new from "C"')
    with pytest.raises(UnsupportedObjectError, match=r"collation app\.new"):
        read(connection, "app")


def test_what_an_extension_owns_is_left_out(connection: Connection) -> None:
    connection.execute(
        "create schema app; create type app.pair as (a int, b int); create table app.t (p int);"
        "create view app.v as select 1 as one; create function app.f() returns int"
        " language sql as 'select 1'"
    )
    for item in ("type app.pair", "table app.t", "view app.v", "function app.f()"):
        connection.execute(f"alter extension plpgsql add {item}".encode())
    assert list(read(connection, "app").objects()) == []


def test_invalid_indexes_are_left_out(connection: Connection) -> None:
    connection.execute("create schema app; create table app.t (a int)")
    connection.execute("insert into app.t values (1), (1)")
    with pytest.raises(psycopg.errors.UniqueViolation):
        connection.execute("create unique index concurrently broken on app.t (a)")
    schema = read(connection, "app")
    assert [index.is_valid for index in schema.table("t").indexes] == [False]
    assert "broken" not in render(schema)


@pytest.mark.parametrize("after", ["indexes", "columns", "relations"])
def test_objects_that_are_dropped_meanwhile_are_read_again(
    database: Target, connection: Connection, monkeypatch: pytest.MonkeyPatch, after: str
) -> None:
    connection.execute(SHOP.encode())
    connection.execute(TABLES.encode())
    ask, dropped, begun = session.Snapshot.rows, list[str](), list[session.Snapshot]()

    def while_dropping(self: session.Snapshot, query: str, **values: object) -> list[object]:
        if self not in begun:
            begun.append(self)
        if not dropped:
            dropped.append("shop.totals")
            ask(self, "namespaces", schemas=["shop"])  # the snapshot is taken
        if query == after and len(dropped) == 1:
            dropped.append("everything else")
            with connect(database) as other:
                other.execute("set lock_timeout = '5s'")
                other.execute("drop view shop.totals; drop table shop.orders cascade")
                other.execute("drop function shop.touch")
        return ask(self, query, **values)

    monkeypatch.setattr(session.Snapshot, "rows", while_dropping)
    text = text_of(connection, "shop")
    monkeypatch.undo()
    assert len(begun) == 2
    assert "None" not in text
    assert text == text_of(connection, "shop")


# -- what is needed -------------------------------------------------------------------------------


def test_what_the_schema_leans_on_is_listed(connection: Connection) -> None:
    available = connection.execute("select name from pg_available_extensions").fetchall()
    if ("vector",) not in available:
        pytest.skip("this server has no extension vector")
    connection.execute(
        """
        drop role if exists kt_reader;
        create role kt_reader;
        create schema other; create type other.mood as enum ('ok');
        create schema extensions; create extension vector schema extensions;
        create foreign data wrapper kt_fdw; create server kt_server foreign data wrapper kt_fdw;
        create trusted language kt_lang handler plpgsql_call_handler;
        create schema app;
        create table app.t (m other.mood, v extensions.vector(3));
        create function app.f() returns int language kt_lang as 'begin return 1; end';
        create foreign table app.ft (a int) server kt_server;
        create policy p on app.t to kt_reader using (true);
        """
    )
    try:
        schema = read(connection, "app")
        assert schema.requirements == (
            Requirement(kind="extension", name="vector", schema="extensions"),
            Requirement(kind="foreign server", name="kt_server"),
            Requirement(kind="language", name="kt_lang"),
            Requirement(kind="role", name="kt_reader"),
            Requirement(kind="schema", name="other"),
        )
        (extensions,) = read_all(connection, ["extensions"])
        assert not list(extensions.objects())
        assert [need.name for need in extensions.requirements] == ["vector"]
        own = [need.name for need in read_all(connection, ["app", "other"])[0].requirements]
        assert "other" not in own
    finally:
        connection.execute("drop schema app cascade; drop role kt_reader")


def test_roles_of_owners_and_grants_are_known(connection: Connection) -> None:
    connection.execute(
        """
        drop role if exists kt_owner; drop role if exists kt_reader;
        create role kt_owner; create role kt_reader;
        create schema app; create table app.t (a int);
        alter table app.t owner to kt_owner; grant select (a) on app.t to kt_reader;
        """
    )
    try:
        schema = read(connection, "app")
        assert [need.name for need in schema.roles(owners=False)] == ["kt_reader"]
        assert "kt_owner" in {need.name for need in schema.roles(privileges=False)}
        assert "kt_owner" not in render(schema)
    finally:
        connection.execute("drop schema app cascade; drop role kt_owner; drop role kt_reader")


def test_all_names_of_not_null_constraints_can_be_asked_for(connection: Connection) -> None:
    if connection.info.server_version < 180000:
        pytest.skip("NOT NULL constraints have names from PostgreSQL 18 on")
    connection.execute(
        "create schema app; create table app.t (a int not null, b int constraint mine not null)"
    )
    assert "a integer NOT NULL" in text_of(connection)
    assert "b integer CONSTRAINT mine NOT NULL" in text_of(connection)
    named = render(read(connection, "app", constraint_names="all"))
    assert "a integer CONSTRAINT t_a_not_null NOT NULL" in named
    with (
        scratch_database(Target(conninfo=connection.info.dsn, source="the test's own")) as target,
        connect(target) as copy,
    ):
        copy.execute(named.encode())
        assert render(read(copy, "app", constraint_names="all")) == named


def test_comments_can_be_left_out(connection: Connection) -> None:
    connection.execute(
        "create schema app; create table app.t (a int); comment on table app.t is 'x'"
    )
    schema = read(connection, "app")
    assert "COMMENT ON TABLE app.t" in render(schema)
    assert "COMMENT" not in render(schema, comments=False)
