"""Large schemas are read over two connections: the same model, and never worse than over one."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from time import monotonic, sleep
from typing import LiteralString

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from kongtask.database.connection import Connection, Target, compose, connect
from kongtask.errors import ConnectionFailedError, DatabaseFailedError
from kongtask.schema import read
from kongtask.schema.catalog import queries, reader, session
from kongtask.schema.model import Schema
from tests.conftest import public_folder
from tests.golden.cases import CASES
from tests.pgbouncer import pgbouncer

SHOP = next(case for case in CASES if case.folder.name == "shop").text


@pytest.fixture(autouse=True)
def every_schema_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "LARGE", 1)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> dict[int, list[str]]:
    """The queries of each server process."""
    by_process: dict[int, list[str]] = {}
    ask = session.Snapshot.rows

    def noted(self: session.Snapshot, query: str, **values: object) -> list[object]:
        by_process.setdefault(self.connection.info.backend_pid, []).append(query)
        return ask(self, query, **values)

    monkeypatch.setattr(session.Snapshot, "rows", noted)
    return by_process


def read_small(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> Schema:
    with monkeypatch.context() as patched:
        patched.setattr(reader, "LARGE", 10**6)
        return read(connection, "shop")


def test_both_connections_ask_each_query_once_and_together_read_the_same(
    connection: Connection, asked: dict[int, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    connection.execute(SHOP.encode())
    expected = read_small(connection, monkeypatch)
    alone = sorted(query for queries in asked.values() for query in queries)
    asked.clear()
    assert read(connection, "shop") == expected
    together = sorted(query for queries in asked.values() for query in queries)
    assert together == alone
    assert len(set(together)) == len(together)


def test_the_second_connection_shows_the_first_ones_snapshot(
    connection: Connection, database: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection.execute(SHOP.encode())
    expected = read(connection, "shop")
    share = session.Snapshot.share

    def changed_meanwhile(self: session.Snapshot) -> str | None:
        shared = share(self)
        with connect(database) as other:
            other.execute("create table shop.too_late (id int primary key)")
        return shared

    monkeypatch.setattr(session.Snapshot, "share", changed_meanwhile)
    assert read(connection, "shop") == expected


def test_a_role_that_may_not_share_its_snapshot_or_connect_twice_reads_alone(
    connection: Connection, database: Target, asked: dict[int, list[str]]
) -> None:
    connection.execute(SHOP.encode())
    expected = read(connection, "shop")
    role = f"kongtask_reader_{connection.info.backend_pid}"
    login = "create role {role} login connection limit 1 password 'secret'"
    connection.execute(compose(login, role=role))
    try:
        lonely = Target(
            conninfo=make_conninfo(database.conninfo, user=role, password="secret"), source="test"
        )
        with connect(lonely) as only:
            asked.clear()
            assert read(only, "shop") == expected
            assert set(asked) == {only.info.backend_pid}
        connection.execute("revoke all on function pg_export_snapshot() from public")
        with connect_again(lonely) as only:
            asked.clear()
            assert read(only, "shop") == expected
            assert set(asked) == {only.info.backend_pid}
    finally:
        connection.execute(compose("drop role {role}", role=role))


def connect_again(target: Target) -> Connection:
    """Connect as soon as the server has seen the end of the connection before."""
    deadline = monotonic() + 30
    while True:
        try:
            return connect(target)
        except ConnectionFailedError:
            if monotonic() > deadline:
                raise
            sleep(0.05)


def test_a_second_connection_that_a_pooler_keeps_waiting_is_given_up(
    connection: Connection, database: Target
) -> None:
    connection.execute(SHOP.encode())
    expected = read(connection, "shop")
    with pooler_of_one(database) as pooled, connect(pooled) as only:
        assert read(only, "shop") == expected
        assert "kongtask-catalog-2" not in {thread.name for thread in threading.enumerate()}


def test_both_connections_may_go_through_pgbouncer(
    connection: Connection, database: Target, asked: dict[int, list[str]]
) -> None:
    connection.execute(SHOP.encode())
    expected = read(connection, "shop")
    with public_folder() as folder, pgbouncer(database, folder) as pooled, connect(pooled) as ours:
        asked.clear()
        assert read(ours, "shop") == expected
        assert len(set(asked)) == 2


def test_a_snapshot_may_be_asked_from_several_threads(connection: Connection) -> None:
    """The thread of the queries and whoever builds the model share a connection."""
    found: list[int] = []
    with session.snapshot(connection) as catalog:

        def ask() -> None:
            for _ in range(50):
                found.extend(row.oid for row in catalog.rows("namespaces", schemas=["public"]))

        threads = [threading.Thread(target=ask) for _ in range(3)]
        for thread in threads:
            thread.start()
        ask()
        for thread in threads:
            thread.join()
    assert len(found) == 200
    assert len(set(found)) == 1


def test_an_error_of_a_query_is_the_readers(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is asked from a thread and fails where it is wanted; the connection is fine later."""
    monkeypatch.setattr(session, "load_query", broken)
    connection.execute("create schema app")
    with pytest.raises(DatabaseFailedError, match="division by zero") as caught:
        read(connection, "app")
    assert caught.value.sqlstate == "22012"
    monkeypatch.undo()
    assert read(connection, "app").name == "app"


def test_the_error_that_is_told_is_the_one_that_came_first(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A query fails in a thread, and the reader asks one itself before it has heard of that."""
    has_failed = threading.Event()
    ask = session.Snapshot.rows

    def watched(self: session.Snapshot, query: str, **values: object) -> list[object]:
        if query == "requirements":
            assert has_failed.wait(10)
        try:
            return ask(self, query, **values)
        except psycopg.errors.DivisionByZero:
            has_failed.set()
            raise

    def broken_late(name: str, major: int) -> LiteralString:
        return "select 1 / 0 as oid" if name == "comments" else queries.load_query(name, major)

    monkeypatch.setattr(session, "load_query", broken_late)
    monkeypatch.setattr(session.Snapshot, "rows", watched)
    connection.execute("create schema app")
    with pytest.raises(DatabaseFailedError, match="division by zero"):
        read(connection, "app")


def broken(name: str, major: int) -> LiteralString:
    return "select 1 / 0 as oid" if name == "types" else queries.load_query(name, major)


@contextmanager
def pooler_of_one(database: Target) -> Iterator[Target]:
    """Relay to the server as a transaction pooler with one server connection does.

    Whoever comes second may log in, and then waits.
    """
    given = conninfo_to_dict(database.conninfo)
    host, port = str(given["host"]), str(given["port"])
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def accept() -> None:
            number = 0
            with suppress(OSError):
                while True:
                    client, _ = listener.accept()
                    if host.startswith("/"):
                        server = socket.socket(socket.AF_UNIX)
                        server.connect(f"{host}/.s.PGSQL.{port}")
                    else:
                        server = socket.create_connection((host, int(port)))
                    number += 1
                    start(relay, client, server, number > 1)
                    start(relay, server, client, False)

        start(accept)
        relayed = make_conninfo(
            database.conninfo,
            host="127.0.0.1",
            hostaddr="127.0.0.1",
            port=listener.getsockname()[1],
            sslmode="disable",
            gssencmode="disable",
        )
        yield Target(conninfo=relayed, source="test")


def relay(source: socket.socket, sink: socket.socket, is_second: bool) -> None:
    with suppress(OSError), source, sink:
        while data := source.recv(65536):
            if is_second and b"begin isolation level" in data:
                source.recv(1)  # until the client gives up
                return
            sink.sendall(data)


def start(function: Callable[..., None], *args: object) -> None:
    threading.Thread(target=function, args=args, daemon=True).start()
