"""Servers that are old, new, read-only, or say little to a role: an export, or a clear sentence."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from psycopg.conninfo import make_conninfo

from kongtask.database import connection as connections
from kongtask.database.connection import Connection, Target, compose, connect
from kongtask.database.embedded import LocalServer, embedded_binaries, server_major
from kongtask.errors import ServerNotSupportedError
from kongtask.schema import read_database, render
from kongtask.schema.catalog import reader
from tests.conftest import FAST, public_folder
from tests.golden.cases import CASES
from tests.programs import run

SHOP = next(case for case in CASES if case.folder.name == "shop").text


@pytest.fixture
def shop(connection: Connection) -> str:
    """A schema in the database, and its text as a superuser gets it."""
    connection.execute(SHOP.encode())
    return text_of(connection)


def text_of(connection: Connection) -> str:
    database = read_database(connection, ["shop"], objects=True)
    return render(*database.schemas, database=database, owners=True, privileges=True)


def test_a_role_without_any_right_exports_the_same(
    connection: Connection, database: Target, shop: str
) -> None:
    """The catalog is open to everybody; nothing else is read."""
    role = f"kongtask_nobody_{connection.info.backend_pid}"
    connection.execute(compose("create role {role} login password 'secret'", role=role))
    connection.execute("revoke all on schema public from public")
    conninfo = make_conninfo(database.conninfo, user=role, password="secret")
    try:
        with connect(Target(conninfo=conninfo, source="test")) as nobody:
            assert text_of(nobody) == shop
    finally:
        connection.execute(compose("drop role {role}", role=role))


def test_a_newer_server_is_a_warning(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert connections.caveat(connection) is None
    major = connection.info.server_version // 10000
    monkeypatch.setattr(connections, "NEWEST_MAJOR", major - 1)
    assert f"PostgreSQL {major} is newer than this kongtask" in str(connections.caveat(connection))


def test_an_older_server_is_refused() -> None:
    folders = os.environ.get("KONGTASK_TEST_BINARIES", "").split(os.pathsep)
    old = [Path(folder) for folder in folders if folder and server_major(Path(folder)) < 13]
    if not old:
        pytest.skip("there are no server programs from before 13; make test-matrix brings them")
    with public_folder() as home, LocalServer(old[0], home / "old", FAST) as server:
        with pytest.raises(ServerNotSupportedError, match="needs 13 or newer"):
            connect(server.target())
        done = run("schema-dump", "-conn", server.target().conninfo, "-o", "-")
        assert done.returncode == 2
        assert "this server runs PostgreSQL 12; kongtask needs 13 or newer" in done.stderr


def test_a_hot_standby_is_read_as_its_primary_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "LARGE", 1)  # both ways of reading work there
    with public_folder() as home:
        server = LocalServer(embedded_binaries()[18], home / "server", FAST)
        with server, connect(server.target()) as primary:
            primary.execute(SHOP.encode())
            expected = text_of(primary)
        (server.data / "standby.signal").touch()
        with server, connect(server.target()) as standby:
            assert standby.execute("select pg_is_in_recovery()").fetchone() == (True,)
            assert text_of(standby) == expected
            conninfo = server.target().conninfo
            done = run("schema-dump", "-conn", conninfo, "-schema", "shop", "-o", "-")
            assert done.returncode == 0, done.stderr
