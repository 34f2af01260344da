"""Connections that break, hang and lie, servers that go away: every job runs, none is stuck."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from psycopg.conninfo import make_conninfo

from kongtask.database.connection import Target, connect
from kongtask.errors import WorkerStoppedError
from kongtask.worker import App, Context, Snooze
from kongtask.worker.events import (
    JobComplete,
    JobSnoozed,
    LocalQueueGetJobsComplete,
    PoolListenSuccess,
)

from .own_server import OwnServer
from .queue import Queue
from .relay import Relay, relay_to
from .running import Watch, run, running


@pytest.fixture
def relay(queue: Queue) -> Iterator[Relay]:
    with relay_to(Target(conninfo=queue.conninfo, source="test")) as relay:
        yield relay


def counting_app(conninfo: str, duration: float = 0) -> tuple[App, Counter[int]]:
    """Return an application whose task counts how often it is called with a number."""
    app, counts = App(conninfo), Counter[int]()

    @app.task
    async def count(payload: int) -> None:
        await asyncio.sleep(duration)
        counts[payload] += 1

    return app, counts


def assert_all_ran(queue: Queue, counts: Counter[int], jobs: int, most: int = 1) -> None:
    assert sorted(counts) == list(range(1, jobs + 1))
    assert max(counts.values()) <= most
    assert queue.jobs() == []
    assert queue.locks() == 0


def test_every_backend_is_ended_at_random_while_10_000_jobs_run(queue: Queue) -> None:
    """The worker goes on, and since it lives and tries again, each job runs exactly once."""
    app, counts = counting_app(queue.conninfo, 0.005)
    queue.fill("count", 10_000)
    rng = random.Random(7)

    async def end_backends(done: Watch[JobComplete]) -> int:
        ended = 0
        while len(done.seen) < 9_000:
            await done.until(len(done.seen) + rng.randint(50, 250))
            rows = queue.connection.execute(b"""
                select pid from pg_stat_activity
                where datname = current_database() and pid <> pg_backend_pid()
            """).fetchall()
            for (pid,) in rows:
                if rng.random() < 0.7:
                    queue.connection.execute(b"select pg_terminate_backend(%s)", [pid])
                    ended += 1
        return ended

    async def work() -> int:
        done = Watch(app, JobComplete)
        async with running(app, concurrency=20):
            ended = await end_backends(done)
            await done.until(10_000)
        return ended

    assert run(work()) > 30
    assert_all_ran(queue, counts, 10_000)


@pytest.mark.parametrize("mode", ["immediate", "fast"])
def test_a_server_that_crashes_or_restarts_while_jobs_run(own_server: OwnServer, mode: str) -> None:
    """What was running goes on, is written when the server is back, and does not run again."""
    app, counts = counting_app(own_server.target().conninfo, 0.01)

    async def work() -> None:
        done, listening = Watch(app, JobComplete), Watch(app, PoolListenSuccess)
        async with running(app):
            for times in (1, 2):
                await listening.until(times)
                await done.until(700 * times)
                await asyncio.to_thread(own_server.stop, mode)
                await asyncio.to_thread(own_server.start)
            await done.until(3000)

    with connect(own_server.target()) as connection:
        Queue(connection, "").fill("count", 3000)
    run(work())
    with connect(own_server.target()) as connection:
        assert_all_ran(Queue(connection, ""), counts, 3000)


@pytest.mark.parametrize("ends", ["while it is away", "when it is back"])
def test_what_ends_after_a_crash_of_the_server_is_written(own_server: OwnServer, ends: str) -> None:
    """It is the worker's still, whichever of the two connections that write is there first."""
    app = App(own_server.target().conninfo)

    async def work() -> list[str]:
        may_end, got = asyncio.Event(), []

        @app.task
        async def task(payload: str) -> None:
            await may_end.wait()
            got.append(payload)
            if payload == "bad":
                raise ValueError("no")

        done, claimed = Watch(app, JobComplete), Watch(app, LocalQueueGetJobsComplete)
        async with running(app):
            await claimed.until(lambda seen: sum(event.count for event in seen) == 2)
            await asyncio.to_thread(own_server.stop, "immediate")
            if ends == "while it is away":
                may_end.set()
                await asyncio.sleep(0)
            await asyncio.to_thread(own_server.start)
            may_end.set()
            await done.until(2)
        return got

    with connect(own_server.target()) as connection:
        queue = Queue(connection, "")
        queue.add("task", "good", queue_name="q")
        queue.add("task", "bad")
    assert sorted(run(work())) == ["bad", "good"]
    with connect(own_server.target()) as connection:
        queue = Queue(connection, "")
        assert queue.jobs("last_error, attempts") == [("no", 1)]
        assert queue.locks() == 0


def test_a_claim_that_a_crash_of_the_server_has_lost_is_made_again(queue: Queue) -> None:
    """The row is as before the claim, while the job runs: nobody else may begin it meanwhile."""
    app = App(queue.conninfo)

    async def work() -> int:
        begun, is_over = asyncio.Event(), asyncio.Event()
        calls = 0

        @app.task
        async def task() -> None:
            nonlocal calls
            calls += 1
            begun.set()
            await is_over.wait()

        queue.add("task", queue_name="q")
        done, claims = Watch(app, JobComplete), Watch(app, LocalQueueGetJobsComplete)
        async with running(app, poll_interval=60, listen=False) as runner:
            await begun.wait()
            await claims.until(1)
            queue.connection.execute(b"""
                update graphile_worker._private_jobs
                set attempts = 0, locked_by = null, locked_at = null;
                update graphile_worker._private_job_queues
                set locked_by = null, locked_at = null;
                select pg_terminate_backend(pid) from pg_stat_activity
                where application_name in ('kongtask claims', 'kongtask results')
            """)
            assert runner._pool is not None
            runner._pool.nudge()
            await claims.until(len(claims.seen) + 1)
            assert queue.jobs("attempts, locked_at is null") == [(1, False)]
            assert queue.locks() == 2
            is_over.set()
            await done.until(1)
        return calls

    assert run(work()) == 1
    assert queue.jobs() == []
    assert queue.locks() == 0


@pytest.mark.parametrize("statement", [b"complete", b"claim", b"requeue"])
def test_an_answer_that_is_cut_off_changes_nothing(
    queue: Queue, relay: Relay, statement: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    """Nobody knows what became of the statement: the worker finds out, and nothing runs twice."""
    app, counts = counting_app(relay.conninfo)

    @app.task
    async def bad() -> None:
        counts[0] += 1
        raise ValueError("no")

    texts = {
        b"complete": b"delete from", b"claim": b"with free as", b"requeue": b"with requeued as"
    }  # fmt: skip

    async def work() -> None:
        done = Watch(app, JobComplete)
        # Statements are prepared once, and later ones say nothing of their text.
        async with running(app, prepared_statements=False, answer_timeout=2.0):
            queue.add("count", 1)
            await done.until(1)
            relay.cut_answer_to(texts[statement])
            queue.add("count", 2, queue_name="q")
            queue.add("bad")
            queue.add("count", 3, queue_name="q")
            await done.until(4)
            assert await asyncio.to_thread(relay.was_cut.wait, 10)

    run(work())
    assert counts == {0: 1, 1: 1, 2: 1, 3: 1}
    assert queue.jobs("attempts, last_error, locked_by") == [(1, "no", None)]
    assert queue.locks() == 0
    assert "was not this worker's any more" not in caplog.text


def test_the_end_of_a_job_that_another_pool_has_is_not_told(
    queue: Queue, relay: Relay, caplog: pytest.LogCaptureFixture
) -> None:
    """Nobody knows whether the statement has deleted it; but it is there, so it has not."""
    app, ended = App(relay.conninfo), list[int]()
    take = b"update graphile_worker._private_jobs set locked_by = 'pool-other' where priority = 2"

    @app.task
    async def count(payload: int) -> None:
        if payload == 2:
            queue.connection.execute(take)
            relay.cut_answer_to(b"delete from")

    async def work() -> None:
        done = Watch(app, JobComplete)
        async with running(app, prepared_statements=False, answer_timeout=2.0, life=None):
            for number in (1, 2):
                queue.add("count", number, priority=number)
            assert await asyncio.to_thread(relay.was_cut.wait, 10)
            queue.add("count", 3)
            await done.until(2)
        ended.extend(event.job.payload for event in done.seen)

    run(work())
    assert sorted(ended) == [1, 3]
    assert queue.jobs("payload, locked_by") == [(2, "pool-other")]
    assert caplog.text.count("was not this worker's any more") == 1


def test_connections_of_tasks_look_whether_the_server_is_still_there(queue: Queue) -> None:
    """As the worker's own do, and as the connection string says where it does."""
    app = App(make_conninfo(queue.conninfo, keepalives_idle=7))

    @app.task
    async def count(context: Context) -> None:
        async with context.connection() as connection:
            given = connection.info.get_parameters()
        assert (given["keepalives_idle"], given["tcp_user_timeout"]) == ("7", "20000")

    queue.add("count")
    run(app.run_once())
    assert queue.jobs() == []


def test_connections_that_hang_are_given_up(queue: Queue, relay: Relay) -> None:
    """The other end takes everything and never answers."""
    app, counts = counting_app(relay.conninfo, 0.005)
    queue.fill("count", 2000)

    async def work() -> None:
        done, listening = Watch(app, JobComplete), Watch(app, PoolListenSuccess)
        async with running(app, answer_timeout=0.5):
            await listening.until(1)
            await done.until(500)
            relay.is_swallowing = True
            asyncio.get_running_loop().call_later(1.2, setattr, relay, "is_swallowing", False)
            await done.until(2000)
            await listening.until(2)

    run(work())
    assert_all_ran(queue, counts, 2000)


def test_a_worker_whose_connections_hang_stops_in_bounded_time(
    queue: Queue, relay: Relay, caplog: pytest.LogCaptureFixture
) -> None:
    app, _ = counting_app(relay.conninfo, 0.005)
    queue.fill("count", 500)

    async def work() -> float:
        done = Watch(app, JobComplete)
        runner = app.runner(answer_timeout=0.5, final_write_timeout=0.5)
        work = asyncio.create_task(runner.run(handle_signals=False))
        await done.until(100)
        relay.is_swallowing = True
        runner.stop()
        began = asyncio.get_running_loop().time()
        with pytest.raises(WorkerStoppedError, match="cannot go on"):
            await work
        return asyncio.get_running_loop().time() - began

    assert run(work()) < 5
    assert "could not be written to the database" in caplog.text


def test_a_job_is_snoozed_once_where_the_answer_to_that_is_cut_off(
    queue: Queue, relay: Relay, caplog: pytest.LogCaptureFixture
) -> None:
    app, counts = counting_app(relay.conninfo)

    @app.task
    async def later() -> Snooze:
        counts[0] += 1
        return Snooze(in_=1000)

    async def work() -> None:
        done, snoozed = Watch(app, JobComplete), Watch(app, JobSnoozed)
        async with running(app, prepared_statements=False, answer_timeout=2.0):
            queue.add("count", 1)
            await done.until(1)
            relay.cut_answer_to(b"with requeued as")
            queue.add("later", queue_name="q")
            await snoozed.until(1)
            queue.add("count", 2, queue_name="q")
            await done.until(2)
            assert relay.was_cut.is_set()

    run(work())
    assert counts == {0: 1, 1: 1, 2: 1}
    assert queue.jobs("attempts, locked_by, run_at > now() + interval '900 s'") == [(0, None, True)]
    assert queue.locks() == 0
    assert "was not this worker's any more" not in caplog.text


@pytest.mark.parametrize("state", ["40001", "40P01", "55P03", "57014"])
def test_a_clash_on_writing_results_is_tried_again(
    queue: Queue, state: str, app: App, caplog: pytest.LogCaptureFixture
) -> None:
    app, counts = counting_app(queue.conninfo)
    queue.fill("count", 500)
    queue.refuse("delete", "graphile_worker._private_jobs", times=5, state=state)

    async def work() -> None:
        done = Watch(app, JobComplete)
        async with running(app):
            await done.until(500)

    run(work())
    assert "in the way" in caplog.text
    assert_all_ran(queue, counts, 500)


def test_a_clash_on_claiming_is_tried_again(queue: Queue) -> None:
    app, counts = counting_app(queue.conninfo)
    queue.fill("count", 200)
    queue.refuse(
        "update", "graphile_worker._private_jobs", times=3, state="40P01",
        when="new.locked_by is not null",
    )  # fmt: skip
    run(app.run_once())
    assert_all_ran(queue, counts, 200)


def test_an_error_of_a_write_that_does_not_pass_ends_the_worker_and_says_what_is_lost(
    queue: Queue, caplog: pytest.LogCaptureFixture
) -> None:
    app, counts = counting_app(queue.conninfo)
    queue.fill("count", 3)
    queue.connection.execute(b"""
        create function refuse() returns trigger language plpgsql as $$
        begin raise exception 'never' using errcode = 'P0001'; end $$;
        create trigger refuse before delete on graphile_worker._private_jobs
        for each row execute function refuse()
    """)

    with pytest.raises(WorkerStoppedError, match="cannot go on: never"):
        run(app.runner().run(handle_signals=False))
    assert counts.total() == 3
    assert "how 3 jobs ended could not be written" in caplog.text


def test_a_statement_that_the_server_is_still_busy_with_does_not_come_in_later(
    queue: Queue, relay: Relay
) -> None:
    """A claim hangs in the server; its connection counts as lost; it must not take jobs then."""
    app, counts = counting_app(relay.conninfo)
    queue.connection.execute(b"""
        create function hang() returns trigger language plpgsql as $$
        begin
          if new.locked_by is not null then
            perform pg_advisory_xact_lock_shared(7);
          end if;
          return new;
        end $$;
        create trigger hang before update on graphile_worker._private_jobs
        for each row execute function hang()
    """)

    async def work() -> None:
        done = Watch(app, JobComplete)
        queue.connection.execute(b"select pg_advisory_lock(7)")
        queue.fill("count", 10)
        async with running(app, answer_timeout=0.4, poll_interval=0.1):
            waiting = b"""
                select count(*) from pg_locks where locktype = 'advisory' and not granted
            """
            pids: set[Any] = set()
            while len(pids) < 2:
                rows = queue.connection.execute(
                    b"select pid from pg_locks where locktype = 'advisory' and not granted"
                )
                pids |= {pid for (pid,) in rows}
                await asyncio.sleep(0.02)
            row = queue.connection.execute(waiting).fetchone()
            assert row is not None
            assert row[0] <= 1
            queue.connection.execute(b"select pg_advisory_unlock(7)")
            await done.until(10)

    run(work())
    assert_all_ran(queue, counts, 10)


def test_listening_begins_again_after_a_connection_was_lost(queue: Queue) -> None:
    app, counts = counting_app(queue.conninfo)

    async def work() -> None:
        done, listening = Watch(app, JobComplete), Watch(app, PoolListenSuccess)
        async with running(app, poll_interval=60):
            for times in range(1, 6):
                await listening.until(times)
                queue.add("count", times)
                await done.until(times)
                queue.connection.execute(b"""
                    select pg_terminate_backend(pid) from pg_stat_activity
                    where application_name = 'kongtask listen' and datname = current_database()
                """)

    run(work())
    assert_all_ran(queue, counts, 5)


def test_a_job_added_while_nobody_listens_is_found_when_listening_begins(queue: Queue) -> None:
    app, counts = counting_app(queue.conninfo)

    async def work() -> None:
        done, listening = Watch(app, JobComplete), Watch(app, PoolListenSuccess)

        def add(event: PoolListenSuccess) -> None:
            if not counts:
                queue.connection.execute(b"""
                    insert into graphile_worker._private_jobs (task_id, payload)
                    select id, '1' from graphile_worker._private_tasks
                """)

        app.on(PoolListenSuccess, add)
        async with running(app, poll_interval=60):
            await listening.until(1)
            await done.until(1)

    run(work())
    assert_all_ran(queue, counts, 1)


def test_notifications_that_say_nothing_sensible_end_nothing(queue: Queue) -> None:
    app, counts = counting_app(queue.conninfo)

    async def work() -> None:
        done, listening = Watch(app, JobComplete), Watch(app, PoolListenSuccess)
        async with running(app, poll_interval=60):
            await listening.until(1)
            for payload in ("", "{", "[" * 7000, '{"count": "x"}', '{"count": -1}', "null"):
                for channel in ("jobs:insert", "worker:migrate"):
                    queue.connection.execute(b"select pg_notify(%s, %s)", [channel, payload])
            queue.add("count", 1)
            await done.until(1)
            assert len(listening.seen) == 1

    run(work())
    assert_all_ran(queue, counts, 1)
