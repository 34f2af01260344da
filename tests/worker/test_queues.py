"""The order of jobs, and named queues: one job at a time, whoever claims, and never a pause."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from itertools import groupby
from typing import Any

import pytest

from kongtask.worker import App, Context, LocalQueueOptions
from kongtask.worker.events import JobComplete, PoolGracefulShutdown, PoolListenSuccess

from .queue import Queue
from .running import Watch, run, running

LOG = b"""
create table log (
  n bigint generated always as identity,
  queue text, number int, what text, worker text
)
"""

#: A poll that never comes: what does not happen at once does not happen in these tests.
NEVER = 60.0


@pytest.fixture
def log(queue: Queue) -> Queue:
    """A queue whose tasks write down when they begin and end."""
    queue.connection.execute(LOG)
    return queue


def logged(log: Queue) -> list[Any]:
    rows = log.connection.execute(b"select queue, number, what, worker from log order by n")
    return rows.fetchall()


def logging_app(log: Queue, longest: float, seed: int = 1) -> App:
    app = App(log.conninfo)
    durations = random.Random(seed)

    @app.task
    async def step(payload: int, context: Context) -> None:
        name = await context.get_queue_name()
        values = [name, payload, context.pool_id]
        insert = "insert into log (queue, number, what, worker) values (%s, %s, '{}', %s)"
        await context.query(insert.format("begin"), values)
        await asyncio.sleep(durations.random() * longest)
        await context.query(insert.format("end"), values)

    return app


def add_steps(log: Queue, queues: int, jobs: int, *, is_same_moment: bool = False) -> None:
    """Add jobs of some queues, numbered in the order in which they are due."""
    log.connection.execute(
        b"""
        select count(graphile_worker.add_job(
          'step', to_json(number), 'q' || queue,
          run_at => now() - interval '1 hour' + %(apart)s * number * interval '1 millisecond'
        ))
        from generate_series(1, %(jobs)s) as number, generate_series(1, %(queues)s) as queue
        """,
        {"queues": queues, "jobs": jobs, "apart": 0 if is_same_moment else 1},
    )


def assert_serial(log: Queue, queues: int, jobs: int) -> None:
    rows = logged(log)
    for _, steps in groupby(sorted(rows, key=lambda row: row[0]), key=lambda row: row[0]):
        expected = [(n, what) for n in range(1, jobs + 1) for what in ("begin", "end")]
        assert [(number, what) for _, number, what, _ in steps] == expected
    assert len(rows) == 2 * queues * jobs


def test_jobs_run_by_priority_and_then_by_time(queue: Queue, app: App) -> None:
    got = []

    @app.task
    async def note(payload: int) -> None:
        got.append(payload)

    rng = random.Random(5)
    keys = [(rng.randint(-3, 3), rng.randint(0, 10_000)) for _ in range(300)]
    for n, (priority, seconds) in enumerate(keys):
        queue.connection.execute(
            b"""
            select graphile_worker.add_job(
              'note', to_json(%s), priority => %s, run_at => now() - %s * interval '1 second'
            )
            """,
            [n, priority, seconds],
        )
    run(app.run_once(concurrency=1))
    assert [(keys[n][0], -keys[n][1]) for n in got] == sorted((p, -s) for p, s in keys)


@pytest.mark.parametrize("is_same_moment", [False, True], ids=["apart", "same-moment"])
def test_a_queue_runs_one_job_at_a_time_in_order_in_one_pool(
    log: Queue, is_same_moment: bool
) -> None:
    add_steps(log, queues=5, jobs=8, is_same_moment=is_same_moment)

    async def work() -> None:
        app = logging_app(log, 0.01)
        done = Watch(app, JobComplete)
        async with running(app, poll_interval=NEVER, concurrency=8):
            await done.until(40)

    run(work())
    assert_serial(log, 5, 8)


def test_a_queue_runs_one_job_at_a_time_in_order_across_two_pools(log: Queue) -> None:
    add_steps(log, queues=12, jobs=8)

    async def work() -> None:
        app = logging_app(log, 0.01)
        done = Watch(app, JobComplete)
        options: dict[str, Any] = {"poll_interval": NEVER, "concurrency": 4}
        async with running(app, **options), running(app, **options):
            await done.until(96)

    run(work())
    assert_serial(log, 12, 8)
    assert log.locks() == 0


def test_pools_that_want_the_same_queues_leave_none_idle(queue: Queue, app: App) -> None:
    """Ten queues of slow jobs and two pools of five: all ten run at once."""
    running_now = 0
    all_run = asyncio.Event()

    @app.task
    async def slow(payload: None, context: Context) -> None:
        nonlocal running_now
        running_now += 1
        if running_now == 10:
            all_run.set()
        await all_run.wait()

    async def work() -> None:
        options: dict[str, Any] = {"poll_interval": NEVER, "concurrency": 5, "listen": False}
        async with running(app, **options), running(app, **options):
            await asyncio.wait_for(all_run.wait(), 10)

    for round_ in range(5):
        running_now = 0
        all_run = asyncio.Event()
        for n in range(10):
            queue.add("slow", queue_name=f"{round_} {n}")
        run(work())


def test_ten_thousand_queues_are_worked_off(queue: Queue, app: App) -> None:
    got: Counter[int] = Counter()

    @app.task
    async def note(payload: int) -> None:
        got[payload] += 1

    queue.connection.execute(b"""
        with task as (
          insert into graphile_worker._private_tasks (identifier) values ('note') returning id
        ),
        queues as (
          insert into graphile_worker._private_job_queues (queue_name)
          select 'q' || n from generate_series(1, 10000) as n
          returning id
        )
        insert into graphile_worker._private_jobs (task_id, job_queue_id, payload)
        select task.id, queues.id, to_json(queues.id) from task, queues
    """)

    async def work() -> None:
        done = Watch(app, JobComplete)
        async with running(app, poll_interval=NEVER), running(app, poll_interval=NEVER):
            await done.until(10_000)

    run(work())
    assert len(got) == 10_000
    assert set(got.values()) == {1}
    assert queue.locks() == 0


def test_a_long_queue_at_the_front_stops_nobody(queue: Queue, app: App) -> None:
    """Of 100,000 urgent jobs of one queue the first one is held up; everything behind it runs."""
    others: Counter[str] = Counter()

    async def work() -> None:
        is_over = asyncio.Event()

        @app.task
        async def first() -> None:
            await is_over.wait()

        @app.task
        async def other(payload: str) -> None:
            others[payload] += 1
            if others.total() == 600:
                is_over.set()

        queue.add("first", queue_name="long", priority=-10)
        queue.connection.execute(b"""
            insert into graphile_worker._private_jobs (task_id, job_queue_id, priority, payload)
            select jobs.task_id, jobs.job_queue_id, -5, 'null'
            from graphile_worker._private_jobs as jobs, generate_series(1, 100000)
        """)
        queue.connection.execute(b"""
            select graphile_worker.add_job('other', to_json('queued'::text), 'q' || n)
            from generate_series(1, 300) as n
            union all
            select graphile_worker.add_job('other', to_json('free'::text))
            from generate_series(1, 300)
        """)
        async with running(app, poll_interval=NEVER, concurrency=4):
            await asyncio.wait_for(is_over.wait(), 20)

    run(work())
    assert others == {"queued": 300, "free": 300}


def test_the_next_job_of_a_queue_is_looked_for_as_soon_as_the_one_before_has_ended(
    queue: Queue, app: App
) -> None:
    """Without polls and notifications, and whether the one before has succeeded or failed."""
    got = []

    @app.task
    async def either(payload: int) -> None:
        got.append(payload)
        if payload % 2:
            raise ValueError("odd")

    for n in range(20):
        queue.add("either", n, queue_name="q")

    async def work() -> None:
        done = Watch(app, JobComplete)
        async with running(app, poll_interval=NEVER, listen=False):
            await done.until(20)

    run(work())
    assert got == list(range(20))


def test_a_pool_that_stops_tells_others_what_its_last_jobs_have_made_free(
    queue: Queue, app: App
) -> None:
    got: list[str] = []

    async def work() -> None:
        begun, is_over = asyncio.Event(), asyncio.Event()

        @app.task
        async def step(payload: int, context: Context) -> None:
            got.append(context.pool_id)
            begun.set()
            if payload == 1:
                await is_over.wait()

        queue.add("step", 1, queue_name="q")
        queue.add("step", 2, queue_name="q")
        done, listening = Watch(app, JobComplete), Watch(app, PoolListenSuccess)
        stopping = Watch(app, PoolGracefulShutdown)
        async with running(app, poll_interval=NEVER) as first:
            await begun.wait()
            async with running(app, poll_interval=NEVER):
                await listening.until(2)
                first.stop()
                await stopping.until(1)
                is_over.set()
                await done.until(2)

    run(work())
    assert len(set(got)) == 2


def test_jobs_that_are_given_back_are_taken_by_others_at_once(queue: Queue, app: App) -> None:
    """One executor and a local queue that claims ahead: what waits too long runs elsewhere."""
    got: list[int] = []

    async def work() -> None:
        is_over = asyncio.Event()

        @app.task
        async def step(payload: int) -> None:
            got.append(payload)
            if payload == 500:
                await is_over.wait()

        queue.fill("step", 1000)
        done = Watch(app, JobComplete)
        options: dict[str, Any] = {
            "poll_interval": NEVER, "concurrency": 1, "local_queue": LocalQueueOptions(ttl=0.3),
        }  # fmt: skip
        async with running(app, **options), running(app, **options):
            await done.until(999)
            is_over.set()
            await done.until(1000)

    run(work())
    assert sorted(got) == list(range(1, 1001))
