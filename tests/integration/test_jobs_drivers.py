"""The same calls with every driver: in its own transaction, with one statement, with one result.

What the drivers need to be asked the same is in :data:`SYNC` and :data:`ASYNC`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import (
    AbstractAsyncContextManager,
    AbstractContextManager,
    asynccontextmanager,
    contextmanager,
)
from datetime import UTC, datetime
from typing import Any

import asyncpg
import django
import django.conf
import django.db
import psycopg
import pytest
import sqlalchemy
from django.db import transaction
from django.db.utils import ConnectionHandler
from sqlalchemy import event
from sqlalchemy.ext.asyncio import (
    AsyncSession,
    async_scoped_session,
    async_sessionmaker,
    create_async_engine,
)
from sqlalchemy.orm import Session, scoped_session, sessionmaker
from sqlalchemy.pool import NullPool

from kongtask.database.connection import Connection, Target, connect
from kongtask.errors import JobSpecError, SchemaNotFoundError, UsageError
from kongtask.jobs import (
    JobSpec,
    add_job,
    add_jobs,
    cleanup,
    complete_jobs,
    find_jobs,
    find_queues,
    force_unlock_workers,
    permanently_fail_jobs,
    remove_job,
    reschedule_jobs,
    retry_jobs,
)

IN_2030 = datetime(2030, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)

#: A payload with what a driver could take for something of its own.
PAYLOAD = {
    "text": "ü % %s %(p1)s $1 :x 'q' \" \\ {}",
    "half": "\ud800",
    "nul": "\0",
    "n": [1, None],
}

Log = list[str]


def arguments_of(target: Target) -> dict[str, Any]:
    """Return what asyncpg and Django call the parts of a conninfo."""
    with connect(target) as connection:
        info = connection.info
        return {
            "host": info.host,
            "port": info.port,
            "user": info.user,
            "password": info.password,
            "database": info.dbname,
        }


# --- Sync drivers: a transaction that is committed unless its block fails ---


@contextmanager
def psycopg_connection(target: Target, log: Log) -> Iterator[Any]:
    with psycopg.connect(target.conninfo) as connection:
        yield connection


@contextmanager
def sqlalchemy_engine(target: Target, log: Log) -> Iterator[sqlalchemy.Engine]:
    engine = sqlalchemy.create_engine(
        "postgresql+psycopg://",
        creator=lambda: psycopg.connect(target.conninfo),
        poolclass=NullPool,
    )
    event.listen(engine, "before_cursor_execute", lambda *given: log.append(given[2]))
    yield engine
    engine.dispose()


@contextmanager
def sqlalchemy_connection(target: Target, log: Log) -> Iterator[Any]:
    with sqlalchemy_engine(target, log) as engine, engine.begin() as connection:
        yield connection


@contextmanager
def sqlalchemy_session(target: Target, log: Log) -> Iterator[Any]:
    with sqlalchemy_engine(target, log) as engine, Session(engine) as session, session.begin():
        yield session


@contextmanager
def sqlalchemy_scoped_session(target: Target, log: Log) -> Iterator[Any]:
    with sqlalchemy_engine(target, log) as engine:
        session = scoped_session(sessionmaker(engine))
        with session.begin():
            yield session
        session.remove()


def configure_django() -> None:
    if not django.conf.settings.configured:
        django.conf.settings.configure(USE_TZ=True, DATABASES={})
        django.setup()


@contextmanager
def django_connection(
    target: Target, log: Log, options: dict[str, object] | None = None
) -> Iterator[Any]:
    configure_django()
    parts = {name.upper(): value for name, value in arguments_of(target).items()}
    given = {**parts, "NAME": parts["DATABASE"], "ENGINE": "django.db.backends.postgresql"}
    connection = ConnectionHandler({"default": {**given, "OPTIONS": options or {}}})["default"]

    def note(execute: Any, sql: str, params: Any, many: Any, context: Any) -> Any:
        log.append(sql)
        return execute(sql, params, many, context)

    try:
        connection.set_autocommit(False)
        with connection.execute_wrapper(note):
            yield connection
        connection.commit()
    finally:
        connection.close()


@contextmanager
def django_server_side(target: Target, log: Log) -> Iterator[Any]:
    with django_connection(target, log, {"server_side_binding": True}) as connection:
        yield connection


# --- Async drivers ---


@asynccontextmanager
async def psycopg_async_connection(target: Target, log: Log) -> AsyncIterator[Any]:
    async with await psycopg.AsyncConnection.connect(target.conninfo) as connection:
        yield connection


@asynccontextmanager
async def asyncpg_connection(target: Target, log: Log) -> AsyncIterator[Any]:
    connection = await asyncpg.connect(**arguments_of(target))
    try:
        connection.add_query_logger(lambda record: log.append(record.query))
        # What a user may have taught it about JSON plays no part.
        await connection.set_type_codec("json", schema="pg_catalog", encoder=repr, decoder=repr)
        async with connection.transaction():
            yield connection
    finally:
        await connection.close()


@asynccontextmanager
async def asyncpg_pool(target: Target, log: Log) -> AsyncIterator[Any]:
    """Without prepared statements, as behind a pooler."""
    async with (
        asyncpg.create_pool(**arguments_of(target), min_size=1, statement_cache_size=0) as pool,
        pool.acquire() as connection,
    ):
        connection.add_query_logger(lambda record: log.append(record.query))
        async with connection.transaction():
            yield connection


def async_engine(driver: str, target: Target, log: Log) -> Any:
    async def connected() -> Any:
        if driver == "psycopg":
            return await psycopg.AsyncConnection.connect(target.conninfo)
        return await asyncpg.connect(**arguments_of(target))

    engine = create_async_engine(
        f"postgresql+{driver}://", async_creator=connected, poolclass=NullPool
    )
    event.listen(engine.sync_engine, "before_cursor_execute", lambda *given: log.append(given[2]))
    return engine


def sqlalchemy_async_connection(driver: str) -> Callable[..., AbstractAsyncContextManager[Any]]:
    @asynccontextmanager
    async def opened(target: Target, log: Log) -> AsyncIterator[Any]:
        async with async_engine(driver, target, log).begin() as connection:
            yield connection

    return opened


def sqlalchemy_async_session(driver: str) -> Callable[..., AbstractAsyncContextManager[Any]]:
    @asynccontextmanager
    async def opened(target: Target, log: Log) -> AsyncIterator[Any]:
        async with AsyncSession(async_engine(driver, target, log)) as session, session.begin():
            yield session

    return opened


@asynccontextmanager
async def sqlalchemy_async_scoped_session(target: Target, log: Log) -> AsyncIterator[Any]:
    maker = async_sessionmaker(async_engine("asyncpg", target, log))
    session = async_scoped_session(maker, scopefunc=asyncio.current_task)
    async with session.begin():
        yield session
    await session.remove()


SYNC = {
    "psycopg": psycopg_connection,
    "SQLAlchemy Connection": sqlalchemy_connection,
    "SQLAlchemy Session": sqlalchemy_session,
    "SQLAlchemy scoped_session": sqlalchemy_scoped_session,
    "Django": django_connection,
    "Django, binding on the server": django_server_side,
}
ASYNC = {
    "psycopg": psycopg_async_connection,
    "asyncpg": asyncpg_connection,
    "asyncpg pool": asyncpg_pool,
    "SQLAlchemy AsyncConnection, asyncpg": sqlalchemy_async_connection("asyncpg"),
    "SQLAlchemy AsyncConnection, psycopg": sqlalchemy_async_connection("psycopg"),
    "SQLAlchemy AsyncSession, asyncpg": sqlalchemy_async_session("asyncpg"),
    "SQLAlchemy AsyncSession, psycopg": sqlalchemy_async_session("psycopg"),
    "SQLAlchemy async_scoped_session": sqlalchemy_async_scoped_session,
}

#: psycopg has no log of statements; test_jobs_adding counts its.
UNCOUNTED = {"psycopg"}

OpenSync = Callable[[Target, Log], AbstractContextManager[Any]]
OpenAsync = Callable[[Target, Log], AbstractAsyncContextManager[Any]]

every_sync_driver = pytest.mark.parametrize("name", SYNC)
every_async_driver = pytest.mark.parametrize("name", ASYNC)


class GiveUpError(Exception):
    """The caller changes its mind."""


def specs() -> list[JobSpec]:
    return [
        JobSpec(identifier="a", payload=PAYLOAD, queue_name="q%s", run_at=IN_2030, flags=["f,"]),
        JobSpec(identifier="a", job_key="k2", priority=-1, max_attempts=2),
    ]


def check(job: Any, jobs: Any, count: Any) -> None:
    assert (job.task_identifier, job.payload, job.queue_name) == ("a", PAYLOAD, "q%s")
    assert (job.run_at, job.max_attempts, job.key, job.priority) == (IN_2030, 3, "k", -5)
    assert job.flags == frozenset({"f", 'g"'})
    first, second = jobs
    assert (first.payload, first.queue_name, first.run_at) == (PAYLOAD, "q%s", IN_2030)
    assert (first.flags, first.key) == (frozenset({"f,"}), None)
    assert (second.key, second.priority, second.max_attempts, second.flags) == ("k2", -1, 2, None)
    assert count == 1


OPTIONS: Any = {
    "queue_name": "q%s", "run_at": IN_2030, "max_attempts": 3, "job_key": "k",
    "job_key_mode": "replace", "priority": -5, "flags": ["f", 'g"'],
}  # fmt: skip


@every_sync_driver
def test_adding_with_a_sync_driver(name: str, queue_database: Target, queue: Connection) -> None:
    """Three calls are three statements; the jobs are there when the caller commits, not before."""
    log: Log = []
    with SYNC[name](queue_database, log) as connection:
        job = add_job(connection, "a", PAYLOAD, **OPTIONS)
        jobs = add_jobs(connection, specs())
        count = add_jobs(connection, [JobSpec(identifier="a")], returning=False)
        assert find_jobs(queue) == [], "nothing is committed"

    check(job, jobs, count)
    calls = sum("add_job" in each or "jobs:insert" in each for each in log)
    assert calls == 3 or name in UNCOUNTED
    assert len(find_jobs(queue)) == 4


@every_async_driver
def test_adding_with_an_async_driver(name: str, queue_database: Target, queue: Connection) -> None:
    """Three calls are three statements; the jobs are there when the caller commits, not before."""
    log: Log = []

    async def run() -> None:
        async with ASYNC[name](queue_database, log) as connection:
            job = await add_job(connection, "a", PAYLOAD, **OPTIONS)
            jobs = await add_jobs(connection, specs())
            count = await add_jobs(connection, [JobSpec(identifier="a")], returning=False)
            assert find_jobs(queue) == [], "nothing is committed"
        check(job, jobs, count)
        calls = sum("add_job" in each or "jobs:insert" in each for each in log)
        assert calls == 3 or name in UNCOUNTED

    asyncio.run(run())
    assert len(find_jobs(queue)) == 4


@every_sync_driver
def test_a_rollback_of_a_sync_driver_adds_nothing(
    name: str, queue_database: Target, queue: Connection
) -> None:
    def run() -> None:
        with SYNC[name](queue_database, []) as connection:
            add_job(connection, "a")
            add_jobs(connection, [JobSpec(identifier="a")])
            raise GiveUpError

    with pytest.raises(GiveUpError):
        run()
    assert find_jobs(queue) == []


@every_async_driver
def test_a_rollback_of_an_async_driver_adds_nothing(
    name: str, queue_database: Target, queue: Connection
) -> None:
    async def run() -> None:
        async with ASYNC[name](queue_database, []) as connection:
            await add_job(connection, "a")
            await add_jobs(connection, [JobSpec(identifier="a")])
            raise GiveUpError

    with pytest.raises(GiveUpError):
        asyncio.run(run())
    assert find_jobs(queue) == []


@every_sync_driver
def test_errors_of_a_sync_driver(name: str, database: Target) -> None:
    with SYNC[name](database, []) as connection, pytest.raises(JobSpecError):
        add_job(connection, "a", priority=99999)
    with (
        pytest.raises(SchemaNotFoundError, match="kongtask migrate") as raised,
        SYNC[name](database, []) as connection,
    ):
        add_job(connection, "a", {"secret": "hush"})
    assert "hush" not in str(raised.value)


@every_async_driver
def test_errors_of_an_async_driver(name: str, database: Target) -> None:
    async def run() -> None:
        async with ASYNC[name](database, []) as connection:
            with pytest.raises(JobSpecError):
                await add_job(connection, "a", priority=99999)
            await add_job(connection, "a", {"secret": "hush"})

    with pytest.raises(SchemaNotFoundError, match="kongtask migrate") as raised:
        asyncio.run(run())
    assert "hush" not in str(raised.value)


@every_sync_driver
def test_administration_with_a_sync_driver(name: str, queue_database: Target) -> None:
    with SYNC[name](queue_database, []) as connection:
        jobs = add_jobs(connection, [JobSpec(identifier="a", queue_name="q")] * 4)
        keyed = add_job(connection, "b", job_key="k")
        ids = [job.id for job in jobs]
        assert [job.id for job in complete_jobs(connection, ids[:1])] == ids[:1]
        (failed,) = permanently_fail_jobs(connection, ids[1:2], "no %s")
        assert (failed.last_error, failed.attempts) == ("no %s", 25)
        (moved,) = reschedule_jobs(connection, ids[2:3], run_at=IN_2030, priority=0, attempts=0)
        assert (moved.run_at, moved.queue_name) == (IN_2030, "q")
        assert retry_jobs(connection, ids[1:2])[0].attempts == 0
        assert remove_job(connection, "k") == keyed
        assert remove_job(connection, "k") is None
        assert force_unlock_workers(connection, ["nobody"]) == (0, 0)
        assert [found.state for found in find_jobs(connection, queue_names=["q"])] == [
            "waiting", "scheduled", "waiting",
        ]  # fmt: skip
        (queue,) = find_queues(connection)
        assert (queue.queue_name, queue.waiting, queue.scheduled) == ("q", 2, 1)
        assert cleanup(connection, task_identifiers_to_keep=["x"]).task_identifiers == 1


@every_async_driver
def test_administration_with_an_async_driver(name: str, queue_database: Target) -> None:
    async def run() -> None:
        async with ASYNC[name](queue_database, []) as connection:
            jobs = await add_jobs(connection, [JobSpec(identifier="a", queue_name="q")] * 4)
            keyed = await add_job(connection, "b", job_key="k")
            ids = [job.id for job in jobs]
            assert [job.id for job in await complete_jobs(connection, ids[:1])] == ids[:1]
            (failed,) = await permanently_fail_jobs(connection, ids[1:2], "no %s")
            assert (failed.last_error, failed.attempts) == ("no %s", 25)
            (moved,) = await reschedule_jobs(connection, ids[2:3], run_at=IN_2030, attempts=0)
            assert (moved.run_at, moved.queue_name) == (IN_2030, "q")
            assert (await retry_jobs(connection, ids[1:2]))[0].attempts == 0
            assert await remove_job(connection, "k") == keyed
            assert await remove_job(connection, "k") is None
            assert await force_unlock_workers(connection, ["nobody"]) == (0, 0)
            found = await find_jobs(connection, queue_names=["q"])
            assert [each.state for each in found] == ["waiting", "scheduled", "waiting"]
            (queue,) = await find_queues(connection)
            assert (queue.queue_name, queue.waiting, queue.scheduled) == ("q", 2, 1)
            cleaned = await cleanup(connection, task_identifiers_to_keep=["x"])
            assert cleaned.task_identifiers == 1

    asyncio.run(run())


def test_djangos_own_blocks_decide(queue_database: Target, queue: Connection) -> None:
    """In autocommit mode a job is there at once; in ``atomic`` when the block ends well."""
    with django_connection(queue_database, []) as connection:
        connection.set_autocommit(True)
        add_job(connection, "a")
        assert len(find_jobs(queue)) == 1
        django.db.connections["jobs"] = connection
        try:
            with transaction.atomic("jobs"):
                add_job(connection, "a")
                transaction.set_rollback(True, "jobs")
            assert len(find_jobs(queue)) == 1
            with transaction.atomic("jobs"):
                add_job(connection, "a")
        finally:
            del django.db.connections["jobs"]
        connection.set_autocommit(False)
    assert len(find_jobs(queue)) == 2


def test_djangos_default_connection_is_found_behind_its_proxy() -> None:
    """``django.db.connection`` is a proxy; of a database that is no PostgreSQL, the error tells."""
    configure_django()
    sqlite = {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}
    connection = ConnectionHandler({"default": sqlite})["default"]
    django.db.connections["default"] = connection
    try:
        with pytest.raises(UsageError, match="Django's connection 'default' is to sqlite"):
            add_job(django.db.connection, "a")
    finally:
        del django.db.connections["default"]


def test_sqlalchemy_on_another_database_is_refused() -> None:
    engine = sqlalchemy.create_engine("sqlite://")
    with engine.connect() as connection, pytest.raises(UsageError, match="is to sqlite"):
        add_job(connection, "a")
    engine.dispose()


def test_an_engine_is_no_connection() -> None:
    engine = sqlalchemy.create_engine("sqlite://")
    with pytest.raises(UsageError, match=r"cannot use a sqlalchemy\.engine\.base\.Engine"):
        add_job(engine, "a")  # type: ignore[call-overload]  # on purpose
    engine.dispose()
