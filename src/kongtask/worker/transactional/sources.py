"""Where transactions come from: the worker's own connections, SQLAlchemy, or Django.

SQLAlchemy and Django are recognised by the names of classes, and imported only where they are used.
Each function here is a context manager that begins a transaction, gives the connection or session
that it is in, and at its end commits, or rolls back after an error.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import (
    AbstractAsyncContextManager,
    AbstractContextManager,
    asynccontextmanager,
    contextmanager,
)
from functools import partial
from typing import Any, Literal, Protocol, TypeAlias, TypeVar

from kongtask.database.connection import cut
from kongtask.errors import TransactionError, UsageError
from kongtask.jobs.drivers import DjangoConnection
from kongtask.worker.tasks.context import Surroundings
from kongtask.worker.transactional.run import Run


class _Beginner(Protocol):
    """An engine or sessionmaker of SQLAlchemy, async or not."""

    def begin(self) -> Any:
        """Return a context manager around a transaction."""


#: What an application may give: True for the worker's own connections, an engine or sessionmaker of
#: SQLAlchemy, a connection of Django, or a function that returns one of those for what the
#: application's lifespan has yielded.
Transactions: TypeAlias = Literal[True] | _Beginner | DjangoConnection | Callable[[Any], Any]


@asynccontextmanager
async def _psycopg_async(_given: Any, worker: Surroundings, run: Run) -> AsyncIterator[Any]:
    async with worker.connection() as connection:
        run.limit.watch(partial(_cut, connection))
        async with connection.transaction():
            yield connection


@asynccontextmanager
async def _sqlalchemy_async(given: Any, _worker: Surroundings, run: Run) -> AsyncIterator[Any]:
    async with given.begin() as handle:
        connection = await handle.connection() if _is_session(handle) else handle
        _watch(connection.sync_connection, run)
        yield handle


@contextmanager
def _psycopg(_given: Any, worker: Surroundings, run: Run) -> Iterator[Any]:
    with worker.thread_connection() as connection:
        run.limit.watch(partial(_cut, connection))
        with connection.transaction():
            yield connection


@contextmanager
def _sqlalchemy(given: Any, _worker: Surroundings, run: Run) -> Iterator[Any]:
    with given.begin() as handle:
        _watch(handle.connection() if _is_session(handle) else handle, run)
        yield handle


@contextmanager
def _django(given: Any, _worker: Surroundings, run: Run) -> Iterator[Any]:
    from django.db import connections, transaction

    connection = connections[given.alias]  # of this thread

    def cut_current() -> None:
        if (current := connection.connection) is not None:
            _cut(current)

    run.limit.watch(cut_current)  # one that was kept may be asked whether it still works
    connection.close_if_unusable_or_obsolete()  # as Django does before and after each request
    try:
        with transaction.atomic(using=given.alias, durable=True):
            run.limit.watch(cut_current)
            yield connection
    finally:
        connection.close_if_unusable_or_obsolete()


def _watch(connection: Any, run: Run) -> None:
    """Let nobody commit a transaction of SQLAlchemy's before its job has been ended in it.

    Other drivers refuse that themselves.
    """
    from sqlalchemy import event

    def refuse(_connection: Any) -> None:
        if not run.is_ending:
            raise TransactionError(
                "a transactional task does not commit: its transaction is committed when it has "
                "returned, together with the end of its job; begin_nested() makes a savepoint"
            )

    event.listen(connection, "commit", refuse)
    run.limit.watch(partial(_cut, connection.connection.driver_connection))


def _is_session(handle: Any) -> bool:
    return hasattr(handle, "get_bind")


def _cut(connection: Any) -> None:
    """Cut a driver's connection that has not answered: who waits on it gets an error."""
    if not hasattr(connection, "fileno"):  # asyncpg's
        connection.terminate()
    else:
        cut(connection)


_Begin = Callable[[Any, Surroundings, Run], AbstractContextManager[Any]]
_BeginAsync = Callable[[Any, Surroundings, Run], AbstractAsyncContextManager[Any]]
T = TypeVar("T")

_ASYNC: dict[str, _BeginAsync] = {
    "builtins.bool": _psycopg_async,
    "sqlalchemy.ext.asyncio.engine.AsyncEngine": _sqlalchemy_async,
    "sqlalchemy.ext.asyncio.session.async_sessionmaker": _sqlalchemy_async,
}
_SYNC: dict[str, _Begin] = {
    "builtins.bool": _psycopg,
    "sqlalchemy.engine.base.Engine": _sqlalchemy,
    "sqlalchemy.orm.session.sessionmaker": _sqlalchemy,
    "django.db.backends.base.base.BaseDatabaseWrapper": _django,
    "django.utils.connection.ConnectionProxy": _django,
}


def begin_async(given: Any, worker: Surroundings, run: Run) -> AbstractAsyncContextManager[Any]:
    """Return a context manager around a transaction for a task in the event loop.

    Args:
        given: what the application has given; True for the worker's own connections.
        worker: the worker.
        run: its limit is told how to cut the connection, as soon as there is one.

    Raises:
        UsageError: what was given does not make such transactions.
    """
    given = _of_state(given, worker)
    found = _find(_ASYNC, given)
    if found is None:
        raise _unfit(given, is_async=True)
    return found(given, worker, run)


def begin(given: Any, worker: Surroundings, run: Run) -> AbstractContextManager[Any]:
    """Return a context manager around a transaction for a task in a thread; see there."""
    given = _of_state(given, worker)
    found = _find(_SYNC, given)
    if found is None:
        raise _unfit(given, is_async=False)
    return found(given, worker, run)


def check_transactions(given: Any, *, is_async: bool) -> None:
    """Refuse what makes no transactions for a kind of tasks, as far as that can be seen.

    Raises:
        UsageError: it makes none; the message says what does.
    """
    if _find(_ASYNC if is_async else _SYNC, given) is None and not _is_function(given):
        raise _unfit(given, is_async=is_async)


def _unfit(given: Any, *, is_async: bool) -> UsageError:
    kind = type(given)
    tasks, kinds = (
        ("async tasks", "an AsyncEngine or async_sessionmaker of SQLAlchemy")
        if is_async
        else ("tasks in threads", "an Engine or sessionmaker of SQLAlchemy, django.db.connection")
    )
    return UsageError(
        f"{kind.__module__}.{kind.__qualname__} makes no transactions for {tasks}; give {kinds}, a "
        "function that returns one for what the lifespan has yielded, or True for the worker's own "
        "connections"
    )


def _of_state(given: Any, worker: Surroundings) -> Any:
    return given(worker.state) if _is_function(given) else given


def _is_function(given: Any) -> bool:
    """Tell whether something is a function of the application's; sessionmakers are called too."""
    return callable(given) and not _find(_ASYNC, given) and not _find(_SYNC, given)


def _find(known: Mapping[str, T], given: Any) -> T | None:
    names = (f"{base.__module__}.{base.__qualname__}" for base in type(given).__mro__)
    return next((known[name] for name in names if name in known), None)
