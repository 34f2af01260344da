"""Connections that an application adds jobs over: of a pool while it is open, else one a call."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import psycopg
from psycopg_pool import AsyncConnectionPool, ConnectionPool

from kongtask.database.connection import Target, connect, connect_async

_MOST_CONNECTIONS = 10

#: Seconds that a statement of the scheduler's may take before its connection counts as lost.
_ANSWER_TIMEOUT = 30.0

_SETTINGS = {"autocommit": True, "fallback_application_name": "kongtask", "client_encoding": "UTF8"}


class Connections:
    """The pools of an application, one for async code and one for other code.

    Args:
        target: says which database is meant, when one is first needed.
    """

    def __init__(self, target: Callable[[], Target]) -> None:
        self._target = target
        self._pool: ConnectionPool[psycopg.Connection[Any]] | None = None
        self._async_pool: AsyncConnectionPool[psycopg.AsyncConnection[Any]] | None = None

    def open(self) -> None:
        """Keep connections from now on; they are made when they are needed."""
        self._pool = ConnectionPool(
            self._target().conninfo, min_size=0, max_size=_MOST_CONNECTIONS, kwargs=_SETTINGS,
            check=ConnectionPool.check_connection, open=True,
        )  # fmt: skip

    def close(self) -> None:
        """Close what :meth:`open` has made."""
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.close()

    async def open_async(self) -> None:
        """Do as :meth:`open` does, for async code."""
        self._async_pool = AsyncConnectionPool(
            self._target().conninfo, min_size=0, max_size=_MOST_CONNECTIONS, kwargs=_SETTINGS,
            check=AsyncConnectionPool.check_connection, open=False,
        )  # fmt: skip
        await self._async_pool.open()

    async def close_async(self) -> None:
        """Close what :meth:`open_async` has made."""
        pool, self._async_pool = self._async_pool, None
        if pool is not None:
            await pool.close()

    @contextmanager
    def lend(self) -> Iterator[psycopg.Connection[Any]]:
        """Lend a connection in autocommit mode."""
        if self._pool is not None:
            with self._pool.connection() as connection:
                yield connection
            return
        with connect(self._target()) as connection:
            yield connection

    @asynccontextmanager
    async def lend_async(self) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
        """Lend an async connection in autocommit mode."""
        if self._async_pool is not None:
            async with self._async_pool.connection() as connection:
                yield connection
            return
        async with await connect_async(self._target()) as connection:
            yield connection


class LastingConnection:
    """A connection for one user, opened when it is first lent, and again after an error.

    Args:
        target: the database.
    """

    def __init__(self, target: Target) -> None:
        self._target = target
        self._connection: psycopg.AsyncConnection[Any] | None = None

    @asynccontextmanager
    async def lend(self) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
        """Lend the connection, in autocommit mode.

        Raises:
            TimeoutError: it has hung for too long.
        """
        try:
            async with asyncio.timeout(_ANSWER_TIMEOUT):
                if self._connection is None or self._connection.closed:
                    self._connection = await connect_async(self._target)
                yield self._connection
        except BaseException:
            self.cut()
            raise

    def cut(self) -> None:
        """Close the connection without a word to the other end, which may hang."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.pgconn.finish()
