"""Working until nothing is due, and leaving out jobs by their flags."""

from __future__ import annotations

import asyncio
from typing import Any

import psycopg
import pytest

from kongtask.worker import App, Context, LocalQueueOptions
from kongtask.worker.events import (
    JobComplete,
    LocalQueueGetJobsComplete,
    PoolListenConnecting,
    ResetLockedStarted,
)

from .queue import Queue
from .running import Watch, run, running


def test_once_works_until_nothing_is_due_jobs_that_jobs_add_included(
    queue: Queue, app: App
) -> None:
    got = []

    @app.task
    async def add_another(payload: int, context: Context) -> None:
        got.append(payload)
        await asyncio.sleep(0.01)
        if payload < 5:
            await context.query(
                "select graphile_worker.add_job('add_another', to_json(%s::int))", [payload + 1]
            )

    queue.add("add_another", 1)
    queue.connection.execute(
        b"select graphile_worker.add_job('add_another', run_at => now() + interval '1 hour')"
    )
    run(app.run_once(poll_interval=60))
    assert got == [1, 2, 3, 4, 5]
    assert len(queue.jobs()) == 1


def test_once_works_off_a_whole_queue_whatever_its_jobs_come_to(queue: Queue, app: App) -> None:
    got = []

    @app.task
    async def step(payload: int) -> None:
        got.append(payload)
        await asyncio.sleep(0.005)
        if payload % 3 == 0:
            raise ValueError("third")

    for n in range(10):
        queue.add("step", n, queue_name="q")
    run(app.run_once(poll_interval=60))
    assert got == list(range(10))


def test_once_neither_listens_nor_sweeps(queue: Queue, app: App) -> None:
    listening, sweeping = Watch(app, PoolListenConnecting), Watch(app, ResetLockedStarted)

    @app.task
    async def task() -> None: ...

    queue.add("task")
    run(app.run_once(min_reset_locked_interval=0.001, max_reset_locked_interval=0.001))
    assert queue.jobs() == []
    assert (listening.seen, sweeping.seen) == ([], [])


def test_once_raises_what_claiming_raises(queue: Queue, app: App) -> None:
    @app.task
    async def task() -> None: ...

    queue.add("task")
    queue.connection.execute(b"""
        create function refuse() returns trigger language plpgsql as $$
        begin raise exception 'never' using errcode = 'P0001'; end $$;
        create trigger refuse before update on graphile_worker._private_jobs
        for each row execute function refuse()
    """)
    with pytest.raises(psycopg.errors.RaiseException, match="never"):
        run(app.run_once())
    assert queue.jobs("attempts") == [0]


def later() -> Any:
    async def flags() -> list[str]:
        await asyncio.sleep(0)
        return ["slow", "x"]

    return flags


@pytest.mark.parametrize(
    "flags", [["slow"], lambda: ("slow",), later()], ids=["list", "function", "async"]
)
def test_jobs_with_forbidden_flags_are_left_to_others(queue: Queue, app: App, flags: Any) -> None:
    got = []

    @app.task
    async def task(payload: str) -> None:
        got.append(payload)

    queue.add("task", "slow", flags=["slow", "big"])
    queue.add("task", "big", flags=["big"])
    queue.add("task", "plain")
    queue.add("task", "slow in a queue", flags=["slow"], queue_name="q")
    queue.add("task", "behind it", queue_name="q")
    run(app.run_once(forbidden_flags=flags))
    assert sorted(got) == ["behind it", "big", "plain"]
    assert queue.locks() == 0


def test_flags_are_asked_before_each_claim_and_nothing_is_claimed_ahead(
    queue: Queue, app: App
) -> None:
    """Ten executors run ten jobs at once; the eleventh waits in the database, not in the worker."""

    async def work() -> None:
        asked, running_now, all_run, is_over = 0, 0, asyncio.Event(), asyncio.Event()

        def flags() -> None:
            nonlocal asked
            asked += 1

        @app.task
        async def task(payload: int) -> None:
            nonlocal running_now
            running_now += 1
            if running_now == 10:
                all_run.set()
            await is_over.wait()

        done = Watch(app, JobComplete)
        queue.fill("task", 25)
        async with running(app, forbidden_flags=flags, poll_interval=60):
            await all_run.wait()
            assert queue.locks() == 10
            is_over.set()
            await done.until(25)
        assert asked >= 3

    run(work())


def test_flags_that_cannot_be_told_are_asked_again(queue: Queue, app: App) -> None:
    calls = 0

    def flags() -> list[str]:
        nonlocal calls
        calls += 1
        if calls < 3:
            raise OSError("not now")
        return []

    @app.task
    async def task() -> None: ...

    async def work() -> None:
        done = Watch(app, JobComplete)
        async with running(app, forbidden_flags=flags, poll_interval=0.05):
            queue.add("task")
            await done.until(1)

    run(work())
    calls = 0
    with pytest.raises(OSError, match="not now"):
        run(app.run_once(forbidden_flags=flags))


def test_a_local_queue_of_size_0_claims_nothing_ahead(queue: Queue, app: App) -> None:
    claims = Watch(app, LocalQueueGetJobsComplete)

    @app.task
    async def task(payload: int) -> None: ...

    queue.fill("task", 60)
    run(app.run_once(concurrency=3, local_queue=LocalQueueOptions(size=0)))
    assert max(event.count for event in claims.seen) == 3
    assert queue.jobs() == []
