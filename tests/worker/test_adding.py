"""Adding jobs from tasks and from an application."""

from __future__ import annotations

import asyncio

import pytest

from kongtask import App, Context, JobSpec, ThreadContext
from kongtask.errors import UsageError

from .queue import Queue


def test_tasks_add_jobs(queue: Queue, app: App) -> None:
    got: list[object] = []

    @app.task
    async def first(context: Context) -> None:
        job = await context.add_job("last", {"n": 1}, priority=3, queue_name="q")
        specs = [JobSpec(identifier="last", payload={"n": n}) for n in (2, 3)]
        jobs = await context.add_jobs(specs)
        got.append((job.task_identifier, job.priority, job.queue_name, len(jobs)))

    @app.task
    def second(context: ThreadContext) -> None:
        job = context.add_job("last", {"n": 4})
        jobs = context.add_jobs([JobSpec(identifier="last", payload={"n": 5})])
        got.append((job.payload, jobs[0].payload))

    @app.task
    async def last(payload: dict[str, int]) -> None:
        got.append(payload["n"])

    queue.add("first")
    queue.add("second")
    asyncio.run(app.run_once())
    asyncio.run(app.run_once())
    assert got.count(("last", 3, "q", 2)) == 1
    assert got.count(({"n": 4}, {"n": 5})) == 1
    assert sorted(n for n in got if isinstance(n, int)) == [1, 2, 3, 4, 5]
    assert queue.jobs() == []


@pytest.mark.parametrize("is_open", [False, True])
def test_applications_add_jobs_with_and_without_a_pool(
    queue: Queue, app: App, is_open: bool
) -> None:
    async def add() -> int:
        job = await app.add_job("t", [1], job_key="k")
        jobs = await app.add_jobs([JobSpec(identifier="t")])
        return len([job, *jobs])

    async def add_in_block() -> int:
        async with app:
            return await add()

    assert asyncio.run(add_in_block() if is_open else add()) == 2
    if is_open:
        with app:
            app.add_job_blocking("t", {"n": 2})
            app.add_jobs_blocking([JobSpec(identifier="t", priority=2)])
    else:
        app.add_job_blocking("t", {"n": 2})
        app.add_jobs_blocking([JobSpec(identifier="t", priority=2)])
    assert queue.jobs("payload, key, priority") == [
        ([1], "k", 0), ({}, None, 0), ({"n": 2}, None, 0), ({}, None, 2),
    ]  # fmt: skip


def test_without_a_database_an_application_says_how_to_name_one() -> None:
    with pytest.raises(UsageError, match="no database is named"):
        App().add_job_blocking("t")
