"""Running statements on a connection: transactions, settings, and what a failure means."""

from __future__ import annotations

import contextlib
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import psycopg
from psycopg.pq import TransactionStatus

from kongtask.database.connection import Connection, failure
from kongtask.errors import (
    ConnectionFailedError,
    KongtaskError,
    MigrationError,
    MigrationFailedError,
)
from kongtask.migrate.prepared import Prepared
from kongtask.migrate.sql_text import Statement
from kongtask.names import quote_identifier
from kongtask.place import Place

T = TypeVar("T")

#: Somebody else's doing that passes: a lock not had in time, a deadlock, a serialization failure.
PASSING = frozenset({"55P03", "40P01", "40001"})

#: How often a migration is tried that meets one of these. The pauses grow from 0.5 to 10 seconds.
ATTEMPTS = 10


class StatementFailed(Exception):  # noqa: N818 -- control flow inside this package, not an error for users
    """The server refused a statement of a migration; ``__cause__`` is the driver's error.

    Attributes:
        error: the driver's error.
        statement: the statement; None where the commit failed.
        counts_bytes: whether the error's positions count bytes, as a server without an encoding
            does, and not characters.
    """

    def __init__(
        self, error: psycopg.Error, statement: Statement | None, *, counts_bytes: bool = False
    ) -> None:
        super().__init__(str(error))
        self.error = error
        self.statement = statement
        self.counts_bytes = counts_bytes

    def offset(self, position: str, text: str) -> int:
        """Return the offset in a text of a position that the server gave, which is from 1."""
        before = int(position) - 1
        return len(text.encode()[:before].decode(errors="ignore")) if self.counts_bytes else before


def execute(connection: Connection, text: str) -> None:
    """Run an SQL text without parameters, and cancel it on the server if we are interrupted."""
    try:
        connection.execute(text.encode())
    except psycopg.Error:
        raise
    except BaseException:
        with contextlib.suppress(psycopg.Error):
            connection.cancel_safe(timeout=5)
        connection.close()
        raise


def run_statement(connection: Connection, statement: Statement) -> None:
    """Run a statement of a migration.

    Raises:
        StatementFailed: the server refused it.
    """
    try:
        execute(connection, statement.text)
    except psycopg.Error as error:
        has_encoding = connection.info.parameter_status("server_encoding") != "SQL_ASCII"
        raise StatementFailed(error, statement, counts_bytes=not has_encoding) from error


@contextmanager
def transaction(connection: Connection) -> Iterator[None]:
    """Run a block in a transaction of its own; a commit that fails raises StatementFailed."""
    # Whatever the role's default is: under a stricter isolation the ledger's collisions would
    # come as serialization failures.
    connection.execute("begin isolation level read committed")
    try:
        yield
        _commit(connection)
    except BaseException:
        with contextlib.suppress(psycopg.Error):
            connection.execute("rollback")
        raise


def _commit(connection: Connection) -> None:
    if connection.info.transaction_status is not TransactionStatus.INTRANS:
        raise MigrationError("the migration has ended its transaction before its last statement")
    try:
        connection.execute("commit")
    except psycopg.Error as error:
        raise StatementFailed(error, None) from error


def search_path(schema: str) -> str:
    """Return the search path of a running migration: its schema, then ``public``."""
    return f"{quote_identifier(schema)}, public"


def set_locally(connection: Connection, schema: str, lock_timeout: float) -> None:
    """Give the open transaction the settings of a migration."""
    connection.execute(
        "select pg_catalog.set_config('search_path', %s, true), "
        "pg_catalog.set_config('lock_timeout', %s, true), "
        "pg_catalog.set_config('standard_conforming_strings', 'on', true)",
        [search_path(schema), milliseconds(lock_timeout)],
    )


def milliseconds(seconds: float) -> str:
    """Return a time as PostgreSQL's settings take it; above zero it is at least 1 ms."""
    return f"{max(round(seconds * 1000), 1) if seconds > 0 else 0}ms"


#: Undoes what a migration has SET for its session, so that the next one finds what it would find
#: in a session of its own. Part of the transaction, because a pooler may change sessions after it.
RESET = "reset session authorization; reset role; reset all"


def with_retries(attempt: Callable[[], T], waiting: Callable[[str], None]) -> T:
    """Try something again while it fails for reasons that pass.

    Args:
        attempt: what to do; it leaves nothing behind when it raises.
        waiting: called with a sentence before each pause.

    Raises:
        StatementFailed: the last attempt's, or one that will not pass.
    """
    pause = 0.5
    for left in reversed(range(ATTEMPTS)):
        try:
            return attempt()
        except StatementFailed as failed:
            if failed.error.sqlstate not in PASSING or not left:
                raise
            waiting(f"{_first_line(failed.error)}; trying again, {left} times more")
        time.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 -- spreads out, hides nothing
        pause = min(pause * 1.5, 10.0)
    raise AssertionError("the last attempt returns or raises")


def explain(failed: StatementFailed, prepared: Prepared, *, outcome: str) -> KongtaskError:
    """Turn a failed statement into the error that a user reads.

    Args:
        failed: what happened.
        prepared: the migration.
        outcome: what became of it: ``"rolled back"``.
    """
    error, diag = failed.error, failed.error.diag
    name = prepared.migration.name
    translated = failure(error, f"running {name}")
    if isinstance(translated, ConnectionFailedError):
        return translated
    place = _failing_place(failed, prepared)
    lines = [f"migration {name} failed ({outcome}): {_first_line(error)}"]
    lines.append(place.picture() if place else "  (when the transaction was committed)")
    needs_no_transaction = error.sqlstate == "25001" and prepared.migration.is_transactional
    notes = (
        ("detail", diag.message_detail),
        ("hint", diag.message_hint or (_NO_TRANSACTION_HINT if needs_no_transaction else None)),
        ("context", diag.context),
        ("SQLSTATE", error.sqlstate),
    )
    lines += [f"{title}: {text}" for title, text in notes if text]
    return MigrationFailedError(
        "\n".join(lines),
        number=prepared.migration.number,
        sqlstate=error.sqlstate,
        file=prepared.migration.file,
        line=place.line if place else None,
        column=place.column if place else None,
    )


_NO_TRANSACTION_HINT = "put it into a migration whose first line is --! no-transaction"


def _first_line(error: psycopg.Error) -> str:
    return (error.diag.message_primary or str(error)).strip()


def _failing_place(failed: StatementFailed, prepared: Prepared) -> Place | None:
    statement, diag = failed.statement, failed.error.diag
    if statement is None:
        return None
    offset, inner = 0, diag.internal_query or "\0"
    if diag.statement_position:
        offset = failed.offset(diag.statement_position, statement.text)
    elif diag.internal_position and statement.text.count(inner) == 1:
        # A statement inside a body: PL/pgSQL sends it as it stands in the file.
        offset = statement.text.index(inner) + failed.offset(diag.internal_position, inner)
    return prepared.place(statement.start + offset)
