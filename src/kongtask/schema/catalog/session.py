"""The transaction in which a catalog is read: one snapshot, and settings that change no text."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from threading import Lock, current_thread, main_thread
from typing import Any, LiteralString

import psycopg
from psycopg.adapt import Transformer
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus, Format
from psycopg.rows import RowMaker

from kongtask.database.connection import Connection, failure
from kongtask.errors import DatabaseFailedError
from kongtask.names import quote_literal
from kongtask.schema.catalog.queries import load_query

#: What the caller's session, role or database may have set otherwise, and what it must be so that
#: PostgreSQL prints the same definitions everywhere. An empty search_path qualifies every name.
_SETTINGS = {
    "client_encoding": "'UTF8'",
    "search_path": "''",
    "datestyle": "'ISO, YMD'",
    "intervalstyle": "postgres",
    "timezone": "'UTC'",
    "extra_float_digits": "1",
    "bytea_output": "hex",
    "quote_all_identifiers": "off",
    "standard_conforming_strings": "on",
    "xmlbinary": "base64",
    "lc_monetary": "'C'",
    "lc_numeric": "'C'",
    "jit": "off",
    "work_mem": "'64MB'",
    "max_parallel_workers_per_gather": "0",
    "statement_timeout": "0",
}


#: A database of encoding SQL_ASCII takes any bytes.
_NOT_IN_THE_ENCODING = "22021"

#: Definitions are printed from the catalog as it is now, not as the snapshot has it. These tell the
#: rows of objects that were dropped in between.
_GONE: dict[str, Callable[[Any], bool]] = {
    "constraints": lambda row: row.definition is None and row.columns is None,
    "triggers": lambda row: row.definition is None and not row.function,
    "statistics": lambda row: row.definition is None,
    "routines": lambda row: row.arguments is None,
    "index_definitions": lambda row: row.definition is None,
    "rules": lambda row: row.definition is None and not row.is_view,
    "relations": lambda row: row.definition is None and row.kind in {"v", "m"},
    "columns": lambda row: row.default_text is None and row.default_oid is not None,
    "casts": lambda row: row.function is not None and row.function.isdigit(),
}

#: A definition was asked for whose object, or what it mentions, is gone: internal error, undefined
#: table, function, object, column.
_CHANGED_MEANWHILE = frozenset({"XX000", "42P01", "42883", "42704", "42703"})


class SchemaChangedError(DatabaseFailedError):
    """Somebody changed the schema while it was read; reading again helps."""


class Snapshot:
    """A catalog at one moment.

    Attributes:
        connection: in the snapshot's transaction.
        major: the server's major version.
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.major = connection.info.server_version // 10000
        self._in_use = Lock()

    def rows(self, query: str, **values: Any) -> list[Any]:
        """Run one of the catalog queries; from several threads, one after the other.

        Args:
            query: the name of its file.
            values: its parameters.

        Returns:
            Named tuples: the boundary where types end; the reader makes classes of them.
        """
        text = load_query(query, self.major)
        is_interruptible = current_thread() is main_thread()
        ask = self._ask if is_interruptible else self._ask_aside
        with self._in_use:
            rows = ask(text, values)
        is_gone = _GONE.get(query)
        if is_gone is not None and any(map(is_gone, rows)):
            raise SchemaChangedError("the schema changes while it is read; try again")
        return rows

    def _ask(self, text: LiteralString, values: Mapping[str, Any]) -> list[Any]:
        with self.connection.cursor(row_factory=named_rows) as cursor:
            cursor.execute(text, values or None)
            return cursor.fetchall()

    def _ask_aside(self, text: LiteralString, values: Mapping[str, Any]) -> list[Any]:
        """Ask from a thread, without being interrupted and without holding up the others.

        A cursor wants Python's lock for each piece of an answer, and gets it when a busy thread
        lets go: that took longer than PostgreSQL. libpq itself needs no lock. Binary values are
        made and read in two thirds of the time of text.
        """
        cursor = psycopg.ClientCursor(self.connection)
        bound = cursor.mogrify(text, values) if values else text
        result = self.connection.pgconn.exec_params(
            bound.encode(), None, result_format=Format.BINARY
        )
        if result.status != ExecStatus.TUPLES_OK:
            raise error_from_result(result)
        transformer = Transformer(self.connection)
        transformer.set_pgresult(result)
        names = [(result.fname(i) or b"").decode() for i in range(result.nfields)]
        return transformer.load_rows(0, result.ntuples, _row_maker(names))

    def share(self) -> str | None:
        """Return what lets another connection show this snapshot, or None where that is denied.

        Where it is, this becomes another snapshot: an error ends the transaction.
        """
        try:
            row = self.connection.execute("select pg_catalog.pg_export_snapshot()").fetchone()
        except psycopg.errors.Error:
            self.connection.execute("rollback")
            _begin(self.connection)
            return None
        return row[0] if row is not None else None


def named_rows(cursor: psycopg.Cursor[Any]) -> RowMaker[Any]:
    """Make named tuples, each in one call of C: psycopg's own factory calls Python for each."""
    return _row_maker([column.name for column in cursor.description or ()])


def _row_maker(names: Sequence[str]) -> RowMaker[Any]:
    return partial(tuple.__new__, namedtuple("Row", names, rename=True))


@contextmanager
def snapshot(connection: Connection, *, shared: str | None = None) -> Iterator[Snapshot]:
    """Open one read-only snapshot; nothing of it stays in the session.

    Args:
        connection: in autocommit mode and outside a transaction.
        shared: the same as another connection's, which must stay in its transaction meanwhile.

    Raises:
        ConnectionFailedError: the connection was lost meanwhile.
        DatabaseFailedError: the server refused a query.
    """
    try:
        _begin(connection, shared)
        try:
            yield Snapshot(connection)
        finally:
            if not connection.closed:
                connection.execute("rollback")
    except psycopg.Error as error:
        if error.sqlstate in _CHANGED_MEANWHILE:
            raise SchemaChangedError(
                f"the schema changes while it is read; try again ({error.diag.message_primary})",
                sqlstate=error.sqlstate,
            ) from error
        if error.sqlstate == _NOT_IN_THE_ENCODING:
            raise DatabaseFailedError(
                "reading the catalog: the database holds text that is not UTF-8 "
                f"({error.diag.message_primary}); names, comments and bodies of functions must be",
                sqlstate=error.sqlstate,
            ) from error
        raise failure(error, "reading the catalog") from error


def _begin(connection: Connection, shared: str | None = None) -> None:
    statements = ["begin isolation level repeatable read read only"]
    if shared is not None:
        statements.append(f"set transaction snapshot {quote_literal(shared)}")
    statements += (f"set local {name} = {value}" for name, value in _SETTINGS.items())
    connection.execute(";".join(statements).encode())
