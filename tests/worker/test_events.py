"""What a worker tells: in which order, with what, and to listeners that raise."""

from __future__ import annotations

import asyncio
import inspect
import re
from datetime import timedelta
from typing import Any

import pytest

from kongtask.cron import events as cron_events
from kongtask.errors import WorkerStoppedError
from kongtask.migrate import install_extension
from kongtask.worker import App, WorkerOptions, events
from kongtask.worker.claiming.claimer import Claimer
from kongtask.worker.events import (
    Emitter,
    Event,
    JobComplete,
    JobError,
    JobEvent,
    JobFailed,
    LocalQueueGetJobsComplete,
    PoolGracefulShutdown,
    PoolGracefulShutdownWorkerError,
    PoolListenSuccess,
    PoolRelease,
    ResetLockedFailure,
    ResetLockedSuccess,
    WorkerFatalError,
    WorkerStop,
)
from kongtask.worker.life.session import LifeSession
from kongtask.worker.upkeep.sweeper import Sweeper

from .queue import Queue
from .running import Watch, run, running, target_of

#: Seconds between polls that no test waits for.
NEVER = 60.0

#: All that Graphile Worker tells.
EVENTS = """
pool:create pool:listen:connecting pool:listen:success pool:listen:error pool:listen:notification
pool:listen:release pool:fatalError pool:release pool:gracefulShutdown pool:gracefulShutdown:error
pool:gracefulShutdown:workerError pool:gracefulShutdown:complete pool:forcefulShutdown
pool:forcefulShutdown:error pool:forcefulShutdown:complete
localQueue:init localQueue:setMode localQueue:refetchDelay:start localQueue:refetchDelay:abort
localQueue:refetchDelay:expired localQueue:getJobs:complete localQueue:returnJobs
worker:create worker:release worker:stop worker:getJob:start worker:getJob:error worker:getJob:empty
worker:fatalError
job:start job:success job:error job:failed job:complete
cron:starting cron:started cron:backfill cron:prematureTimer cron:overdueTimer cron:schedule
cron:scheduled
resetLocked:started resetLocked:success resetLocked:failure
gracefulShutdown forcefulShutdown stop
"""


def test_a_job_that_succeeds_begins_succeeds_and_is_complete_once_that_is_written(
    queue: Queue, app: App
) -> None:
    seen: list[Any] = []

    @app.task
    async def task() -> str:
        return "result"

    def note(event: JobEvent) -> None:
        seen.append((type(event).__name__, len(queue.jobs()), getattr(event, "result", None)))

    app.on(JobEvent, note)
    queue.add("task")
    run(app.run_once())
    assert seen == [("JobStart", 1, None), ("JobSuccess", 1, "result"), ("JobComplete", 0, None)]


def test_a_job_that_fails_errs_and_is_complete_once_that_is_written(queue: Queue, app: App) -> None:
    seen: list[Any] = []
    error = ValueError("no")

    @app.task
    async def task() -> None:
        raise error

    def note(event: JobEvent) -> None:
        seen.append((type(event).__name__, queue.jobs("last_error")[0]))
        assert event.job.id == id_
        if isinstance(event, JobError | JobFailed | JobComplete):
            assert event.error is error

    app.on(JobEvent, note)
    id_ = queue.add("task", max_attempts=1)
    run(app.run_once())
    assert seen == [
        ("JobStart", None), ("JobError", None), ("JobFailed", None), ("JobComplete", "no")
    ]  # fmt: skip


def test_only_the_last_attempt_is_told_as_failed_and_batches_tell_each_error(
    queue: Queue, app: App
) -> None:
    errors, failed = Watch(app, JobError), Watch(app, JobFailed)

    @app.task
    async def batch(payload: list[int]) -> list[Any]:
        return [ValueError(str(number)) for number in payload]

    queue.add("batch", [1, 2])
    run(app.run_once())
    assert [str(error) for error in errors.seen[0].batch_errors] == ["1", "2"]
    assert failed.seen == []


def test_a_worker_tells_its_life_from_beginning_to_end(queue: Queue, app: App) -> None:
    seen: list[str] = []

    @app.task
    async def task() -> None: ...

    app.on(Event, lambda event: seen.append(type(event).__name__))

    async def work() -> None:
        listening, done = Watch(app, PoolListenSuccess), Watch(app, JobComplete)
        claims = Watch(app, LocalQueueGetJobsComplete)
        async with running(app, poll_interval=NEVER):
            await listening.until(1)
            await until_nobody_asks(queue, claims)  # or it has the job before it is told of it
            queue.add("task")
            await done.until(1)

    run(work())
    assert seen[0] == "PoolCreate"
    each = ("WorkerCreate", "WorkerGetJobStart", "WorkerRelease", "WorkerGetJobEmpty", "WorkerStop")
    concurrency = app.options.concurrency
    assert [seen.count(name) for name in each if name != "WorkerGetJobStart"] == [concurrency] * 4
    assert seen.count("WorkerGetJobStart") >= concurrency
    assert [seen.index(name) for name in each] == sorted(seen.index(name) for name in each)
    assert seen.index("Stop") < seen.index("PoolGracefulShutdown") < seen.index("WorkerRelease")
    assert seen[-2:] == ["PoolGracefulShutdownComplete", "PoolRelease"]
    begin = ("LocalQueueInit", "PoolListenConnecting", "PoolListenSuccess")
    end = ("PoolGracefulShutdown", "PoolListenRelease", "PoolGracefulShutdownComplete")
    job = ("PoolListenNotification", "JobStart", "JobSuccess", "JobComplete")
    places = [seen.index(name) for name in (*begin, *job, *end)]
    assert places == sorted(places)


async def until_nobody_asks(queue: Queue, claims: Watch[LocalQueueGetJobsComplete]) -> None:
    """Wait until a worker that finds nothing has ceased to claim, and no statement is under way."""
    asking = b"""
        select count(*) from pg_stat_activity
        where datname = current_database() and state = 'active' and pid <> pg_backend_pid()
    """
    before = 0
    while True:
        await asyncio.sleep(0.2)
        is_quiet = queue.connection.execute(asking).fetchone() == (0,)
        if is_quiet and 0 < before == len(claims.seen):
            return
        before = len(claims.seen)


@pytest.mark.parametrize("is_stopping", [False, True])
def test_an_executor_that_fails_is_told_with_its_number(
    queue: Queue, app: App, is_stopping: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is known that ends one; here it is an error that no server sends."""
    install_extension(target_of(queue.conninfo), "graphile_worker")
    app.task("task")(lambda: None)
    queue.add("task", max_attempts=1)
    ended, fatal = Watch(app, WorkerStop), Watch(app, WorkerFatalError)
    stopping = Watch(app, PoolGracefulShutdown)
    during_shutdown = Watch(app, PoolGracefulShutdownWorkerError)
    run_statement = LifeSession.run

    async def work() -> None:
        runner = app.runner(concurrency=1)

        async def fail_to_begin(session: LifeSession, name: str, *given: Any, **how: Any) -> Any:
            if name != "begin_job":
                return await run_statement(session, name, *given, **how)
            if is_stopping:
                runner.stop()
                await stopping.until(1)
            raise RuntimeError("not now")

        monkeypatch.setattr(LifeSession, "run", fail_to_begin)
        await runner.run(handle_signals=False)

    with pytest.raises(WorkerStoppedError, match="not now"):
        run(work())
    (told,) = during_shutdown.seen if is_stopping else fatal.seen
    assert (told.worker, str(told.error)) == (1, ended.seen[0].error and str(ended.seen[0].error))
    assert len(fatal.seen) + len(during_shutdown.seen) == 1
    assert queue.jobs("attempts") == [1]


def test_there_is_a_class_for_each_event_of_graphile_worker() -> None:
    """Its names stand in the descriptions of the classes."""
    described = " ".join(
        inspect.getdoc(each) or ""
        for module in (events, cron_events)
        for _, each in inspect.getmembers(module, inspect.isclass)
    )
    named = set(re.findall(r"``([a-zA-Z:]+)``|\((cron:[a-zA-Z]+)\)", described))
    assert set(EVENTS.split()) - {name for pair in named for name in pair} == set()


def test_listeners_that_raise_disturb_nothing(
    queue: Queue, app: App, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(event: Event) -> None:
        raise ValueError("a listener's own")

    released = Watch(app, PoolRelease)
    app.on(Event, refuse)

    @app.task
    async def task(payload: int) -> None: ...

    queue.fill("task", 50)
    run(app.run_once())
    assert queue.jobs() == []
    assert len(released.seen) == 1
    assert "a listener of JobStart has raised" in caplog.text


def test_expired_locks_are_freed_and_told_and_fresh_ones_stay(queue: Queue, app: App) -> None:
    old, fresh = queue.add("task", queue_name="old"), queue.add("task", queue_name="fresh")
    last = queue.add("task", max_attempts=1)
    for table in ("_private_jobs", "_private_job_queues"):
        queue.connection.execute(
            f"""
            update graphile_worker.{table}
            set locked_by = 'dead', locked_at = now() - interval '3 hours 59 minutes'
            """.encode()
        )
    queue.connection.execute(
        b"""
        update graphile_worker._private_jobs
        set locked_at = now() - interval '4 hours 1 minute', attempts = 1
        where id = any(%s)
        """,
        [[old, last]],
    )
    queue.connection.execute(b"""
        update graphile_worker._private_job_queues
        set locked_at = now() - interval '5 hours' where queue_name = 'old'
    """)
    success = Watch(app, ResetLockedSuccess)
    freed: list[int] = []
    options = WorkerOptions()

    async def work() -> None:
        claimer = Claimer(target_of(queue.conninfo), "pool", options, list, Emitter())
        sweeper = Sweeper(claimer.unlock_expired, options, app.emitter, lambda: freed.append(1))
        assert 480 <= await sweeper.run_once() <= 600
        assert 480 <= await sweeper.run_once() <= 600
        await claimer.close()

    run(work())
    assert [(event.jobs, event.queues) for event in success.seen] == [(2, 1), (0, 0)]
    assert freed == [1]
    assert queue.jobs("id, locked_by, attempts, is_available") == [
        (old, None, 1, True), (fresh, "dead", 0, False), (last, None, 1, False)
    ]  # fmt: skip


def test_a_sweep_that_fails_is_told_and_tried_again(queue: Queue, app: App) -> None:
    failures = Watch(app, ResetLockedFailure)

    @app.task
    async def task() -> None: ...

    async def work() -> None:
        async with running(app, min_reset_locked_interval=0.001, max_reset_locked_interval=0.002):
            await Watch(app, ResetLockedSuccess).until(1)
            queue.connection.execute(
                b"alter table graphile_worker._private_job_queues rename to gone"
            )
            await failures.until(1)
            queue.connection.execute(
                b"alter table graphile_worker.gone rename to _private_job_queues"
            )
            await Watch(app, ResetLockedSuccess).until(1)

    run(work())


def test_a_sweeping_worker_runs_what_it_has_freed(queue: Queue, app: App) -> None:
    async def work() -> None:
        done = Watch(app, JobComplete)

        @app.task
        async def task() -> None: ...

        queue.add("task", queue_name="q")
        for table in ("_private_jobs", "_private_job_queues"):
            statement = f"update graphile_worker.{table} set locked_by = 'x', locked_at = now()"
            queue.connection.execute(statement.encode())
        async with running(
            app, poll_interval=60, lock_expiry=timedelta(milliseconds=50),
            min_reset_locked_interval=0.01, max_reset_locked_interval=0.02,
        ):  # fmt: skip
            await done.until(1)

    run(work())
    assert queue.jobs() == []


@pytest.mark.parametrize("is_breaking", [True, False])
def test_only_a_breaking_migration_stops_a_worker(
    queue: Queue, app: App, is_breaking: bool
) -> None:
    got = []

    async def work() -> bool:
        begun, is_over = asyncio.Event(), asyncio.Event()

        @app.task
        async def task() -> None:
            begun.set()
            await is_over.wait()
            got.append(1)

        listening, done = Watch(app, PoolListenSuccess), Watch(app, JobComplete)
        runner = app.runner(poll_interval=60)
        work = asyncio.create_task(runner.run(handle_signals=False))
        await listening.until(1)
        queue.add("task")
        await begun.wait()
        queue.connection.execute(
            b"select pg_notify('worker:migrate', json_build_object('breaking', %s)::text)",
            [is_breaking],
        )
        queue.connection.execute(b"select pg_notify('jobs:insert', '')")
        is_over.set()
        await done.until(1)
        if not is_breaking:
            queue.add("task")
            await done.until(2)
            runner.stop()
        await work
        return runner.is_breaking

    assert run(work()) is is_breaking
    assert len(got) == (1 if is_breaking else 2)
    assert queue.locks() == 0
