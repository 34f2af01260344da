"""Where the transactions of a test's tasks come from: each driver, async or in threads.

A test's task is written once, as a generator: it yields SQL, and jobs to add.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple

import psycopg
from django.db import connections
from django.db.utils import ConnectionHandler
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import URL, Connection, create_engine, text
from sqlalchemy.ext.asyncio import (
    AsyncConnection,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.pool import NullPool

from kongtask import Context, ThreadContext
from kongtask.worker import App
from tests.integration.test_jobs_drivers import configure_django

#: The alias of Django's connection.
ALIAS = "exactly_once"


class Add(NamedTuple):
    """A job that a task adds."""

    identifier: str
    payload: Any = None


Body = Callable[[Any, Any], Generator[str | Add, Any, Any]]


class Source:
    """An application whose transactions come from somewhere.

    Args:
        app: the application.
        hint: the type of a task's parameter that takes the connection; None where there is none.
        is_async: whether its tasks are.
    """

    def __init__(self, app: App, hint: type | None, *, is_async: bool) -> None:
        self.app, self._hint, self._is_async = app, hint, is_async

    def task(self, body: Body, identifier: str = "task") -> None:
        """Let the application have a task that does what a generator yields.

        Args:
            body: called with the context and the connection.
            identifier: the task's.
        """
        function: Any

        async def task(context: Context, handle: Any) -> Any:
            steps = body(context, handle)
            with suppress(StopIteration):
                step = next(steps)
                while True:
                    try:
                        await self._do_async(context, handle, step)
                    except Exception as error:
                        step = steps.throw(error)
                    else:
                        step = next(steps)

        def blocking(context: ThreadContext, handle: Any) -> Any:
            steps = body(context, handle)
            with suppress(StopIteration):
                step = next(steps)
                while True:
                    try:
                        self._do(context, handle, step)
                    except Exception as error:
                        step = steps.throw(error)
                    else:
                        step = next(steps)

        if self._is_async:
            function = task
        elif self._hint is None:
            function = _without_handle(blocking)
        else:
            function = blocking
        function.__annotations__["handle"] = self._hint
        self.app.task(identifier, transactional=True)(function)

    async def _do_async(self, context: Context, handle: Any, step: str | Add) -> None:
        if isinstance(step, Add):
            await context.add_job(step.identifier, step.payload)
        elif isinstance(handle, psycopg.AsyncConnection):
            await handle.execute(step.encode())
        else:
            await handle.execute(text(step))

    def _do(self, context: ThreadContext, handle: Any, step: str | Add) -> None:
        if isinstance(step, Add):
            context.add_job(step.identifier, step.payload)
        elif isinstance(handle, psycopg.Connection):
            handle.execute(step.encode())
        elif isinstance(handle, Session | Connection):
            handle.execute(text(step))
        else:
            with connections[ALIAS].cursor() as cursor:
                cursor.execute(step)


def _without_handle(function: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    def task(context: ThreadContext) -> Any:
        return function(context, None)

    return task


@contextmanager
def _psycopg_async(conninfo: str) -> Iterator[Source]:
    yield Source(App(conninfo), psycopg.AsyncConnection, is_async=True)


@contextmanager
def _psycopg(conninfo: str) -> Iterator[Source]:
    yield Source(App(conninfo), psycopg.Connection, is_async=False)


@contextmanager
def _async_session(conninfo: str) -> Iterator[Source]:
    engine = create_async_engine(_url(conninfo, "asyncpg"), poolclass=NullPool)
    app = App(conninfo, transactions=async_sessionmaker(engine))
    yield Source(app, AsyncSession, is_async=True)


@contextmanager
def _async_connection(conninfo: str) -> Iterator[Source]:
    engine = create_async_engine(_url(conninfo, "psycopg"), poolclass=NullPool)
    yield Source(App(conninfo, transactions=engine), AsyncConnection, is_async=True)


@contextmanager
def _session(conninfo: str) -> Iterator[Source]:
    engine = create_engine(_url(conninfo, "psycopg"), poolclass=NullPool)
    yield Source(App(conninfo, transactions=sessionmaker(engine)), Session, is_async=False)


@contextmanager
def _connection(conninfo: str) -> Iterator[Source]:
    engine = create_engine(_url(conninfo, "psycopg"), poolclass=NullPool)
    yield Source(App(conninfo, transactions=lambda _state: engine), Connection, is_async=False)


@contextmanager
def _django(conninfo: str) -> Iterator[Source]:
    configure_django()
    given = conninfo_to_dict(conninfo)
    settings = {
        "ENGINE": "django.db.backends.postgresql", "NAME": given["dbname"], "USER": given["user"],
        "HOST": given["host"], "PORT": given.get("port", ""),
        "OPTIONS": {"sslmode": "disable", "gssencmode": "disable"},
    }  # fmt: skip
    connections.databases[ALIAS] = ConnectionHandler({"default": settings}).databases["default"]
    try:
        yield Source(App(conninfo, transactions=connections[ALIAS]), None, is_async=False)
    finally:
        connections[ALIAS].close()
        del connections[ALIAS]
        del connections.databases[ALIAS]


def _url(conninfo: str, driver: str) -> URL:
    given = conninfo_to_dict(conninfo)
    where = {"host": str(given["host"]), "port": str(given.get("port", 5432))}
    encryption = (
        {"ssl": "disable"}
        if driver == "asyncpg"
        else {"sslmode": "disable", "gssencmode": "disable"}
    )
    return URL.create(
        f"postgresql+{driver}",
        str(given["user"]),
        database=str(given["dbname"]),
        query=where | encryption,
    )


#: By the name of the test's parameter.
SOURCES = {
    "psycopg, async": _psycopg_async,
    "psycopg, thread": _psycopg,
    "SQLAlchemy, AsyncSession": _async_session,
    "SQLAlchemy, AsyncConnection": _async_connection,
    "SQLAlchemy, Session": _session,
    "SQLAlchemy, Connection": _connection,
    "Django": _django,
}
