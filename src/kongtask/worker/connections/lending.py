"""Connections for code that is not the worker's own: of applications, tasks and the scheduler."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import (
    AbstractAsyncContextManager,
    AbstractContextManager,
    asynccontextmanager,
    contextmanager,
)
from typing import Any

import psycopg
from psycopg_pool import AsyncConnectionPool, ConnectionPool

from kongtask.database.connection import Target, connect, connect_async
from kongtask.worker.connections.session import keepalives

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


class TaskConnections:
    """The connections that a worker lends to its tasks, made when they are needed.

    Args:
        target: the database.
        most: how many there may be for async tasks, and as many for those in threads.
        prepared: whether statements may be prepared.
    """

    def __init__(self, target: Target, *, most: int, prepared: bool) -> None:
        options: dict[str, Any] = {"min_size": 0, "max_size": most, "open": False, "kwargs": {
            "autocommit": True, "fallback_application_name": "kongtask task",
            "prepare_threshold": 5 if prepared else None, **keepalives(target),
        }}  # fmt: skip
        self._async_pool = AsyncConnectionPool(target.conninfo, **options)
        self._pool = ConnectionPool(target.conninfo, **options)
        self._is_pool_open, self._opening = False, threading.Lock()

    async def open(self) -> None:
        """Begin to lend."""
        await self._async_pool.open()

    async def close(self) -> None:
        """Close what was made."""
        await self._async_pool.close()
        if self._is_pool_open:
            await asyncio.to_thread(self._pool.close)

    def lend(self) -> AbstractContextManager[psycopg.Connection[Any]]:
        """Lend a connection to a task in a thread; called there."""
        with self._opening:
            if not self._is_pool_open:  # it has threads of its own, which most workers do not need
                self._pool.open()
                self._is_pool_open = True
        return self._pool.connection()

    def lend_async(self) -> AbstractAsyncContextManager[psycopg.AsyncConnection[Any]]:
        """Lend a connection to an async task."""
        return self._async_pool.connection()


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
