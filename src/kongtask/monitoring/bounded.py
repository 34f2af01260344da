"""Looking without harm: nothing is changed, and a look that takes too long is ended."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from kongtask.database.connection import Connection
from kongtask.errors import DatabaseFailedError


@contextmanager
def bounded(connection: Connection, seconds: float) -> Iterator[None]:
    """Run a block in a transaction that only reads, and whose statements may not take long.

    Both hold for the transaction alone, so that they hold behind a pooler too.

    Args:
        connection: in autocommit mode.
        seconds: for how long the server may work at one statement, or wait for a lock.

    Raises:
        DatabaseFailedError: a statement took longer.
    """
    try:
        with connection.transaction():
            connection.execute("set transaction read only")
            connection.execute(
                "select pg_catalog.set_config('statement_timeout', %s, true)",
                [str(round(seconds * 1000))],
            )
            yield
    except psycopg.errors.QueryCanceled as error:
        raise DatabaseFailedError(
            f"the server has not answered within {seconds:g} s, so the look was ended; it may be "
            "busy, or somebody has locked the tables: give it longer with --timeout",
            sqlstate=error.sqlstate,
        ) from error
