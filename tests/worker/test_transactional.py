"""Transactional tasks: what they write, the jobs they add and their jobs' ends are one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from sqlalchemy import Connection as SQLAlchemyConnection
from sqlalchemy import create_engine, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import sessionmaker
from sqlalchemy.pool import NullPool

from kongtask import Context, JobSpec, Retry, Snooze, ThreadContext
from kongtask.database.connection import Target, connect
from kongtask.errors import UsageError
from kongtask.migrate import migrate, worker_migrations
from kongtask.names import WORKER_SCHEMA
from kongtask.worker import App
from kongtask.worker.events import JobComplete, JobError, JobSuccess

from .queue import Queue
from .running import Watch, run, running
from .sources import SOURCES, Add, Source

Effects = Callable[[], list[int]]


@pytest.fixture
def effects(queue: Queue) -> Effects:
    """A table of what tasks have written, and a function that returns what is in it."""
    queue.connection.execute(b"create table effects (number int)")

    def read() -> list[int]:
        rows = queue.connection.execute(b"select number from effects order by 1").fetchall()
        return [number for (number,) in rows]

    return read


@pytest.fixture(params=SOURCES)
def source(request: pytest.FixtureRequest, queue: Queue) -> Iterator[Source]:
    """An application with transactions of each kind."""
    with SOURCES[request.param](queue.conninfo) as source:
        yield source


@pytest.fixture
def own(queue: Queue) -> Source:
    """An application whose transactions are in the worker's own connections."""
    return Source(App(queue.conninfo), psycopg.AsyncConnection, is_async=True)


def test_writes_jobs_and_the_end_are_committed_together(
    source: Source, queue: Queue, effects: Effects
) -> None:
    """Nobody sees any of it while the task runs, and all of it after the event."""
    seen: list[Any] = []

    def body(context: Any, handle: Any) -> Any:
        yield "insert into effects values (1)"
        yield Add("next", {"n": 2})
        seen.append((effects(), queue.jobs("task_id")))

    source.task(body)
    done = Watch(source.app, JobComplete)
    success = Watch(source.app, JobSuccess)
    source.app.on(JobComplete, lambda event: seen.append((effects(), queue.jobs("payload"))))
    queue.add("task", queue_name="q")
    run(source.app.run_once())
    assert [len(seen[0][1]), seen[0][0]] == [1, []]
    assert seen[1:] == [([1], [{"n": 2}])]
    assert [event.error for event in done.seen] == [None]
    assert len(success.seen) == 1
    assert queue.locks() == 0


def test_of_a_task_that_raises_nothing_is_kept(
    source: Source, queue: Queue, effects: Effects
) -> None:
    def body(context: Any, handle: Any) -> Any:
        yield "insert into effects values (1)"
        yield Add("next")
        raise ValueError("no")

    source.task(body)
    queue.add("task", queue_name="q")
    run(source.app.run_once())
    assert effects() == []
    assert queue.jobs("attempts, last_error") == [(1, "no")]
    assert queue.locks() == 0


def test_an_error_of_the_database_that_is_swallowed_fails_the_job(
    source: Source, queue: Queue, effects: Effects
) -> None:
    def body(context: Any, handle: Any) -> Any:
        yield "insert into effects values (1)"
        try:
            yield "select 1 / 0"
        except Exception:
            return

    source.task(body)
    queue.add("task")
    run(source.app.run_once())
    assert effects() == []
    ((attempts, error),) = queue.jobs("attempts, last_error")
    assert attempts == 1
    assert error.startswith("the task's transaction could not be completed: ")


@pytest.mark.parametrize("end", ["commit", "rollback", "commit and chain"])
def test_a_task_that_ends_the_transaction_by_statement_is_found_out(
    own: Source, queue: Queue, effects: Effects, end: str
) -> None:
    def body(context: Any, handle: Any) -> Any:
        yield end
        yield "begin" if end != "commit and chain" else "select 1"
        yield "insert into effects values (1)"

    own.task(body)
    queue.add("task")
    run(own.app.run_once())
    assert effects() == []
    (error,) = queue.jobs("last_error")
    assert error.startswith("the task has committed or rolled back its transaction by itself")


def test_a_session_that_is_told_to_commit_refuses(queue: Queue, effects: Effects) -> None:
    """It is what code often does, and nothing of it would be undone."""
    with SOURCES["SQLAlchemy, AsyncSession"](queue.conninfo) as source:

        @source.app.task(transactional=True)
        async def task(session: AsyncSession) -> None:
            await session.execute(text("insert into effects values (1)"))
            async with session.begin_nested():  # a savepoint may end
                await session.execute(text("insert into effects values (2)"))
            await session.commit()

        queue.add("task")
        run(source.app.run_once())
    assert effects() == []
    (error,) = queue.jobs("last_error")
    assert error.startswith("a transactional task does not commit")


def test_a_session_that_was_rolled_back_fails_the_job(queue: Queue, effects: Effects) -> None:
    with SOURCES["SQLAlchemy, AsyncSession"](queue.conninfo) as source:

        @source.app.task(transactional=True)
        async def task(session: AsyncSession) -> None:
            await session.execute(text("insert into effects values (1)"))
            await session.rollback()

        queue.add("task")
        run(source.app.run_once())
    assert effects() == []
    (error,) = queue.jobs("last_error")
    assert error.startswith(
        "the task's transaction could not be completed: Can't operate on closed"
    )


def test_a_connection_of_psycopg_refuses_to_commit(queue: Queue, app: App) -> None:
    @app.task(transactional=True)
    def task(connection: psycopg.Connection) -> None:
        connection.commit()

    @app.task(transactional=True)
    async def back(connection: psycopg.AsyncConnection) -> None:
        raise psycopg.Rollback

    queue.add("task")
    queue.add("back")
    run(app.run_once())
    first, second = queue.jobs("last_error")
    assert first.startswith("Explicit commit() forbidden within a Transaction context")
    assert second == "the task raised psycopg.Rollback: nothing was written"


def test_a_job_that_was_taken_away_is_not_ended_and_nothing_is_written(
    source: Source, queue: Queue, effects: Effects, caplog: pytest.LogCaptureFixture
) -> None:
    """The fence: another worker has it, at the same attempt even."""

    def body(context: Any, handle: Any) -> Any:
        yield "insert into effects values (1)"
        queue.connection.execute(
            b"update graphile_worker._private_jobs set locked_by = 'pool-other', locked_at = now()"
        )

    source.task(body)
    done, errors = Watch(source.app, JobComplete), Watch(source.app, JobError)
    queue.add("task")
    run(source.app.run_once())
    assert effects() == []
    assert queue.jobs("attempts, last_error, locked_by") == [(1, None, "pool-other")]
    assert (done.seen, errors.seen) == ([], [])
    assert "was not this worker's any more when its task had returned" in caplog.text


def test_a_transaction_in_another_database_is_told(
    queue: Queue, new_database: Callable[[], Target]
) -> None:
    other = new_database()
    migrate(other, worker_migrations(), WORKER_SCHEMA)
    elsewhere = create_engine(
        "postgresql+psycopg://", creator=lambda: psycopg.connect(other.conninfo), poolclass=NullPool
    )
    app = App(queue.conninfo, transactions=elsewhere)

    @app.task(transactional=True)
    def task(connection: SQLAlchemyConnection) -> None:
        connection.execute(text("create table effects (number int)"))

    queue.add("task")
    run(app.run_once())
    with connect(other) as connection:
        assert connection.execute(b"select to_regclass('effects')").fetchone() == (None,)
    (error,) = queue.jobs("last_error")
    assert error.startswith("the task's transaction does not see its own job: it is in another")


@pytest.mark.parametrize("state", ["40001", "40P01"])
def test_a_transaction_that_clashed_is_run_again_at_once(
    source: Source, queue: Queue, effects: Effects, state: str
) -> None:
    """It was rolled back, so it begins anew, and no attempt is counted."""
    queue.connection.execute(
        f"""
        create sequence clashes;
        create function clash() returns trigger language plpgsql as $$
        begin
          if nextval('clashes') <= 3 then
            raise exception 'in the way' using errcode = '{state}';
          end if;
          return null;
        end $$;
        create constraint trigger clash after insert on effects deferrable initially deferred
        for each row execute function clash()
        """.encode()
    )
    calls: list[int] = []

    def body(context: Any, handle: Any) -> Any:
        calls.append(context.job.attempts)
        yield "insert into effects values (1)"

    source.task(body)
    queue.add("task")
    run(source.app.run_once())
    assert calls == [1, 1, 1, 1]
    assert effects() == [1]
    assert queue.jobs() == []


def test_a_transaction_that_always_clashes_fails_in_the_end(
    own: Source, queue: Queue, effects: Effects
) -> None:
    calls: list[int] = []

    def body(context: Any, handle: Any) -> Any:
        calls.append(1)
        yield "do $$ begin raise exception 'in the way' using errcode = '40001'; end $$"

    own.task(body)
    queue.add("task")
    run(own.app.run_once())
    assert len(calls) == 5
    ((attempts, error),) = queue.jobs("attempts, last_error")
    assert attempts == 1
    assert error.startswith("in the way")


def test_two_transactions_that_lock_each_other_out_both_come_through(
    own: Source, queue: Queue, effects: Effects
) -> None:
    queue.connection.execute(b"insert into effects values (0), (1)")
    both_hold = asyncio.Barrier(2)
    runs: list[int] = []

    @own.app.task(transactional=True)
    async def task(payload: int, connection: psycopg.AsyncConnection[Any]) -> None:
        update = "update effects set number = number + 10 where mod(number, 10) = %s"
        runs.append(payload)
        await connection.execute(update, [payload])
        if len(runs) <= 2:
            await both_hold.wait()
        await connection.execute(update, [1 - payload])

    queue.add("task", 0)
    queue.add("task", 1)
    run(own.app.run_once())
    assert effects() == [20, 21]
    assert len(runs) == 3
    assert queue.jobs() == []


def test_a_task_that_chose_its_wait_is_not_run_again_at_once(own: Source, queue: Queue) -> None:
    calls: list[int] = []

    @own.app.task(transactional=True)
    async def task(connection: psycopg.AsyncConnection[Any]) -> None:
        calls.append(1)
        try:
            await connection.execute("do $$ begin raise serialization_failure; end $$")
        except psycopg.errors.SerializationFailure as error:
            raise Retry(in_=3600) from error

    queue.add("task")
    run(own.app.run_once())
    assert calls == [1]
    assert queue.jobs("attempts") == [1]


def test_a_task_that_snoozes_writes_nothing(app: App, queue: Queue, effects: Effects) -> None:
    @app.task(transactional=True)
    async def later(connection: psycopg.AsyncConnection[Any]) -> Snooze:
        await connection.execute("insert into effects values (1)")
        return Snooze(3600)

    @app.task(transactional=True)
    def later_in_a_thread(connection: psycopg.Connection[Any]) -> Snooze:
        connection.execute("insert into effects values (2)")
        return Snooze(3600)

    queue.add("later")
    queue.add("later_in_a_thread")
    run(app.run_once())
    assert effects() == []
    assert queue.jobs("attempts, locked_by, run_at > now()") == [(0, None, True)] * 2


def test_a_batch_is_one_transaction(app: App, queue: Queue, effects: Effects) -> None:
    """Where an entry fails, all of them are left."""

    @app.task(transactional=True)
    async def batch(payload: list[int], connection: psycopg.AsyncConnection[Any]) -> list[Any]:
        async def entry(number: int) -> None:
            await connection.execute("insert into effects values (%s)", [number])
            if number == 3:
                raise ValueError("three")

        return [entry(number) for number in payload]

    @app.task(transactional=True)
    def batch_in_a_thread(payload: list[int], connection: psycopg.Connection[Any]) -> list[Any]:
        connection.execute("insert into effects values (%s)", [payload[0]])
        return [ValueError("three") if number == 3 else number for number in payload]

    for task in ("batch", "batch_in_a_thread"):
        queue.add(task, [1, 2])
        queue.add(task, [2, 3])
    run(app.run_once())
    assert effects() == [1, 1, 2]
    assert queue.jobs("payload, last_error") == [([2, 3], "Batch failures:\nthree")] * 2


def test_the_next_job_of_a_queue_follows_at_once(own: Source, queue: Queue) -> None:
    def body(context: Any, handle: Any) -> Any:
        yield "select 1"

    own.task(body)

    async def work() -> None:
        done = Watch(own.app, JobComplete)
        async with running(own.app, poll_interval=60, listen=False, concurrency=3):
            await done.until(20)

    for _ in range(20):
        queue.add("task", queue_name="q")
    run(work())
    assert queue.jobs() == []


def test_a_middleware_is_around_the_transaction(
    own: Source, queue: Queue, effects: Effects
) -> None:
    """What it raises after the commit is too late; an error that it swallows ends the job."""

    def body(context: Any, handle: Any) -> Any:
        yield f"insert into effects values ({context.job.payload})"
        if context.job.payload == 2:
            raise ValueError("no")

    own.task(body)
    seen: list[Any] = []

    @own.app.middleware
    async def swallow(context: Context, call: Callable[[], Any]) -> Any:
        try:
            await call()
            seen.append(effects())
            raise RuntimeError("too late")
        except ValueError:
            return None

    done = Watch(own.app, JobComplete)
    queue.add("task", 1)
    run(own.app.run_once())
    queue.add("task", 2)
    run(own.app.run_once())
    assert seen == [[1]]
    assert [event.error for event in done.seen] == [None, None]
    assert effects() == [1]
    assert queue.jobs() == []


def test_the_context_works_in_the_transaction(app: App, queue: Queue, effects: Effects) -> None:
    @app.task(transactional=True)
    async def in_the_loop(context: Context, connection: psycopg.AsyncConnection[Any]) -> None:
        await context.query("insert into effects values (%s)", [1])
        async with context.connection() as mine:
            assert mine is connection
        await context.add_jobs([JobSpec(identifier="next")])
        raise ValueError(await context.query("select number from effects"))

    @app.task(transactional=True)
    def in_a_thread(context: ThreadContext) -> None:
        context.query("insert into effects values (%s)", [2])
        context.add_jobs([JobSpec(identifier="next")])
        raise ValueError(context.query("select number from effects"))

    queue.add("in_the_loop")
    queue.add("in_a_thread")
    run(app.run_once())
    assert queue.jobs("last_error") == ["[(1,)]", "[(2,)]"]
    assert effects() == []


def test_a_context_says_where_it_has_no_connection_to_give(queue: Queue) -> None:
    with SOURCES["SQLAlchemy, AsyncSession"](queue.conninfo) as source:

        @source.app.task(transactional=True)
        async def task(context: Context) -> None:
            await context.query("select 1")

        queue.add("task")
        run(source.app.run_once())
    (error,) = queue.jobs("last_error")
    assert error.startswith("this task's transaction is in SQLAlchemy's AsyncSession")


def test_a_task_may_choose_the_isolation_level(own: Source, queue: Queue) -> None:
    levels: list[Any] = []

    @own.app.task(transactional=True)
    async def task(context: Context) -> None:
        await context.query("set transaction isolation level serializable")
        levels.extend(await context.query("show transaction_isolation"))

    queue.add("task")
    run(own.app.run_once())
    assert levels == [("serializable",)]
    assert queue.jobs() == []


def test_more_jobs_than_connections_wait_for_one_another(
    own: Source, queue: Queue, effects: Effects
) -> None:
    most, at_once = 0, 0

    @own.app.task(transactional=True)
    async def task(payload: int, context: Context) -> None:
        nonlocal most, at_once
        at_once += 1
        most = max(most, at_once)
        await context.query("insert into effects values (%s)", [payload])
        at_once -= 1

    for number in range(30):
        queue.add("task", number)
    run(own.app.run_once(concurrency=20, max_pool_size=2))
    assert effects() == list(range(30))
    assert most <= 2


def test_a_connection_that_was_lost_while_nobody_used_it_is_no_failure(
    source: Source, queue: Queue, effects: Effects
) -> None:
    def body(context: Any, handle: Any) -> Any:
        yield "insert into effects values (1)"

    source.task(body)

    async def work() -> None:
        done = Watch(source.app, JobComplete)
        async with running(source.app):
            queue.add("task")
            await done.until(1)
            queue.connection.execute(b"""
                select pg_terminate_backend(pid) from pg_stat_activity
                where datname = current_database() and pid <> pg_backend_pid()
            """)
            queue.add("task")
            await done.until(2)
            assert [event.error for event in done.seen] == [None, None]

    run(work())
    assert effects() == [1, 1]


def test_what_cannot_be_transactional_is_refused(app: App) -> None:
    with pytest.raises(UsageError, match="runs in a process, and cannot be transactional"):
        app.task("a", process=True, transactional=True)(run)
    with pytest.raises(UsageError, match=r"takes a psycopg\.AsyncConnection, which only"):

        @app.task
        async def forgot(connection: psycopg.AsyncConnection) -> None: ...

    sync = App(transactions=sessionmaker())
    with pytest.raises(UsageError, match=r"sessionmaker makes no transactions for async tasks"):

        @sync.task(transactional=True)
        async def task() -> None: ...

    with pytest.raises(UsageError, match=r"builtins.int makes no transactions"):
        app.task("b", transactional=5)(run)  # type: ignore[call-overload]


def test_a_task_that_takes_another_connection_than_it_gets_fails_readably(
    app: App, queue: Queue
) -> None:
    @app.task(transactional=True)
    async def task(session: AsyncSession) -> None: ...

    queue.add("task")
    run(app.run_once())
    (error,) = queue.jobs("last_error")
    assert error == (
        "the parameter session of the task task is a sqlalchemy.ext.asyncio.session.AsyncSession, "
        "but its transactions are in a psycopg.AsyncConnection"
    )
