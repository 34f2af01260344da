"""Every server, schema revision, schema name and event loop; and a pooler in between."""

from __future__ import annotations

import asyncio
from typing import Any

import psycopg
import pytest

from kongtask.database.connection import Target, compose, connect
from kongtask.migrate import migrate, worker_migrations
from kongtask.names import WORKER_SCHEMA, extension_schema_name, quote_identifier
from kongtask.worker import App, Context, WorkerOptions
from kongtask.worker.events import JobComplete
from tests.conftest import public_folder
from tests.pgbouncer import pgbouncer

from .queue import Queue
from .running import Watch, run, running


def work_off(database: Target, schema: str = WORKER_SCHEMA, **options: Any) -> None:
    """Run jobs of every kind: with a queue, with flags, failing, and from a notification."""
    app = App(database.conninfo)
    got: list[int] = []

    @app.task
    async def task(payload: int, context: Context) -> None:
        got.append(payload)
        assert await context.query("select 1 + %s", [1]) == [(2,)]
        if payload == 3:
            assert await context.get_queue_name() == "q"
            raise ValueError("three")

    def add(connection: psycopg.Connection[Any], number: int) -> None:
        call = f"select {quote_identifier(schema)}.add_job"
        connection.execute(
            call.replace("%", "%%").encode()
            + b"('task', to_json(%s::int), queue_name => %s, flags => %s::text[])",
            [number, "q" if number % 2 else None, ["f"] if number % 4 == 0 else None],
        )

    async def work() -> None:
        done = Watch(app, JobComplete)
        async with running(app, schema=schema, **options):
            await done.until(8)
            add(connection, 9)
            await done.until(9)

    with connect(database) as connection:
        for number in range(1, 9):
            add(connection, number)
        run(work())
        assert sorted(got) == list(range(1, 10))
        assert [number for number in got if number % 2] == [1, 3, 5, 7, 9]
        rows = connection.execute(
            f"select last_error, attempts, locked_at from {quote_identifier(schema)}._private_jobs"
            .encode()
        ).fetchall()  # fmt: skip
        assert rows == [("three", 1, None)]


@pytest.mark.parametrize("revision", [18, 19, 20])
def test_jobs_run_on_every_server_and_revision(each_database: Target, revision: int) -> None:
    migrate(each_database, worker_migrations(), WORKER_SCHEMA, to=revision)
    work_off(each_database, poll_interval=60)


@pytest.mark.parametrize("is_async", [True, False])
def test_an_application_migrates(database: Target, is_async: bool) -> None:
    """From nothing, and from an older revision; the schema beside it too."""
    migrate(database, worker_migrations(), WORKER_SCHEMA, to=18)
    for schema in (WORKER_SCHEMA, "other"):
        app = App(database.conninfo, options=WorkerOptions(schema=schema))
        if is_async:
            run(app.run_migrations())
        else:
            app.run_migrations_blocking()
        with connect(database) as connection:
            statement = compose("select max(id) from {schema}.migrations", schema=schema)
            assert connection.execute(statement).fetchone() == (20,)
            beside = compose(
                "select count(*) from {schema}.pools", schema=extension_schema_name(schema)
            )
            assert connection.execute(beside).fetchone() == (0,)


@pytest.mark.parametrize("schema", ['say "100%"', "%s", "%(ids)s", "O'Brien; --", "ünï"])
def test_jobs_run_in_a_schema_of_any_name(database: Target, schema: str) -> None:
    migrate(database, worker_migrations(), schema)
    work_off(database, schema, poll_interval=60)


def test_jobs_run_by_polling_alone(database: Target) -> None:
    migrate(database, worker_migrations(), WORKER_SCHEMA)
    work_off(database, listen=False, poll_interval=0.05)


def test_this_machines_clock_may_decide_what_is_due(database: Target) -> None:
    migrate(database, worker_migrations(), WORKER_SCHEMA)
    work_off(database, use_client_time=True, poll_interval=0.2)


def test_jobs_run_in_uvloop(queue: Queue, app: App) -> None:
    uvloop = pytest.importorskip("uvloop", reason="uvloop is not installed: pip install uvloop")

    @app.task
    async def task(payload: int) -> None: ...

    @app.task
    def blocking() -> None: ...

    async def work() -> None:
        done = Watch(app, JobComplete)
        queue.fill("task", 2000)
        queue.add("blocking", queue_name="q")
        async with asyncio.timeout(30):
            async with running(app, poll_interval=60):
                await done.until(2001)

    uvloop.run(work())
    assert queue.jobs() == []
    assert queue.locks() == 0


def test_jobs_run_behind_a_pooler_in_transaction_mode(database: Target) -> None:
    migrate(database, worker_migrations(), WORKER_SCHEMA)
    with public_folder() as folder, pgbouncer(database, folder) as pooled:
        work_off(pooled, prepared_statements=False, listen=False, poll_interval=0.05)
        app, got = App(pooled.conninfo), []

        @app.task
        async def task(payload: int, context: Context) -> None:
            got.append(await context.query("select %s::int", [payload]))

        with connect(database) as connection:
            connection.execute(b"delete from graphile_worker._private_jobs")
            Queue(connection, "").fill("task", 500)
            run(app.run_once(prepared_statements=False))
            assert len(got) == 500
            assert Queue(connection, "").jobs() == []
