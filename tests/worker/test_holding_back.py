"""What a worker does under limits and pauses, and what it does not do where there are none."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from typing import Any

import pytest
from psycopg.conninfo import make_conninfo

from kongtask.jobs import (
    Concurrency,
    Rate,
    find_limits,
    find_pauses,
    pause,
    remove_limit,
    resume,
    set_limit,
)
from kongtask.migrate import install_extension
from kongtask.worker import App, LocalQueueOptions
from kongtask.worker.events import JobComplete, JobStart
from kongtask.worker.limits import PoolHoldBack
from kongtask.worker.limits.choosing import Candidate, Group, choose

from .queue import Queue
from .running import Watch, run, running, target_of


@pytest.fixture
def extended(queue: Queue) -> Queue:
    """A queue with the schema beside it."""
    install_extension(target_of(queue.conninfo), "graphile_worker")
    return queue


def started(events: list[JobStart], task: str) -> int:
    return sum(event.job.task_identifier == task for event in events)


@pytest.mark.parametrize("kind", ["task", "all", "pool"])
def test_a_pause_is_obeyed_and_ended(extended: Queue, app: App, kind: Any) -> None:
    """Jobs that were claimed ahead are given back, and begin when it ends, elsewhere too."""
    gate = asyncio.Event()

    @app.task
    async def waiting() -> None:
        await gate.wait()

    @app.task
    async def other() -> None: ...

    async def work() -> None:
        changes, starts = Watch(app, PoolHoldBack), Watch(app, JobStart)
        done = Watch(app, JobComplete)
        async with running(app, concurrency=1, poll_interval=60) as runner:
            assert runner._pool is not None
            name = {"task": "waiting", "all": "", "pool": runner._pool.pool_id}[kind]
            extended.add("waiting")
            await starts.until(1)
            assert pause(extended.connection, kind, name)
            await changes.until(1)
            gate.set()  # what runs may end
            await done.until(1)
            extended.add("waiting")
            extended.add("other")
            if kind == "task":
                await done.until(2)
                assert started(starts.seen, "other") == 1
            assert started(starts.seen, "waiting") == 1
            assert extended.jobs("locked_at is null")[0]
            assert resume(extended.connection, kind, name) == "resumed"
            await done.until(3)

    run(work())
    assert extended.jobs() == []


def test_jobs_that_are_claimed_and_not_begun_are_given_back(extended: Queue, app: App) -> None:
    gate = asyncio.Event()

    @app.task
    async def quick(payload: int) -> None:
        if payload == 2_000:
            await gate.wait()

    async def work() -> None:
        changes, starts = Watch(app, PoolHoldBack), Watch(app, JobStart)
        done = Watch(app, JobComplete)
        options = LocalQueueOptions(ttl=600)
        async with running(app, concurrency=1, local_queue=options):
            extended.fill("quick", 4_000)
            await starts.until(2_000)
            pause(extended.connection, "task", "quick")
            await changes.until(1)
            while extended.locks() > 1:  # how far it had claimed ahead depends on the machine
                await asyncio.sleep(0.01)
            assert changes.seen[-1].paused_tasks == ("quick",)
            gate.set()
            await done.until(2_000)
            resume(extended.connection, "task", "quick")
            await done.until(4_000)

    run(work())


def test_a_paused_queue_waits_and_others_go_on(extended: Queue, app: App) -> None:
    @app.task
    async def task() -> None: ...

    async def work() -> None:
        starts, done = Watch(app, JobStart), Watch(app, JobComplete)
        pause(extended.connection, "queue", "mail")
        held = extended.add("task", queue_name="mail")
        async with running(app, poll_interval=60):
            extended.add("task", queue_name="news")
            await done.until(1)
            assert held not in {event.job.id for event in starts.seen}
            assert resume(extended.connection, "queue", "mail") == "resumed"
            await done.until(2)

    run(work())


def test_a_queue_that_is_resumed_while_its_job_runs_stays_serial(extended: Queue, app: App) -> None:
    gate = asyncio.Event()

    @app.task
    async def task() -> None:
        await gate.wait()

    async def work() -> None:
        starts, done = Watch(app, JobStart), Watch(app, JobComplete)
        async with running(app, poll_interval=60):
            for _ in range(2):
                extended.add("task", queue_name="mail")
            await starts.until(1)
            pause(extended.connection, "queue", "mail")
            assert resume(extended.connection, "queue", "mail") == "requested"
            extended.add("task")
            await starts.until(2)
            assert sum(event.job.job_queue_id is not None for event in starts.seen) == 1
            gate.set()
            await done.until(3)
        assert find_pauses(extended.connection) == []

    run(work())


def test_limits_are_set_and_removed_while_a_worker_runs(extended: Queue, app: App) -> None:
    running_now, most = 0, 0

    @app.task
    async def task() -> None:
        nonlocal running_now, most
        running_now += 1
        most = max(most, running_now)
        await asyncio.sleep(0.001)
        running_now -= 1

    async def work() -> None:
        nonlocal most
        changes, done = Watch(app, PoolHoldBack), Watch(app, JobComplete)
        async with running(app):
            set_limit(extended.connection, Concurrency(2), ["task"])
            await changes.until(1)
            extended.fill("task", 100)
            await done.until(100)
            assert most == 2
            assert remove_limit(extended.connection, "task:concurrency")
            await changes.until(2)
            extended.fill("task", 100)
            await done.until(200)
            assert most == 10

    run(work())


def test_a_declared_limit_is_known_as_long_as_its_worker_lives(extended: Queue, app: App) -> None:
    @app.task(limits=[Rate(5, per=60, key="a.b")])
    async def task() -> None: ...

    async def work() -> None:
        async with running(app):
            while not find_limits(extended.connection):
                await asyncio.sleep(0.01)
            (limit,) = find_limits(extended.connection)
            assert (limit.name, limit.amount, limit.is_set) == ("task:rate/60s:a.b", 5, False)

    run(work())
    assert find_limits(extended.connection) == []


def test_a_worker_that_runs_once_keeps_limits_and_leaves_what_they_hold_back(
    queue: Queue, app: App
) -> None:
    """It makes the schema beside the worker schema if it declares a limit."""
    ran: list[int] = []

    @app.task(limits=[Rate(3, per=600)])
    async def task(payload: int) -> None:
        ran.append(payload)

    queue.fill("task", 10)
    run(app.run_once())
    assert ran == [1, 2, 3]
    run(app.run_once())
    assert ran == [1, 2, 3]
    assert len(queue.jobs()) == 7


def test_a_failed_attempt_counts_for_a_rate_and_frees_concurrency(
    extended: Queue, app: App
) -> None:
    ran: Counter[str] = Counter()

    @app.task(limits=[Concurrency(1)])
    async def alone(payload: int) -> None:
        ran["alone"] += 1
        raise ValueError("no")

    @app.task(limits=[Rate(4, per=600)])
    async def paced(payload: int) -> None:
        ran["paced"] += 1
        raise ValueError("no")

    extended.fill("alone", 5)
    extended.fill("paced", 5)
    run(app.run_once())
    assert ran == {"alone": 5, "paced": 4}


def test_jobs_of_a_free_key_are_found_behind_many_of_a_full_one(extended: Queue, app: App) -> None:
    """Also where those were added together and nothing tells their places apart."""
    gate = asyncio.Event()

    @app.task(limits=[Concurrency(1, key="customer")])
    async def task(customer: str) -> None:
        if customer == "large":
            await gate.wait()

    extended.connection.execute(
        b"insert into graphile_worker._private_tasks (identifier) values ('task')"
    )
    extended.connection.execute(
        b"""
        insert into graphile_worker._private_jobs (task_id, payload)
        select 1, json_build_object('customer', case when n <= 15000 then 'large' else 'c' || n end)
        from generate_series(1, 15020) as n
        """
    )

    async def work() -> None:
        done = Watch(app, JobComplete)
        async with running(app):
            await done.until(20)
            assert all(event.job.payload["customer"] != "large" for event in done.seen)
            gate.set()

    run(work())


def test_urgent_jobs_go_first_whether_their_tasks_have_limits_or_not(
    extended: Queue, app: App
) -> None:
    order: list[str] = []

    @app.task(limits=[Concurrency(100)])
    async def limited(payload: int) -> None:
        order.append("limited")

    @app.task
    async def free(payload: int) -> None:
        order.append("free")

    extended.fill("free", 20)
    extended.fill("limited", 20)
    extended.fill("free", 20)
    extended.connection.execute(
        b"update graphile_worker._private_jobs set priority = (id - 1) / 20"
    )
    run(app.run_once(concurrency=1))
    assert order == 20 * ["free"] + 20 * ["limited"] + 20 * ["free"]


def test_jobs_of_a_named_queue_stay_serial_under_limits(extended: Queue, app: App) -> None:
    running_of: Counter[str] = Counter()

    @app.task(limits=[Concurrency(5)])
    async def task(payload: str) -> None:
        running_of[payload] += 1
        assert running_of[payload] == 1
        await asyncio.sleep(0.001)
        running_of[payload] -= 1

    for number in range(40):
        extended.add("task", f"q{number % 4}", queue_name=f"q{number % 4}")
    run(app.run_once())
    assert extended.jobs() == []
    assert extended.locks() == 0


def test_a_payload_that_has_no_text_stops_nobody(extended: Queue, app: App) -> None:
    @app.task(limits=[Concurrency(1, key="a")])
    async def task() -> None: ...

    for payload in (r'{"a": "\\ud83d"}', r'{"a": "\\u0000"}', "[]", "{}"):
        extended.connection.execute(
            b"select graphile_worker.add_job('task', %s::json)", [payload.replace("\\\\", "\\")]
        )
    run(app.run_once())
    assert extended.jobs() == []


def test_without_rights_a_worker_works_and_says_that_it_keeps_no_limits(
    queue: Queue, app: App, caplog: pytest.LogCaptureFixture
) -> None:
    @app.task(limits=[Concurrency(1)])
    async def task() -> None: ...

    queue.connection.execute(b"create schema kongtask")
    queue.connection.execute(b"drop role if exists kongtask_limited")
    queue.connection.execute(b"create role kongtask_limited login bypassrls")
    try:
        for what in (
            b"usage on schema graphile_worker", b"all on all tables in schema graphile_worker",
            b"all on all sequences in schema graphile_worker",
        ):  # fmt: skip
            queue.connection.execute(b"grant " + what + b" to kongtask_limited")
        queue.add("task")
        run(app.run_once(make_conninfo(queue.conninfo, user="kongtask_limited")))
    finally:
        queue.connection.execute(b"drop owned by kongtask_limited")
        queue.connection.execute(b"drop role kongtask_limited")
    assert queue.jobs() == []
    said = [record.getMessage() for record in caplog.records if "limits" in record.getMessage()]
    assert len(said) == 1
    assert "no use can be made of the schema kongtask" in said[0]


def test_with_the_schema_dropped_a_worker_goes_on_without_limits(extended: Queue, app: App) -> None:
    @app.task(limits=[Rate(1, per=600)])
    async def task() -> None: ...

    async def work() -> None:
        done = Watch(app, JobComplete)
        async with running(app):
            extended.add("task")
            await done.until(1)
            extended.connection.execute(b"drop schema kongtask cascade")
            extended.add("task")
            await done.until(2)

    run(work())


def test_choosing_takes_as_many_as_it_may() -> None:
    """Whatever the groups: none gets more than it has, and nothing that would fit is left."""
    chance = random.Random(7)
    for _ in range(300):
        groups: list[Group] = [(name, str(key)) for name in "ab" for key in range(3)]
        free = {group: chance.randint(0, 3) for group in groups}
        jobs = [
            Candidate(
                number, 0, chance.choice([None, None, 1, 2]), 0,
                (("a", str(chance.randint(0, 2))), ("b", str(chance.randint(0, 2)))),
            )
            for number in range(chance.randint(0, 20))
        ]  # fmt: skip
        size = chance.randint(1, 10)
        taken, later = choose(jobs, free, size, size)
        used = Counter(group for job in taken for group in job.groups)
        queues = [job.job_queue_id for job in taken if job.job_queue_id is not None]
        assert len(taken) <= size
        assert len(queues) == len(set(queues))
        assert all(count <= free[group] for group, count in used.items())
        if len(taken) < size:
            assert later == []
            left = [job for job in jobs if job not in taken and job.job_queue_id is None]
            assert all(any(used[group] == free[group] for group in job.groups) for job in left)


def test_a_job_without_limits_that_comes_before_is_left_its_place() -> None:
    jobs = [Candidate(1, 0, None, 3, (("a", ""),)), Candidate(2, 0, None, 4, (("a", ""),))]
    assert choose(jobs, {("a", ""): 9}, size=5, room=5) == ([jobs[0]], [jobs[1]])
    assert choose(jobs, {("a", ""): 9}, size=9, room=1) == ([jobs[0]], [jobs[1]])
