"""A connection of the pool's own that is opened again whenever it is lost."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from time import monotonic
from typing import Any, NamedTuple, TypeVar

import psycopg
from psycopg.types.numeric import Int8BinaryLoader

from kongtask.database.connection import Target, cut
from kongtask.worker.connections.retries import LOST, MOST_ATTEMPTS, backoff_for
from kongtask.worker.events import Event, PoolConnectionLost, PoolConnectionRestored

T = TypeVar("T")

AsyncConnection = psycopg.AsyncConnection[tuple[Any, ...]]
Rows = Sequence[tuple[Any, ...]]
Ask = Callable[[bytes, Mapping[str, Any]], Awaitable[Rows]]

_log = logging.getLogger("kongtask.worker")

#: libpq finds out by itself that the other end is gone: probes after 10 seconds of silence, and
#: data that nobody acknowledges for 20.
_KEEPALIVES: Mapping[str, Any] = {
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
    "connect_timeout": 10,
}

#: Sets the session's parameters and tells which server process it is.
_INTRODUCE = b"""
select activity.pid, activity.backend_start::text
from pg_catalog.pg_stat_activity as activity
where activity.pid = pg_catalog.pg_backend_pid()
  and (
    select count(pg_catalog.set_config(given.name, given.setting, false))
    from unnest(%(names)s::text[], %(settings)s::text[]) as given (name, setting)
  ) >= 0
"""

_END_PROCESS = b"""
select pg_catalog.pg_terminate_backend(activity.pid)
from pg_catalog.pg_stat_activity as activity
where activity.pid = %(pid)s and activity.backend_start = %(start)s::timestamptz
"""


class Answer(NamedTuple):
    """What a statement returned.

    Attributes:
        rows: its rows.
        is_certain: False where an earlier attempt's connection was lost: that attempt may have done
            the work, and this one may have found nothing left to do.
    """

    rows: Rows
    is_certain: bool


async def open_connection(
    target: Target, *, name: str, prepared: bool = True, answer_timeout: float = 30.0
) -> AsyncConnection:
    """Open a connection in autocommit mode.

    Args:
        target: the database.
        name: what the connection is for; the server shows it.
        prepared: whether statements may be prepared; poolers in transaction mode want none.
        answer_timeout: seconds that it may take.
    """
    async with asyncio.timeout(answer_timeout):
        connection: AsyncConnection = await psycopg.AsyncConnection.connect(
            target.conninfo,
            autocommit=True,
            prepare_threshold=5 if prepared else None,
            fallback_application_name=f"kongtask {name}",
            client_encoding="UTF8",
            **keepalives(target),
        )
    # Moments are decoded when somebody asks for one: a job that is claimed has several.
    connection.adapters.register_loader("timestamptz", Int8BinaryLoader)
    return connection


def keepalives(target: Target) -> dict[str, Any]:
    """Return the parameters of libpq's probes, but for those that a connection string names."""
    given = psycopg.conninfo.conninfo_to_dict(target.conninfo)
    return {key: value for key, value in _KEEPALIVES.items() if key not in given}


@contextmanager
def cut_after(seconds: float, connection: AsyncConnection) -> Iterator[None]:
    """Cut a connection that has not answered in some time: who waits on it gets an error.

    To cancel whoever waits would not do: psycopg then asks the server to cancel the statement, and
    waits for its answer.
    """
    timer = asyncio.get_running_loop().call_later(seconds, cut, connection)
    try:
        yield
    finally:
        timer.cancel()


class Session:
    """A connection for one kind of statements.

    Each statement is tried again while the error is one that passes by itself: for ever where the
    server is away. Only one statement runs at a time; the lock sees to that.

    Args:
        target: the database.
        name: what it is for.
        prepared: whether statements may be prepared, and the session be set up.
        answer_timeout: seconds that the server may take to answer. All statements here are short:
            an answer that does not come in this time never comes, the connection hangs.
        settings: run-time parameters of the session, where it is the server's own.
        on_connect: called before the first statement of each connection.
        emit: told when a connection is lost, and when it is there again.
    """

    def __init__(
        self,
        target: Target,
        name: str,
        *,
        prepared: bool = True,
        answer_timeout: float = 30.0,
        settings: Mapping[str, str] | None = None,
        on_connect: Callable[[Ask], Awaitable[None]] | None = None,
        emit: Callable[[Event], None] = lambda _: None,
    ) -> None:
        self._target, self._name, self._prepared = target, name, prepared
        self._answer_timeout, self._settings = answer_timeout, settings or {}
        self._on_connect, self._emit = on_connect, emit
        self._connection: AsyncConnection | None = None
        self._process: tuple[int, str] | None = None
        self._predecessor: tuple[int, str] | None = None
        self._was_lost = self._is_ready = False
        self._lock = asyncio.Lock()

    async def run(
        self,
        statement: bytes,
        values: Mapping[str, Any],
        *,
        attempts: int | None = None,
        give_up: asyncio.Event | None = None,
    ) -> Answer:
        """Run a statement and return its rows.

        Args:
            statement: with ``%(name)s`` for values.
            values: by name.
            attempts: how often it is tried where the error passes by itself; None for as long as
                the server is away.
            give_up: when set, no further attempt is made.

        Raises:
            psycopg.Error: an error that does not pass, or the last attempt's.
        """

        async def ask() -> Rows:
            return await self._ask(statement, values)

        rows, is_certain = await self._insist(ask, attempts, give_up)
        return Answer(rows, is_certain)

    async def transact(
        self,
        work: Callable[[Ask], Awaitable[T]],
        *,
        attempts: int | None = None,
        give_up: asyncio.Event | None = None,
    ) -> T:
        """Do some work in a transaction, in which each statement sees what others have committed.

        Args:
            work: asks its statements by the function that it is given; it may be called again.
            attempts: as :meth:`run` takes them.
            give_up: the same.

        Raises:
            Exception: of the work, or the last attempt's.
        """

        async def step() -> T:
            await self._ask(b"begin isolation level read committed", {})
            try:
                result = await work(self._ask)
            except BaseException as error:
                if not isinstance(error, psycopg.Error):
                    self._forget(error)  # it may be in the middle of something
                elif backoff_for(error) is not LOST:
                    await self._ask(b"rollback", {})
                raise
            await self._ask(b"commit", {})
            return result

        result, _ = await self._insist(step, attempts, give_up)
        return result

    async def _insist(
        self,
        step: Callable[[], Awaitable[T]],
        attempts: int | None,
        give_up: asyncio.Event | None,
    ) -> tuple[T, bool]:
        """Do something again while its error passes by itself; tell if no answer was lost."""
        async with self._lock:
            is_certain, attempt = True, 0
            while True:
                try:
                    await self._get_ready()
                    return await step(), is_certain
                except Exception as error:
                    backoff = backoff_for(error)
                    if backoff is LOST:
                        is_certain = False
                        self._forget(error)
                    raise_cancellation(error)
                    most = attempts or (None if backoff is LOST else MOST_ATTEMPTS)
                    attempt += 1
                    if backoff is None or attempt == most or (give_up and give_up.is_set()):
                        raise
                    wait = backoff.delay(attempt - 1)
                    _log.warning("%s: %s; trying again in %.1f s", self._name, _line(error), wait)
                await _pause(wait, give_up)

    async def close(self) -> None:
        """Close the connection, if there is one."""
        async with self._lock:
            connection, self._connection = self._connection, None
            if connection is not None:
                await connection.close()

    async def _get_ready(self) -> None:
        if self._connection is None or self._connection.closed:
            self._connection = await open_connection(
                self._target,
                name=self._name,
                prepared=self._prepared,
                answer_timeout=self._answer_timeout,
            )
            self._is_ready = False
        if not self._is_ready:
            await self._introduce()
            if self._on_connect is not None:
                await self._on_connect(self._ask)
            self._is_ready = True
        if self._was_lost:
            self._was_lost = False
            self._emit(PoolConnectionRestored(connection=self._name))

    async def _ask(self, statement: bytes, values: Mapping[str, Any]) -> Rows:
        assert self._connection is not None
        with cut_after(self._answer_timeout, self._connection):
            cursor = await self._connection.execute(
                statement, values, prepare=self._prepared, binary=True
            )
            return await cursor.fetchall() if cursor.description else ()

    async def _introduce(self) -> None:
        """Set the session up, once the server process of a lost connection is gone.

        It may still be busy with the statement whose answer never came.
        """
        if not self._prepared:
            return
        given = {"names": list(self._settings), "settings": list(self._settings.values())}
        rows = await self._ask(_INTRODUCE, given)
        self._process = rows[0][0], rows[0][1]
        if self._predecessor is not None:
            await self._end_process(*self._predecessor)
            self._predecessor = None

    async def _end_process(self, pid: int, start: str) -> None:
        deadline = monotonic() + self._answer_timeout
        while await self._ask(_END_PROCESS, {"pid": pid, "start": start}):
            if monotonic() > deadline:
                raise TimeoutError(f"the server process {pid} of a lost connection does not end")
            await asyncio.sleep(0.05)

    def _forget(self, error: BaseException) -> None:
        """Drop a connection that may hang: without a word to the other end."""
        connection, self._connection = self._connection, None
        if not self._was_lost:
            self._was_lost = True
            self._emit(PoolConnectionLost(connection=self._name, error=error))
        if connection is not None:
            self._predecessor, self._process = self._process or self._predecessor, None
            connection.pgconn.finish()


def raise_cancellation(error: Exception) -> None:
    """Raise a cancellation that an error of the connection has covered."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError from error


async def _pause(seconds: float, give_up: asyncio.Event | None) -> None:
    if give_up is None:
        await asyncio.sleep(seconds)
        return
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await give_up.wait()


def _line(error: BaseException) -> str:
    text = str(error).strip()
    return text.splitlines()[0] if text else type(error).__name__
