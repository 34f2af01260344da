"""Jobs that run for longer than a lock may be old."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from kongtask.database.connection import connect
from kongtask.worker import App
from kongtask.worker.events import JobComplete, JobStart, ResetLockedSuccess

from .queue import Queue
from .relay import relay_to
from .running import IN_VAIN, Watch, run, running, target_of

#: An expiry of two seconds, swept all the time: as if hours went by.
QUICK: dict[str, Any] = {
    "lock_expiry": timedelta(seconds=2),
    "min_reset_locked_interval": 0.1,
    "max_reset_locked_interval": 0.2,
    "life": None,
}

LOCK = b"select locked_at from graphile_worker._private_jobs order by id"


async def until(is_so: Any) -> None:
    """Look again and again until something is so."""
    async with asyncio.timeout(IN_VAIN):
        while not is_so():
            await asyncio.sleep(0.02)


def locked_at(queue: Queue) -> Any:
    row = queue.connection.execute(LOCK).fetchone()
    return row[0] if row else None


@pytest.fixture
def release(app: App) -> asyncio.Event:
    """Ends the task ``wait``, which says no more than that."""
    event = asyncio.Event()

    @app.task
    async def wait(payload: object) -> None:
        await event.wait()
        if payload == "fail":
            raise ValueError("failed")

    return event


@pytest.mark.parametrize("payload", [None, "fail"])
def test_their_locks_are_renewed_while_everybody_sweeps(
    queue: Queue, app: App, release: asyncio.Event, payload: str | None
) -> None:
    """They run once, their queue stays theirs, and their ends are written."""

    async def work() -> None:
        started, complete = Watch(app, JobStart), Watch(app, JobComplete)
        swept = Watch(app, ResetLockedSuccess)
        queue.add("wait", payload, queue_name="serial")
        queue.add("wait", queue_name="serial", priority=1)
        async with running(app, **QUICK), running(app, **QUICK):
            await started.until(1)
            first = locked_at(queue)
            await until(lambda: locked_at(queue) > first + timedelta(seconds=4))
            assert sum(each.jobs + each.queues for each in swept.seen) == 0
            assert len(started.seen) == 1
            assert queue.locks() == 2
            release.set()
            events = await complete.until(2)
        assert [each.error is None for each in events] == [payload is None, True]
        assert queue.locks() == 0
        assert queue.jobs("last_error, attempts") == ([("failed", 1)] if payload else [])

    run(work())


def test_they_are_renewed_while_the_worker_waits_for_them_to_end(
    queue: Queue, app: App, release: asyncio.Event
) -> None:
    async def work() -> None:
        started, complete = Watch(app, JobStart), Watch(app, JobComplete)
        queue.add("wait")
        async with running(app, **QUICK) as runner:
            await started.until(1)
            runner.stop()
            first = locked_at(queue)
            await until(lambda: locked_at(queue) > first + timedelta(seconds=2))
            release.set()
            assert (await complete.until(1))[0].error is None
        assert queue.jobs() == []

    run(work())


def test_a_renewal_whose_answer_is_lost_leaves_the_job_with_its_worker(
    queue: Queue, app: App, release: asyncio.Event, caplog: pytest.LogCaptureFixture
) -> None:
    """What the pool does not know is given back when it connects again: this it knows."""

    async def work() -> None:
        started, complete = Watch(app, JobStart), Watch(app, JobComplete)
        with relay_to(target_of(queue.conninfo)) as relay:
            queue.add("wait", queue_name="serial")
            async with running(app, conninfo=relay.conninfo, **QUICK):
                await started.until(1)
                relay.cut_answer_to(b"with renewed as")
                assert await asyncio.to_thread(relay.was_cut.wait, IN_VAIN)
                renewed = locked_at(queue)
                await until(lambda: locked_at(queue) > renewed)
                release.set()
                assert (await complete.until(1))[0].error is None
        assert len(started.seen) == 1
        assert queue.jobs() == []
        assert queue.locks() == 0
        assert "was not this worker's any more" not in caplog.text

    run(work())


def test_a_job_that_ends_while_it_is_renewed_has_ended(
    queue: Queue, app: App, release: asyncio.Event
) -> None:
    """The renewal waits for a lock on its row, and comes first when that is free."""

    async def work() -> None:
        started, complete = Watch(app, JobStart), Watch(app, JobComplete)
        queue.add("wait")
        with connect(target_of(queue.conninfo)) as other:
            async with running(app, **QUICK):
                await started.until(1)
                with other.transaction():
                    other.execute(b"select from graphile_worker._private_jobs for update")
                    await until(lambda: waiting(queue) == 1)
                    release.set()
                    await until(lambda: waiting(queue) == 2)
                assert (await complete.until(1))[0].error is None
        assert queue.jobs() == []

    def waiting(queue: Queue) -> int:
        row = queue.connection.execute(
            b"select count(*) from pg_stat_activity where wait_event_type = 'Lock' "
            b"and datname = current_database()"
        ).fetchone()
        assert row is not None
        return int(row[0])

    run(work())


def test_a_renewal_that_a_failover_has_lost_does_not_lose_the_job(
    queue: Queue, app: App, release: asyncio.Event
) -> None:
    async def work() -> None:
        started, complete = Watch(app, JobStart), Watch(app, JobComplete)
        queue.add("wait")
        async with running(app, **QUICK):
            await started.until(1)
            first = locked_at(queue)
            await until(lambda: locked_at(queue) > first)
            queue.connection.execute(
                b"update graphile_worker._private_jobs set locked_at = %s", [first]
            )
            release.set()
            assert (await complete.until(1))[0].error is None
        assert queue.jobs() == []

    run(work())
