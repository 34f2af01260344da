"""Workers beside those of the Rust port, which take whoever is not in their registry for dead."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from kongtask.migrate import migrate, worker_migrations
from kongtask.names import WORKER_SCHEMA
from kongtask.worker import App, Context
from kongtask.worker.upkeep import registry as module
from tests.rust_port import make_registry, make_revision_20

from .queue import Queue
from .running import run, running, target_of

ENTRIES = "select id from graphile_worker._private_workers"
ORPHANS = "select worker_id from graphile_worker.list_orphan_locked_workers('0 seconds')"


def ids(queue: Queue, query: str) -> list[str]:
    return [row[0] for row in queue.connection.execute(query.encode())]


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not is_so():
            await asyncio.sleep(0.02)


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_FIRST", 0.0)
    monkeypatch.setattr(module, "_INTERVAL", 0.1)


@pytest.mark.parametrize(
    ("is_once", "options"),
    [(False, {}), (True, {}), (False, {"life": None}), (False, {"listen": False})],
    ids=["run", "once", "without life", "polling"],
)
def test_a_worker_is_registered_as_long_as_it_holds_a_job(
    queue: Queue, app: App, *, is_once: bool, options: dict[str, Any]
) -> None:
    """Also while it is only waiting for its last job: nobody takes that one away."""
    make_registry(queue.connection)
    begun, is_over = asyncio.Event(), asyncio.Event()
    got: list[str] = []

    @app.task
    async def long(context: Context) -> None:
        got.append(context.pool_id)
        begun.set()
        await is_over.wait()

    queue.add("long")

    async def work() -> None:
        runner = app.runner(**options)
        worker = runner.run_once() if is_once else runner.run(handle_signals=False)
        running_ = asyncio.create_task(worker)
        await begun.wait()
        await until(lambda: ids(queue, ENTRIES) == got)
        runner.stop()
        before = queue.connection.execute(ENTRIES.replace("id", "last_heartbeat_at").encode())
        (first,) = before.fetchall()
        await until(
            lambda: (
                queue.connection.execute(
                    b"select last_heartbeat_at from graphile_worker._private_workers"
                ).fetchone()
                != first
            )
        )
        assert ids(queue, ORPHANS) == []
        is_over.set()
        await running_

    run(work())
    assert queue.jobs() == []
    assert ids(queue, ENTRIES) == []


def test_a_registry_that_comes_later_is_found(queue: Queue, app: App) -> None:
    app.task("task")(lambda: None)

    async def work() -> None:
        async with running(app):
            make_registry(queue.connection)
            await until(lambda: len(ids(queue, ENTRIES)) == 1)

    run(work())
    assert ids(queue, ENTRIES) == []


def test_a_registry_that_refuses_is_told_once_and_jobs_run(
    queue: Queue, app: App, caplog: pytest.LogCaptureFixture
) -> None:
    make_registry(queue.connection)
    queue.connection.execute(b"""
        create sequence public.tries;
        create function public.refuse() returns trigger language plpgsql as $$
        begin
          perform nextval('public.tries');
          raise exception 'hands off' using errcode = 'insufficient_privilege';
        end $$;
        create trigger refuse before insert on graphile_worker._private_workers
        for each row execute function public.refuse()
    """)
    app.task("task")(lambda: None)
    queue.add("task")

    async def work() -> None:
        third = b"select from public.tries where last_value >= 3"
        async with running(app):
            await until(lambda: queue.connection.execute(third).fetchone() is not None)
            await until(lambda: queue.jobs() == [])

    run(work())
    assert caplog.text.count("hands off") == 1


def test_jobs_run_at_the_rust_ports_revision_20(queue: Queue, app: App) -> None:
    """Its row in the ledger has the number of Graphile Worker's, and nothing is made anew."""
    queue.connection.execute(b"drop schema graphile_worker cascade")
    migrate(target_of(queue.conninfo), worker_migrations(), WORKER_SCHEMA, to=19)
    make_revision_20(queue.connection)
    outcome = migrate(target_of(queue.conninfo), worker_migrations(), WORKER_SCHEMA)
    assert (outcome.applied, outcome.revision) == ((), 20)
    assert ["Rust port" in text for text in outcome.warnings] == [True]
    got: list[int] = []

    @app.task
    async def task(payload: int) -> None:
        got.append(payload)

    queue.add("task", 1, job_key="k")
    queue.add("task", 2, job_key="k")
    queue.add("task", 3, queue_name="q")
    app.add_job_blocking("task", 4)
    run(app.run_once())
    assert sorted(got) == [2, 3, 4]
