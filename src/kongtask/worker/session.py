"""A connection of the pool's own that is opened again whenever it is lost."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import psycopg
from psycopg.types.numeric import Int8BinaryLoader

from kongtask.database.connection import Target
from kongtask.worker.retries import MOST_ATTEMPTS, backoff_for, is_lost

AsyncConnection = psycopg.AsyncConnection[tuple[Any, ...]]

_log = logging.getLogger("kongtask.worker")

#: Seconds that the server may take to answer a statement of the pool's. All of them are short; an
#: answer that does not come in this time never comes: the connection hangs.
ANSWER_TIMEOUT = 30.0

#: libpq finds out by itself that the other end is gone: probes after 10 seconds of silence, and
#: data that nobody acknowledges for 20.
_KEEPALIVES: Mapping[str, Any] = {
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
    "connect_timeout": 10,
}


async def open_connection(
    target: Target, *, name: str, prepared: bool = True, **settings: str
) -> AsyncConnection:
    """Open a connection in autocommit mode.

    Args:
        target: the database.
        name: what the connection is for; the server shows it.
        prepared: whether statements may be prepared; poolers in transaction mode want none.
        settings: run-time parameters of the session, where it is the server's own.
    """
    given = psycopg.conninfo.conninfo_to_dict(target.conninfo)
    options = {key: value for key, value in _KEEPALIVES.items() if key not in given}
    connection: AsyncConnection = await psycopg.AsyncConnection.connect(
        target.conninfo,
        autocommit=True,
        prepare_threshold=5 if prepared else None,
        fallback_application_name=f"kongtask {name}",
        client_encoding="UTF8",
        **options,
    )
    # Moments are decoded when somebody asks for one: a job that is claimed has several.
    connection.adapters.register_loader("timestamptz", Int8BinaryLoader)
    if prepared:
        for key, value in settings.items():
            await connection.execute("select pg_catalog.set_config(%s, %s, false)", [key, value])
    return connection


class Session:
    """A connection for one kind of statements.

    Each statement is tried again while the error is one that passes by itself. Only one caller may
    use a session at a time; the lock sees to that.

    Args:
        target: the database.
        name: what it is for.
        prepared: whether statements may be prepared.
        settings: run-time parameters of the session.
        on_lost: told when nobody knows what became of a statement.
    """

    def __init__(
        self,
        target: Target,
        name: str,
        *,
        prepared: bool = True,
        settings: Mapping[str, str] | None = None,
        on_lost: Callable[[], None] | None = None,
    ) -> None:
        self._target, self._name, self._prepared = target, name, prepared
        self._settings, self._on_lost = settings or {}, on_lost
        self._connection: AsyncConnection | None = None
        self._lock = asyncio.Lock()

    async def run(
        self,
        statement: bytes,
        values: Mapping[str, Any],
        *,
        attempts: int = MOST_ATTEMPTS,
        give_up: asyncio.Event | None = None,
    ) -> Sequence[tuple[Any, ...]]:
        """Run a statement and return its rows.

        Args:
            statement: with ``%(name)s`` for values.
            values: by name.
            attempts: how often it is tried where the error passes by itself.
            give_up: when set, no further attempt is made.

        Raises:
            psycopg.Error: an error that does not pass, or the last attempt's.
        """
        async with self._lock:
            for attempt in range(attempts):
                try:
                    return await self._try(statement, values)
                except Exception as error:
                    backoff = backoff_for(error)
                    if is_lost(error):
                        await self._forget()
                        if self._on_lost is not None:
                            self._on_lost()
                    if backoff is None or attempt + 1 == attempts:
                        raise
                    if give_up is not None and give_up.is_set():
                        raise
                    wait = backoff.delay(attempt)
                    _log.warning("%s: %s; trying again in %.1f s", self._name, _line(error), wait)
                await _pause(wait, give_up)
        raise AssertionError("the last attempt returns or raises")

    async def close(self) -> None:
        """Close the connection, if there is one."""
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()

    async def _try(self, statement: bytes, values: Mapping[str, Any]) -> Sequence[tuple[Any, ...]]:
        async with asyncio.timeout(ANSWER_TIMEOUT):
            if self._connection is None or self._connection.closed:
                self._connection = await open_connection(
                    self._target, name=self._name, prepared=self._prepared, **self._settings
                )
            cursor = await self._connection.execute(
                statement, values, prepare=self._prepared, binary=True
            )
            return await cursor.fetchall() if cursor.description else ()

    async def _forget(self) -> None:
        """Drop a connection that may hang: without a word to the other end."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.pgconn.finish()


async def _pause(seconds: float, give_up: asyncio.Event | None) -> None:
    if give_up is None:
        await asyncio.sleep(seconds)
        return
    try:
        async with asyncio.timeout(seconds):
            await give_up.wait()
    except TimeoutError:
        return


def _line(error: BaseException) -> str:
    text = str(error).strip()
    return text.splitlines()[0] if text else type(error).__name__
