"""The connection on which a pool proves that it is alive."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import psycopg

from kongtask.database.connection import Target
from kongtask.database.statements import load_statement
from kongtask.worker.connections.session import cut_after, open_connection

_LOCK = ("namespace", "lock_key")

Rows = Sequence[tuple[Any, ...]]

#: With these the server notices within some ten seconds that a host is gone that could not say so,
#: and frees the lock. Nothing that is lost in a crash of the server matters, but for one statement,
#: which sees to it itself.
_SETTINGS = {
    "tcp_keepalives_idle": "5",
    "tcp_keepalives_interval": "2",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "11000",
    "synchronous_commit": "off",
    "jit": "off",
}


class LifeSession:
    """One statement at a time on one connection, which is opened when it is needed.

    Args:
        target: the database; kept as an attribute.
        worker_schema: the worker schema.
        lock: namespace and key of the lock to hold as long as the connection lasts; None for none.
        answer_timeout: seconds that the server may take to answer.
    """

    def __init__(
        self,
        target: Target,
        worker_schema: str,
        lock: tuple[int, int] | None,
        *,
        answer_timeout: float = 15.0,
    ) -> None:
        self.target, self._worker_schema, self.lock = target, worker_schema, lock
        self._answer_timeout = answer_timeout
        self._connection: psycopg.AsyncConnection[tuple[Any, ...]] | None = None
        self._has_lock = False
        self._one_at_a_time = asyncio.Lock()
        self.connections = 0

    async def run(
        self, name: str, values: Mapping[str, Any], *, package: str = "kongtask.worker.life"
    ) -> Rows:
        """Run a statement and return its rows.

        Args:
            name: the file's name without its ending.
            values: by name.
            package: the package whose folder ``sql`` holds the file.

        Raises:
            psycopg.Error, OSError, TimeoutError: it failed; a connection that may be lost is
                forgotten, and the next call opens another one.
        """
        async with self._one_at_a_time:
            try:
                await self._connect()
                return await self._ask(name, values, package)
            except (psycopg.OperationalError, OSError, TimeoutError):
                self.drop()
                raise

    async def close(self) -> None:
        """Close the connection, and with it let go of the lock."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(psycopg.Error, OSError):
                await connection.close()

    async def _connect(self) -> None:
        if self._connection is None or self._connection.closed:
            self._connection = await open_connection(
                self.target, name="life", prepared=False, answer_timeout=self._answer_timeout
            )
            self.connections += 1
            self._has_lock = False
            if self.lock is not None:
                given = {"names": list(_SETTINGS), "settings": list(_SETTINGS.values())}
                await self._ask("set_up", given)
        if self.lock is not None and not self._has_lock:
            # The session before may still have it, until the server has noticed its end.
            rows = await self._ask("lock", dict(zip(_LOCK, self.lock, strict=True)))
            self._has_lock = bool(rows[0][0])

    async def _ask(
        self, name: str, values: Mapping[str, Any], package: str = "kongtask.worker.life"
    ) -> Rows:
        assert self._connection is not None
        with cut_after(self._answer_timeout, self._connection):
            text = load_statement(package, name, self._worker_schema)
            cursor = await self._connection.execute(text, values)
            return await cursor.fetchall() if cursor.description else ()

    def drop(self) -> None:
        """Drop the connection without a word to the other end, which may hang."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.pgconn.finish()
