"""Ending a worker from code: gracefully, by force, by cancellation; and being fenced off."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from typing import Any

import pytest

from kongtask.worker import App, Context, Runner, ThreadContext
from kongtask.worker.events import (
    JobComplete,
    LocalQueueGetJobsComplete,
    PoolCreate,
    PoolForcefulShutdownComplete,
    PoolRelease,
)

from .queue import Queue
from .running import Watch, run, running


def lock_out(queue: Queue) -> None:
    """Let somebody else have every job that is locked."""
    queue.connection.execute(b"""
        update graphile_worker._private_jobs
        set locked_by = 'other', locked_at = now() where locked_by is not null;
        update graphile_worker._private_job_queues
        set locked_by = 'other', locked_at = now() where locked_by is not null
    """)


@pytest.mark.parametrize("is_bad", [False, True], ids=["done", "failed"])
def test_a_job_that_somebody_else_has_taken_is_neither_deleted_nor_failed(
    queue: Queue, app: App, is_bad: bool, caplog: pytest.LogCaptureFixture
) -> None:
    completed = Watch(app, JobComplete)

    @app.task
    async def task() -> None:
        lock_out(queue)
        if is_bad:
            raise ValueError("no")

    @app.task
    async def last() -> None: ...

    queue.add("task", queue_name="q", priority=-1)
    queue.add("last")

    async def work() -> None:
        async with running(app, concurrency=1, poll_interval=60):
            await completed.until(1)

    run(work())
    assert queue.jobs("locked_by, last_error, attempts") == [("other", None, 1)]
    assert queue.locks() == 2
    assert "was not this worker's any more" in caplog.text
    assert [event.job.task_identifier for event in completed.seen] == ["last"]


def test_a_job_that_the_same_worker_has_claimed_again_is_ended_once(
    queue: Queue, app: App, caplog: pytest.LogCaptureFixture
) -> None:
    """Its lock was freed while it ran; the first run's end is not taken for the second one's."""
    got: list[int] = []

    async def work() -> None:
        first_is_over, second_is_over = asyncio.Event(), asyncio.Event()
        first_has_ended, begun = asyncio.Event(), asyncio.Event()

        @app.task
        async def task(context: Context) -> None:
            got.append(context.job.attempts)
            begun.set()
            if context.job.attempts == 1:
                await first_is_over.wait()
                first_has_ended.set()
            else:
                await second_is_over.wait()

        queue.add("task", queue_name="q")
        done = Watch(app, JobComplete)
        async with running(app, poll_interval=60) as runner:
            await begun.wait()
            begun.clear()
            pool = runner._pool
            assert pool is not None
            queue.connection.execute(
                b"select graphile_worker.force_unlock_workers(array[%s])", [pool.pool_id]
            )
            pool.nudge()
            await begun.wait()
            first_is_over.set()
            await first_has_ended.wait()
            queue.add("task", queue_name="other")
            await done.until(1)
            assert (len(queue.jobs()), queue.locks()) == (1, 2)
            second_is_over.set()
            await done.until(2)

    run(work())
    assert sorted(got) == [1, 1, 2]
    assert "was not this worker's any more" in caplog.text
    assert queue.jobs() == []
    assert queue.locks() == 0


def test_an_expired_job_that_another_pool_runs_stays_that_pools(queue: Queue, app: App) -> None:
    got: Counter[str] = Counter()

    async def work() -> None:
        both, is_over = asyncio.Event(), asyncio.Event()

        @app.task
        async def task(context: Context) -> None:
            got[context.pool_id] += 1
            if len(got) == 1:
                await both.wait()
            else:
                both.set()
                await is_over.wait()

        queue.add("task")
        done, claims = Watch(app, JobComplete), Watch(app, LocalQueueGetJobsComplete)
        async with running(app, poll_interval=60, listen=False) as first:
            await claims.until(lambda seen: any(event.count for event in seen))
            pool = first._pool
            assert pool is not None
            queue.connection.execute(
                b"select graphile_worker.force_unlock_workers(array[%s])", [pool.pool_id]
            )
            async with running(app, poll_interval=60, listen=False) as second:
                await both.wait()
                first.stop()
                await Watch(app, PoolRelease).until(1)
                assert second._pool is not None
                assert queue.jobs("locked_by") == [second._pool.pool_id]
                is_over.set()
                await done.until(1)

    run(work())
    assert sorted(got.values()) == [1, 1]
    assert queue.jobs() == []


def test_stopping_during_a_claim_gives_its_jobs_back(queue: Queue, app: App) -> None:
    """The claim is held up in the server until the worker has been told to stop."""
    got = []

    @app.task
    async def task(payload: int) -> None:
        got.append(payload)

    queue.fill("task", 20)
    queue.connection.execute(b"""
        create function hold() returns trigger language plpgsql as $$
        begin
          if new.locked_by is not null then
            perform pg_notify('claiming', '');
            perform pg_advisory_xact_lock_shared(7);
          end if;
          return new;
        end $$;
        create trigger hold before update on graphile_worker._private_jobs
        for each row execute function hold();
        select pg_advisory_lock(7)
    """)
    waiting = b"select from pg_locks where locktype = 'advisory' and not granted"

    async def work() -> None:
        async with running(app, listen=False) as runner:
            while not queue.connection.execute(waiting).fetchall():
                await asyncio.sleep(0.01)
            runner.stop()
            await asyncio.sleep(0)
            queue.connection.execute(b"select pg_advisory_unlock(7)")

    run(work())
    assert got == []
    assert queue.jobs("attempts") == [0] * 20
    assert queue.locks() == 0


def test_stopping_gives_back_what_was_claimed_ahead(queue: Queue, app: App) -> None:
    got = []

    async def work() -> None:
        held = asyncio.Event()

        @app.task
        async def task(payload: int) -> None:
            got.append(payload)
            if payload == 100:
                held.set()
                await asyncio.sleep(0.05)

        queue.fill("task", 1000)
        async with running(app, concurrency=1):
            await held.wait()

    run(work())
    assert got == list(range(1, 101))
    assert queue.jobs("attempts") == [0] * 900
    assert queue.locks() == 0


def test_a_worker_may_be_stopped_before_it_has_begun(queue: Queue, app: App) -> None:
    @app.task
    async def task() -> None:
        raise AssertionError

    queue.add("task")

    async def work() -> None:
        runner = app.runner()
        app.on(PoolCreate, lambda event: runner.stop())
        await runner.run(handle_signals=False)

    run(work())
    assert queue.jobs("attempts") == [0]


def test_killing_fails_what_does_not_end(
    queue: Queue, app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kongtask.worker.pool._FORCEFUL_WAIT", 0.1)
    ended = Watch(app, PoolForcefulShutdownComplete)
    begun = threading.Semaphore(0)

    @app.task
    async def slow() -> None:
        begun.release()
        await asyncio.sleep(60)

    @app.task
    async def cooperative(context: Context) -> None:
        begun.release()
        await context.wait_cancelled()

    ids = [queue.add("slow", queue_name="q"), queue.add("cooperative")]

    async def work() -> list[int]:
        async with running(app) as runner:
            for _ in ids:
                await asyncio.to_thread(begun.acquire)
            killed = [job.id for job in await runner.kill("enough")]
            assert await runner.kill("again") == []
        return killed

    assert run(work()) == ids[:1]
    assert [event.job_ids for event in ended.seen] == [(ids[0],)]
    assert queue.jobs("id, last_error, attempts") == [(ids[0], "enough", 1)]
    assert queue.locks() == 0


@pytest.mark.parametrize("is_once", [False, True], ids=["run", "run_once"])
def test_cancelling_a_run_leaves_nothing_behind(queue: Queue, app: App, is_once: bool) -> None:
    """What runs is cancelled and failed; what has not begun is given back; no task is left."""
    cancelled = []

    async def work() -> None:
        begun = asyncio.Event()

        @app.task
        async def task() -> None:
            begun.set()
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                cancelled.append(1)
                raise

        @app.task
        async def quick() -> None: ...

        queue.add("task", queue_name="q")
        before = asyncio.all_tasks()
        work = app.run_once() if is_once else app.runner().run(handle_signals=False)
        worker = asyncio.create_task(work)
        await begun.wait()
        worker.cancel()
        with pytest.raises(asyncio.CancelledError):
            await worker
        assert asyncio.all_tasks() == before

    run(work())
    assert cancelled == [1]
    assert queue.jobs("last_error, attempts") == [("the worker was cancelled", 1)]
    assert queue.locks() == 0


def test_a_program_that_ends_without_stopping_its_worker_leaves_no_locks(
    queue: Queue, app: App
) -> None:
    """The event loop cancels every task there is, in any order."""
    begun = 0
    workers: list[asyncio.Task[None]] = []

    async def main() -> None:
        event = asyncio.Event()

        @app.task
        async def task(payload: int) -> None:
            nonlocal begun
            begun += 1
            if payload > 200:
                event.set()
                await asyncio.sleep(60)

        queue.fill("task", 1000)
        runner = Runner(app.tasks, app.conninfo, emitter=app.emitter)
        workers.append(asyncio.create_task(runner.run(handle_signals=False)))
        await event.wait()

    asyncio.run(main())
    assert queue.locks() == 0
    assert len(queue.jobs()) == 1000 - 200
    failed = [error for error in queue.jobs("last_error") if error is not None]
    assert len(failed) == begun - 200


def test_a_task_that_cancels_itself_fails_and_the_worker_lives_on(queue: Queue, app: App) -> None:
    got = []

    @app.task
    async def selfish() -> None:
        task = asyncio.current_task()
        assert task is not None
        task.cancel()
        await asyncio.sleep(0)

    @app.task
    async def good() -> None:
        await asyncio.sleep(0)
        got.append(1)

    for _ in range(3):
        queue.add("selfish", priority=-1)
        queue.add("good")
    run(app.run_once(concurrency=1))
    assert got == [1, 1, 1]
    assert queue.jobs("last_error") == ["CancelledError"] * 3


def test_a_batch_entry_that_raises_what_ends_programs_fails_alone(queue: Queue, app: App) -> None:
    @app.task
    async def batch(payload: list[int]) -> list[Any]:
        async def entry(number: int) -> None:
            if number == 2:
                raise SystemExit("bye")
            if number == 3:
                raise KeyboardInterrupt

        return [entry(number) for number in payload]

    queue.add("batch", [1, 2, 3])
    run(app.run_once())
    (row,) = queue.jobs("payload, last_error")
    assert row == ([2, 3], "Batch failures:\nbye\nKeyboardInterrupt")


def test_a_task_that_never_yields_holds_up_others_and_loses_nothing(queue: Queue, app: App) -> None:
    got: Counter[str] = Counter()

    @app.task
    async def busy() -> None:
        got["busy"] += 1
        deadline = asyncio.get_running_loop().time() + 0.5
        while asyncio.get_running_loop().time() < deadline:
            pass

    @app.task
    async def quick(payload: int) -> None:
        got["quick"] += 1

    queue.add("busy", queue_name="q")
    queue.fill("quick", 500)
    queue.add("busy", queue_name="q")
    run(app.run_once())
    assert got == {"busy": 2, "quick": 500}
    assert queue.jobs() == []


def test_a_thread_that_outlives_its_worker_is_told_so(queue: Queue, app: App) -> None:
    errors: list[BaseException] = []
    begun, goes_on, has_ended = threading.Event(), threading.Event(), threading.Event()

    @app.task
    def outliving(context: ThreadContext) -> None:
        begun.set()
        goes_on.wait(20)
        try:
            context.query("select 1")
        except BaseException as error:
            errors.append(error)
        has_ended.set()

    async def work() -> None:
        queue.add("outliving")
        task = asyncio.create_task(app.runner().run(handle_signals=False))
        await asyncio.to_thread(begun.wait)
        task.cancel()
        await asyncio.wait([task])

    run(work())
    goes_on.set()
    assert has_ended.wait(10)
    assert "has ended" in str(errors[0])
    assert queue.locks() == 0


def test_two_runs_of_one_application_end_by_themselves(queue: Queue, app: App) -> None:
    @app.task
    async def task(payload: int) -> None: ...

    queue.fill("task", 100)

    async def work() -> None:
        done = Watch(app, JobComplete)
        async with running(app, concurrency=2), running(app, concurrency=2):
            await done.until(100)

    run(work())
    assert queue.jobs() == []
