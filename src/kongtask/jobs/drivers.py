"""Running statements on a caller's connection: one place for each driver.

Nothing here begins, commits or rolls back, and nothing changes a session's settings. Drivers other
than psycopg are recognised by the names of their classes and never imported.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, overload

import psycopg
from psycopg.rows import tuple_row

from kongtask.errors import UsageError
from kongtask.jobs.failures import translated
from kongtask.jobs.statements import Row, Statement, Steps, Style, T

if TYPE_CHECKING:
    from types import TracebackType


class _Cursor(Protocol):
    """A cursor of DB-API 2."""

    def execute(self, sql: Any, params: Any = ..., /) -> Any: ...
    def fetchall(self) -> Sequence[Any]: ...
    def __enter__(self) -> Any: ...
    def __exit__(
        self,
        type_: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> Any: ...


class _Result(Protocol):
    def fetchall(self) -> Sequence[Any]: ...


class DjangoConnection(Protocol):
    """``django.db.connection``, or one of ``django.db.connections``."""

    vendor: str
    alias: str

    def cursor(self) -> Any:
        """Return a cursor."""


class SQLAlchemyConnection(Protocol):
    """A ``Connection`` of SQLAlchemy."""

    def exec_driver_sql(self, statement: str, parameters: Any = ..., /) -> _Result:
        """Run SQL in the driver's own spelling."""


class SQLAlchemySession(Protocol):
    """A ``Session`` of SQLAlchemy's ORM, or a ``scoped_session``."""

    # Connections have something called "connection" too, but nothing of this name.
    def get_bind(self) -> Any:
        """Return the engine or connection behind the session."""

    def connection(self) -> SQLAlchemyConnection:
        """Return the connection of the session's transaction."""


class AsyncSQLAlchemyConnection(Protocol):
    """An ``AsyncConnection`` of SQLAlchemy."""

    def exec_driver_sql(self, statement: str, parameters: Any = ..., /) -> Awaitable[_Result]:
        """Run SQL in the driver's own spelling."""


class AsyncSQLAlchemySession(Protocol):
    """An ``AsyncSession`` of SQLAlchemy's ORM, or an ``async_scoped_session``."""

    def get_bind(self) -> Any:
        """Return the engine or connection behind the session."""

    def connection(self) -> Awaitable[AsyncSQLAlchemyConnection]:
        """Return the connection of the session's transaction."""


class AsyncpgConnection(Protocol):
    """A ``Connection`` of asyncpg, or one that its pool has lent."""

    def fetch(self, query: str, *args: Any) -> Awaitable[Sequence[Any]]:
        """Run a statement and return its rows."""


SyncConnection: TypeAlias = (
    psycopg.Connection[Any] | SQLAlchemyConnection | SQLAlchemySession | DjangoConnection
)
AsyncConnection: TypeAlias = (
    psycopg.AsyncConnection[Any]
    | AsyncpgConnection
    | AsyncSQLAlchemyConnection
    | AsyncSQLAlchemySession
)


def _psycopg(connection: Any, statement: Statement[Any]) -> Sequence[Row]:
    # A cursor of our own kind: the caller's factories for cursors and rows are not asked.
    with psycopg.RawCursor(connection, row_factory=tuple_row) as cursor:
        cursor.execute(statement.text().encode(), statement.values)
        return cursor.fetchall() if statement.has_rows else ()


def _django(connection: Any, statement: Statement[Any]) -> Sequence[Row]:
    if connection.vendor != "postgresql":
        raise UsageError(
            f"Django's connection {connection.alias!r} is to {connection.vendor}; jobs live in "
            "PostgreSQL: give the connection of a database with the engine "
            '"django.db.backends.postgresql", for instance django.db.connections["jobs"]'
        )
    with connection.cursor() as cursor:
        cursor.execute(statement.text(Style.NAMED), statement.named_values())
        rows: Sequence[Row] = cursor.fetchall() if statement.has_rows else ()
        return rows


def _sqlalchemy(connection: Any, statement: Statement[Any]) -> Sequence[Row]:
    result = connection.exec_driver_sql(*_sqlalchemy_call(connection, statement))
    return result.fetchall() if statement.has_rows else ()


def _sqlalchemy_session(session: Any, statement: Statement[Any]) -> Sequence[Row]:
    return _sqlalchemy(session.connection(), statement)


async def _psycopg_async(connection: Any, statement: Statement[Any]) -> Sequence[Row]:
    async with psycopg.AsyncRawCursor(connection, row_factory=tuple_row) as cursor:
        await cursor.execute(statement.text().encode(), statement.values)
        return await cursor.fetchall() if statement.has_rows else ()


async def _asyncpg(connection: Any, statement: Statement[Any]) -> Sequence[Row]:
    records: Sequence[Any] = await connection.fetch(statement.text(), *statement.values)
    return [tuple(record.values()) for record in records]


async def _sqlalchemy_async(connection: Any, statement: Statement[Any]) -> Sequence[Row]:
    result = await connection.exec_driver_sql(*_sqlalchemy_call(connection, statement))
    return result.fetchall() if statement.has_rows else ()


async def _sqlalchemy_async_session(session: Any, statement: Statement[Any]) -> Sequence[Row]:
    return await _sqlalchemy_async(await session.connection(), statement)


def _sqlalchemy_call(connection: Any, statement: Statement[Any]) -> tuple[str, Any]:
    """Return SQL and values as the driver below SQLAlchemy wants them."""
    dialect = connection.dialect
    if dialect.name != "postgresql":
        raise UsageError(
            f"this SQLAlchemy connection is to {dialect.name}; jobs live in PostgreSQL: give a "
            'connection or session of an engine for "postgresql+psycopg" or "postgresql+asyncpg"'
        )
    if dialect.paramstyle == "numeric_dollar":
        return statement.text(), statement.values
    return statement.text(Style.NAMED), statement.named_values()


_SYNC: dict[str, Callable[[Any, Statement[Any]], Sequence[Row]]] = {
    "psycopg.Connection": _psycopg,
    "sqlalchemy.engine.base.Connection": _sqlalchemy,
    "sqlalchemy.orm.session.Session": _sqlalchemy_session,
    "sqlalchemy.orm.scoping.scoped_session": _sqlalchemy_session,
    "django.db.backends.base.base.BaseDatabaseWrapper": _django,
    "django.utils.connection.ConnectionProxy": _django,
}
_ASYNC: dict[str, Callable[[Any, Statement[Any]], Awaitable[Sequence[Row]]]] = {
    "psycopg.AsyncConnection": _psycopg_async,
    "asyncpg.connection.Connection": _asyncpg,
    "asyncpg.pool.PoolConnectionProxy": _asyncpg,
    "sqlalchemy.ext.asyncio.engine.AsyncConnection": _sqlalchemy_async,
    "sqlalchemy.ext.asyncio.session.AsyncSession": _sqlalchemy_async_session,
    "sqlalchemy.ext.asyncio.scoping.async_scoped_session": _sqlalchemy_async_session,
}


@overload
def perform(connection: SyncConnection, steps: Steps[T]) -> T: ...
@overload
def perform(connection: AsyncConnection, steps: Steps[T]) -> Awaitable[T]: ...
def perform(connection: SyncConnection | AsyncConnection, steps: Steps[T]) -> T | Awaitable[T]:
    """Run an operation on a connection, in the transaction that it is in.

    Args:
        connection: a psycopg, asyncpg, SQLAlchemy or Django connection, or a SQLAlchemy session.
        steps: the operation.

    Returns:
        Its result; an awaitable of it where the connection is async.

    Raises:
        UsageError: this is no connection that kongtask knows.
        KongtaskError: what is wrong with the job or the schema; all else, a lost connection or a
            serialization failure for instance, stays the driver's own error.
    """
    kind: type = type(connection)
    name = _driver_name(kind)
    if name in _SYNC:
        return _perform(_SYNC[name], connection, steps)
    if name in _ASYNC:
        return _perform_async(_ASYNC[name], connection, steps)
    raise UsageError(
        f"kongtask cannot use a {kind.__module__}.{kind.__qualname__}; give a Connection or "
        "AsyncConnection of psycopg 3, a Connection of asyncpg, a Connection, AsyncConnection, "
        "Session or AsyncSession of SQLAlchemy, or django.db.connection"
    )


def is_connection_type(kind: Any) -> bool:
    """Tell whether something is a class of connections or sessions that operations may run on."""
    return isinstance(kind, type) and _driver_name(kind) is not None


@lru_cache(maxsize=256)
def _driver_name(kind: type) -> str | None:
    names = (f"{base.__module__}.{base.__qualname__}" for base in kind.__mro__)
    return next((name for name in names if name in _SYNC or name in _ASYNC), None)


def _perform(
    fetch: Callable[[Any, Statement[Any]], Sequence[Row]], connection: Any, steps: Steps[T]
) -> T:
    try:
        statement = next(steps)
        while True:
            try:
                rows = fetch(connection, statement)
            except BaseException as error:  # a driver's, whichever it is, or a cancellation
                statement = _throw(steps, statement, error)
            else:
                statement = steps.send(statement.decode(rows))
    except StopIteration as end:
        result: T = end.value
        return result


async def _perform_async(
    fetch: Callable[[Any, Statement[Any]], Awaitable[Sequence[Row]]],
    connection: Any,
    steps: Steps[T],
) -> T:
    try:
        statement = next(steps)
        while True:
            try:
                rows = await fetch(connection, statement)
            except BaseException as error:  # a driver's, whichever it is, or a cancellation
                statement = _throw(steps, statement, error)
            else:
                statement = steps.send(statement.decode(rows))
    except StopIteration as end:
        result: T = end.value
        return result


def _throw(steps: Steps[Any], statement: Statement[Any], error: BaseException) -> Statement[Any]:
    """Let an operation see an error; most do nothing about it, so it reaches the caller."""
    ours = translated(error, statement)
    if ours is None:
        return steps.throw(error)
    ours.__cause__ = error
    return steps.throw(ours)
