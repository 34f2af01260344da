"""What is asked of workers from outside: cancelling jobs, and how many jobs to run at once."""

from __future__ import annotations

import asyncio
import json
import threading
from time import monotonic
from typing import Any

import psycopg
import pytest

from kongtask.database.connection import Target, connect
from kongtask.errors import JobCancelledError, JobSpecError, SchemaNotFoundError
from kongtask.migrate import install_extension, migrate, worker_migrations
from kongtask.worker import App, ThreadContext
from kongtask.worker.control import PoolResize
from kongtask.worker.events import JobComplete, JobFailed, JobStart, PoolCreate, PoolListenSuccess
from kongtask.worker_utils import WorkerUtilsSync
from tests.programs import run as run_program

from .lively_process import IN_VAIN
from .queue import Queue
from .running import Watch, run, running


def ask(queue: Queue, query: str, *values: object) -> Any:
    """Return the first value that a query answers with."""
    row = queue.connection.execute(query.encode(), values).fetchone()
    return row[0] if row else None


def test_a_waiting_job_is_cancelled_at_once(extended: Queue) -> None:
    job = extended.add("task")
    assert ask(extended, "select kongtask.cancel_job(%s)", job) == "cancelled"
    assert extended.jobs("attempts, last_error, is_available") == [(25, "Cancelled", False)]
    assert ask(extended, "select kongtask.cancel_job(%s, 'late')", job) is None
    assert extended.jobs("last_error") == ["Cancelled"]


def test_cancelling_is_part_of_the_callers_transaction(extended: Queue) -> None:
    job = extended.add("task")
    with extended.connection.transaction(force_rollback=True):
        ask(extended, "select kongtask.cancel_job(%s, 'no use')", job)
        assert extended.jobs("last_error") == ["Cancelled: no use"]
    assert extended.jobs("attempts, last_error") == [(0, None)]


def test_of_a_running_job_it_is_asked(extended: Queue) -> None:
    """Nothing of the job is touched: it is its worker's."""
    job = extended.add("task")
    extended.connection.execute(
        b"update graphile_worker._private_jobs set locked_by = 'other', locked_at = now()"
    )
    extended.connection.execute(b'listen "kongtask:control"')
    for reason, message in (("", "Cancelled"), ("no use", "Cancelled: no use")):
        assert ask(extended, "select kongtask.cancel_job(%s, %s)", job, reason) == "requested"
        assert ask(extended, "select message from kongtask.cancellations") == message
        told = list(extended.connection.notifies(timeout=30, stop_after=1))
        assert [note.channel for note in told] == ["kongtask:control"]
    assert extended.jobs("attempts, last_error, locked_by") == [(0, None, "other")]


def test_there_is_nothing_to_cancel_of_a_job_that_is_not_there(extended: Queue) -> None:
    assert ask(extended, "select kongtask.cancel_job(4711)") is None
    assert ask(extended, "select count(*) from kongtask.cancellations") == 0


def test_a_worker_schema_of_any_name_has_functions_beside_it(database: Target) -> None:
    """They name the worker schema, and can be dropped after it."""
    name = 'a "worker" schema'
    migrate(database, worker_migrations(), name)
    assert install_extension(database, name).problem is None
    with connect(database) as connection:
        queue = Queue(connection, database.conninfo)
        job = ask(queue, 'select id from "a ""worker"" schema".add_job(\'task\')')
        call = 'select "kongtask_a ""worker"" schema".cancel_job(%s)'
        assert ask(queue, call, job) == "cancelled"
        connection.execute(b'drop schema "a ""worker"" schema" cascade')
        with pytest.raises(psycopg.errors.UndefinedTable):
            ask(queue, call, job)
        connection.execute(b'drop schema "kongtask_a ""worker"" schema" cascade')


def test_a_pool_that_is_not_there_is_told_nothing(extended: Queue) -> None:
    assert ask(extended, "select kongtask.set_concurrency('pool-none', 3)") is False


def cancel(queue: Queue, job: int, reason: str | None = None) -> str | None:
    outcome: str | None = ask(queue, "select kongtask.cancel_job(%s, %s)", job, reason)
    return outcome


@pytest.mark.parametrize("listen", [True, False])
def test_a_running_async_job_is_cancelled_within_a_second(
    queue: Queue, app: App, listen: bool
) -> None:
    """It fails for good, whatever attempts it has left, and its queue is free."""
    interrupted = asyncio.Event()

    @app.task
    async def hang() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            interrupted.set()

    async def work() -> None:
        started, complete = Watch(app, JobStart), Watch(app, JobComplete)
        failed, listening = Watch(app, JobFailed), Watch(app, PoolListenSuccess)
        job = queue.add("hang", queue_name="serial")
        async with running(app, listen=listen):
            await started.until(1)
            if listen:
                await listening.until(1)
            asked = monotonic()
            assert cancel(queue, job, "no use") == "requested"
            event = (await complete.until(1))[0]
            assert monotonic() - asked < (0.5 if listen else 1.5)
            assert isinstance(event.error, JobCancelledError)
            assert isinstance(event.error.__cause__, asyncio.CancelledError)
            assert interrupted.is_set()
            assert [each.job.id for each in failed.seen] == [job]
            assert queue.jobs("attempts, last_error") == [(25, "Cancelled: no use")]
            assert queue.locks() == 0
            follower = queue.add("hang", queue_name="serial")
            await started.until(2)
            cancel(queue, follower)
            await complete.until(2)
            await until(lambda: ask(queue, "select count(*) from kongtask.cancellations") == 0)

    run(work())


def test_a_job_in_a_thread_sees_that_it_is_cancelled(queue: Queue, app: App) -> None:
    """Only it: a neighbour goes on. It has failed, also where it returns as if nothing were."""
    release = threading.Event()
    seen: dict[int, bool] = {}

    @app.task
    def look(context: ThreadContext) -> None:
        pause = threading.Event()
        deadline = monotonic() + IN_VAIN
        while not context.is_cancelled and not release.is_set() and monotonic() < deadline:
            pause.wait(0.01)
        seen[context.job.id] = context.is_cancelled

    async def work() -> None:
        started, complete = Watch(app, JobStart), Watch(app, JobComplete)
        cancelled, neighbour = queue.add("look"), queue.add("look")
        async with running(app):
            await started.until(2)
            cancel(queue, cancelled)
            assert [each.job.id for each in await complete.until(1)] == [cancelled]
            release.set()
            await complete.until(2)
        assert seen == {cancelled: True, neighbour: False}
        assert queue.jobs("id, last_error") == [(cancelled, "Cancelled")]

    run(work())


def test_a_task_that_does_not_end_when_cancelled_has_failed_when_it_does(
    queue: Queue, app: App
) -> None:
    """And it leaves nothing behind that would disturb the next job of its executor."""
    told = asyncio.Event()

    @app.task
    async def stubborn(payload: int) -> None:
        current = asyncio.current_task()
        assert current is not None
        if payload == 2:
            assert not current.cancelling()
            return
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            told.set()
            await until(lambda: ask(queue, "select count(*) from kongtask.cancellations") == 1)

    async def work() -> None:
        started, complete = Watch(app, JobStart), Watch(app, JobComplete)
        job = queue.add("stubborn", 1)
        async with running(app, concurrency=1):
            await started.until(1)
            cancel(queue, job)
            await told.wait()
            queue.add("stubborn", 2)
            assert [each.error is None for each in await complete.until(2)] == [False, True]
        assert queue.jobs("last_error") == ["Cancelled"]

    run(work())


def test_a_job_that_was_claimed_and_not_begun_is_cancelled(queue: Queue, app: App) -> None:
    release = asyncio.Event()

    @app.task
    async def wait(payload: int) -> None:
        await release.wait()

    async def work() -> None:
        started, complete = Watch(app, JobStart), Watch(app, JobComplete)
        async with running(app, concurrency=1) as runner:
            first = queue.add("wait", 1)
            await started.until(1)
            # As a claim ahead would have brought it.
            second = queue.add("wait", 2)
            pool = runner._pool
            assert pool is not None
            found = await pool._claimer.claim(1)
            pool._queue._jobs.extend(found.jobs)
            assert cancel(queue, second) == "requested"
            assert [each.job.id for each in await complete.until(1)] == [second]
            release.set()
            assert (await complete.until(2))[1].job.id == first
        assert [each.job.id for each in started.seen] == [first]
        assert queue.jobs("id, last_error, attempts") == [(second, "Cancelled", 25)]

    run(work())


def test_what_others_run_is_not_tried_again_when_they_have_failed(queue: Queue, app: App) -> None:
    """Workers that know nothing of cancelling go on; the job ends with the attempt."""
    app.task("task")(_nothing)
    app.task("other")(_nothing)

    async def work() -> None:
        job = queue.add("task")
        queue.connection.execute(
            b"update graphile_worker._private_jobs set locked_by = 'other', locked_at = now()"
        )
        complete = Watch(app, JobComplete)
        async with running(app):
            queue.add("other")
            await complete.until(1)
            assert cancel(queue, job, "no use") == "requested"
            done = queue.add("other")
            await complete.until(2)
            assert cancel(queue, done) is None
            assert queue.jobs("locked_by") == ["other"]
            queue.connection.execute(
                b"update graphile_worker._private_jobs set locked_by = null, locked_at = null, "
                b"attempts = 1, run_at = now() + interval '1 hour', last_error = 'failed'"
            )
            await until(lambda: queue.jobs("last_error") == ["Cancelled: no use"])
            assert queue.jobs("attempts, is_available") == [(25, False)]
            await until(lambda: ask(queue, "select count(*) from kongtask.cancellations") == 0)

    run(work())


async def _nothing() -> None:
    """Do nothing."""


async def until(is_so: Any) -> None:
    """Look again and again until something is so."""
    async with asyncio.timeout(IN_VAIN):
        while not is_so():
            await asyncio.sleep(0.02)


def test_a_pool_runs_as_many_jobs_at_once_as_it_is_told(queue: Queue, app: App) -> None:
    """Up and down, without touching what runs; the registry says how many it is."""
    running_now: set[int] = set()
    releases: dict[int, asyncio.Event] = {}

    @app.task
    async def wait(payload: int) -> None:
        running_now.add(payload)
        await releases.setdefault(payload, asyncio.Event()).wait()
        running_now.discard(payload)

    async def work() -> None:
        resized, complete = Watch(app, PoolResize), Watch(app, JobComplete)
        started = Watch(app, JobStart)
        for number in range(12):
            queue.add("wait", number)
        async with running(app, concurrency=2):
            await started.until(2)
            pool = ask(queue, "select pool_id from kongtask.pools")
            for number, (wanted, runs) in enumerate(((5, 5), (1, 5)), 1):
                assert ask(queue, "select kongtask.set_concurrency(%s, %s)", pool, wanted) is True
                assert (await resized.until(number))[-1].concurrency == wanted
                await started.until(runs)
                assert len(running_now) == runs
                await until(
                    lambda w=wanted: ask(queue, "select concurrency from kongtask.pools") == w
                )
            for number in list(running_now)[:4]:
                releases[number].set()
            await complete.until(4)
            assert len(running_now) == 1
            assert len(started.seen) == 5
            # The one that is left works on, and others come back.
            releases[next(iter(running_now))].set()
            await started.until(6)
            assert len(running_now) == 1
            ask(queue, "select kongtask.set_concurrency(%s, 3)", pool)
            await started.until(8)
            for number in range(12):
                releases.setdefault(number, asyncio.Event()).set()
            await complete.until(12)
        assert queue.jobs() == []

    run(work())


def test_commands_cancel_jobs_and_resize_pools(queue: Queue, app: App) -> None:
    release = asyncio.Event()

    @app.task
    async def wait() -> None:
        await release.wait()

    async def command(*words: object) -> Any:
        arguments = (*map(str, words), "-conn", queue.conninfo)
        return await asyncio.to_thread(run_program, "kongtask", *arguments)

    async def work() -> None:
        started, resized = Watch(app, JobStart), Watch(app, PoolResize)
        complete = Watch(app, JobComplete)
        async with running(app, concurrency=1):
            running_job = queue.add("wait")
            await started.until(1)
            waiting = queue.add("wait", run_at="2100-01-01T00:00:00Z")
            arguments = ("jobs", "cancel", waiting, running_job, 4711)
            done = await command(*arguments, "--reason", "no use")
            assert done.returncode == 1
            assert done.stdout == (
                f"cancelled 1 job: {waiting}\nasked to end 1 job: {running_job}\n"
            )
            assert "left job 4711 alone: it is not there, or has failed" in done.stderr
            await complete.until(1)
            again = await command(*arguments, "--json")
            assert again.returncode == 1
            assert json.loads(again.stdout) == {
                "jobs": {}, "left_alone": [waiting, running_job, 4711]
            }  # fmt: skip
            pool = ask(queue, "select pool_id from kongtask.pools")
            done = await command("pools", "set-concurrency", pool, 3)
            assert (done.returncode, done.stdout) == (0, f"asked {pool} to run 3 at once\n")
            assert [each.concurrency for each in await resized.until(1)] == [3]
            done = await command("pools", "set-concurrency", "pool-none", 3)
            assert done.returncode == 2
            assert "there is no pool pool-none" in done.stderr
        assert queue.jobs("last_error") == ["Cancelled: no use"] * 2

    run(work())


def test_python_cancels_jobs_and_resizes_pools(extended: Queue, app: App) -> None:
    job = extended.add("task")
    with WorkerUtilsSync(extended.conninfo) as utils:
        assert utils.cancel_jobs([job, 4711], "no use") == {job: "cancelled"}
        assert utils.set_concurrency("pool-none", 3) is False
        with pytest.raises(JobSpecError, match="NUL"):
            utils.cancel_jobs([job], "a\0b")
        with pytest.raises(JobSpecError, match="concurrency"):
            utils.set_concurrency("pool-none", 0)
    other = extended.add("task")
    assert app.cancel_jobs_blocking([other]) == {other: "cancelled"}
    assert run(app.cancel_jobs([other])) == {}
    assert extended.jobs("last_error") == ["Cancelled: no use", "Cancelled"]


def test_without_the_schema_beside_it_is_said_how_to_get_it(queue: Queue, app: App) -> None:
    with pytest.raises(SchemaNotFoundError, match=r'schema "kongtask" does not exist.*migrate'):
        app.cancel_jobs_blocking([1])


def test_idle_executors_go_when_fewer_are_wanted(queue: Queue, app: App) -> None:
    """And what wakes them wakes those that are left."""
    busy = most = 0

    @app.task
    async def note() -> None:
        nonlocal busy, most
        busy += 1
        most = max(most, busy)
        await asyncio.sleep(0)
        busy -= 1

    async def work() -> None:
        complete = Watch(app, JobComplete)
        async with running(app, concurrency=8) as runner:
            queue.add("note")
            await complete.until(1)
            assert runner._pool is not None
            runner._pool.resize(2)
            for _ in range(40):
                queue.add("note")
            await complete.until(41)
        assert most <= 2

    run(work())


def test_a_worker_that_counts_as_dead_goes_on_with_as_many(extended: Queue, app: App) -> None:
    """It has another id then, and nobody has asked that one for anything."""

    @app.task
    async def task() -> None: ...

    async def work() -> None:
        created, resized = Watch(app, PoolCreate), Watch(app, PoolResize)
        async with running(app, concurrency=2):
            await until(lambda: ask(extended, "select count(*) from kongtask.pools") == 1)
            first = created.seen[0].pool_id
            ask(extended, "select kongtask.set_concurrency(%s, 3)", first)
            await resized.until(1)
            extended.connection.execute(b"update kongtask.pools set recovered_at = now()")
            second = (await created.until(2))[1].pool_id
            query = "select concurrency from kongtask.pools where pool_id = %s"
            await until(lambda: ask(extended, query, second) == 3)

    run(work())
