"""Workers that die, seem to die, or only lose a connection: who has their jobs then, and when."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from functools import partial
from threading import Event
from time import monotonic
from typing import Any

import pytest
from psycopg.conninfo import make_conninfo

from kongtask.database.connection import Target, connect
from kongtask.migrate import install_extension
from kongtask.worker import App, Context, LifeOptions
from kongtask.worker.events import Emitter, JobComplete, PoolCreate, PoolListenSuccess
from kongtask.worker.life import PoolFenced
from kongtask.worker.life.rescuer import Rescuer
from kongtask.worker.life.session import LifeSession

from .lively_process import IN_VAIN, lively
from .queue import Queue
from .relay import relay_to
from .running import Watch, run, running

#: Heartbeats that tell within seconds, for tests of those.
HEARTBEATS = {"mode": "heartbeat", "beat_interval": 0.3, "look_interval": 0.3, "threshold": 2.0}

JOB = "select attempts, locked_by, last_error from graphile_worker._private_jobs where id = %s"


def until(is_so: Callable[[], Any]) -> Any:
    """Look again and again until something is so; return it."""
    deadline = monotonic() + IN_VAIN
    pause = Event()
    while not (found := is_so()):
        assert monotonic() < deadline, "waited in vain"
        pause.wait(0.02)
    return found


def value(queue: Queue, query: str, *values: object) -> Any:
    row = queue.connection.execute(query.encode(), values).fetchone()
    return row[0] if row else None


def job_row(queue: Queue, job: int) -> tuple[int, str | None, str]:
    row = queue.connection.execute(JOB.encode(), [job]).fetchone()
    assert row is not None
    return row


def has_settled(queue: Queue) -> bool:
    """Tell whether the server has been up for so long that workers take over from others."""
    return bool(value(queue, "select pg_postmaster_start_time() < now() - interval '7 seconds'"))


def pools(queue: Queue) -> set[str]:
    """Return the pools that live, as far as anybody knows."""
    query = b"select pool_id from kongtask.pools where recovered_at is null"
    return {name for (name,) in queue.connection.execute(query)}


def test_jobs_of_a_killed_worker_run_elsewhere_within_five_seconds(queue: Queue) -> None:
    job = queue.add("hang", queue_name="serial")
    with lively(queue.conninfo) as first, lively(queue.conninfo) as second:
        seen = until(lambda: [x for w in (first, second) for x in w.said if x[0] == "hang"])
        owner = seen[0][2]
        killed, other = (first, second) if ["PoolCreate", owner] in first.said else (second, first)
        other.until("listening")
        until(lambda: has_settled(queue))
        killed.send(signal.SIGKILL)
        began = monotonic()
        successor = other.until("hang", job)[0]
        assert monotonic() - began < 5
        assert other.until("recovered", owner) == ["1", "0", "1"]
        attempts, locked_by, last_error = job_row(queue, job)
        assert (attempts, locked_by) == (2, successor)
        assert last_error.startswith("Worker died (1 in a row): ")
        assert f"(process {killed.process.pid}, {owner}) died while it held this job" in last_error
        assert pools(queue) == {successor}


def test_what_a_worker_had_claimed_and_not_begun_runs_as_if_nothing_had_happened(
    queue: Queue,
) -> None:
    """Last attempts too, of which it is known; those that had begun are over."""
    last = queue.add("hang", max_attempts=1, priority=-1)
    uncounted = queue.add("hang_uncounted", priority=-1)
    notes = [queue.add("note", max_attempts=n % 2 + 1) for n in range(60)]
    with lively(queue.conninfo, concurrency=2) as first:
        first.until("hang", last)
        first.until("hang", uncounted)
        # Whatever has been claimed beside them: claim the rest as the same pool.
        owner = first.until("PoolCreate")[0]
        queue.connection.execute(
            b"""
            update graphile_worker._private_jobs
            set locked_by = %s, locked_at = now(), attempts = 1 where locked_by is null
            """,
            [owner],
        )
        with lively(queue.conninfo, concurrency=2) as second:
            second.until("listening")
            first.send(signal.SIGKILL)
            for note in notes:
                second.until("complete", note)
            second.until("hang", uncounted)
    jobs = {
        row[0]: row[1:]
        for row in queue.connection.execute(
            b"select id, attempts, max_attempts, last_error from graphile_worker._private_jobs"
        )
    }
    assert set(jobs) == {last, uncounted}
    assert jobs[last][:2] == (1, 1)
    assert "died while it ran this job" in jobs[last][2]
    assert jobs[uncounted][0] == 1


def test_a_worker_that_ends_leaves_nothing_behind(queue: Queue) -> None:
    job = queue.add("note", max_attempts=1)
    with lively(queue.conninfo) as worker:
        worker.until("complete", job)
        assert pools(queue) == {worker.until("PoolCreate")[0]}
        worker.end(signal.SIGTERM)
    assert pools(queue) == set()
    assert value(queue, "select count(*) from kongtask.begun_jobs") == 0


def test_a_worker_that_was_paused_for_too_long_gives_up_its_jobs(queue: Queue) -> None:
    """Its writes are refused, what it ran is cancelled, and it goes on under another name."""
    job = queue.add("hang")
    with lively(queue.conninfo, life=HEARTBEATS) as first:
        owner = first.until("hang", job)[0]
        with lively(queue.conninfo, life=HEARTBEATS) as second:
            second.until("listening")
            first.send(signal.SIGSTOP)
            successor = second.until("hang", job)[0]
            first.send(signal.SIGCONT)
            assert first.until("PoolFenced") == [owner]
            first.until("cancelled", job)
            renamed = first.until("PoolCreate", times=2)[0]
            until(lambda: pools(queue) == {successor, renamed})
            attempts, locked_by, _ = job_row(queue, job)
            assert (attempts, locked_by) == (2, successor)


def test_a_worker_that_loses_only_the_connection_of_its_lock_keeps_its_jobs(queue: Queue) -> None:
    job = queue.add("hang")
    holder = "select pid from pg_locks where locktype = 'advisory' and objsubid = 2 and granted"
    with lively(queue.conninfo) as first:
        owner = first.until("hang", job)[0]
        key = value(queue, "select lock_key from kongtask.pools where pool_id = %s", owner)
        mine = f"{holder} and objid = %s::int8 & 4294967295"
        with lively(queue.conninfo, only=["note"]) as second:
            second.until("listening")
            for _ in range(3):
                pid = until(lambda: value(queue, mine, key))
                queue.connection.execute(b"select pg_terminate_backend(%s)", [pid])
                others = f"{mine} and pid <> %s"
                until(partial(value, queue, others, key, pid))
            seen = value(queue, "select max(last_seen_at) from kongtask.pools")
            enough = "select min(last_seen_at) > %s + interval '4 seconds' from kongtask.pools"
            until(lambda: value(queue, enough, seen))
            assert not [words for words in second.said if words[0] == "recovered"]
        assert value(queue, "select locked_by from graphile_worker._private_jobs") == owner


def test_a_worker_that_was_taken_for_dead_waits_for_the_server_to_go_on(queue: Queue) -> None:
    """It looks at the schema first, as when it started; but it does not end for want of it."""
    with relay_to(Target(conninfo=queue.conninfo, source="")) as relay:
        app = App(relay.conninfo)

        @app.task
        async def note(payload: Any) -> None: ...

        async def work() -> None:
            created, fenced = Watch(app, PoolCreate), Watch(app, PoolFenced)
            listening, done = Watch(app, PoolListenSuccess), Watch(app, JobComplete)
            async with running(app, life=LifeOptions(beat_interval=0.1)):
                await listening.until(1)
                relay.is_refusing = True
                queue.connection.execute(b"update kongtask.pools set recovered_at = now()")
                await fenced.until(1)
                assert await asyncio.to_thread(relay.was_refused.wait, IN_VAIN)
                relay.is_refusing = False
                await created.until(2)
                queue.add("note")
                await done.until(1)

        run(work())


def register(queue: Queue, pool_id: str, *, age: float = 60, mode: str = "lock") -> None:
    """Leave a pool behind that was last seen some seconds ago."""
    queue.connection.execute(
        b"""
        insert into kongtask.pools (
          pool_id, lock_key, mode, host, process_id, version, tasks, given_back_tasks, most_deaths,
          concurrency, late_after, last_seen_at
        )
        values (
          %(pool_id)s, hashtext(%(pool_id)s), %(mode)s, 'far', 1, '0', '{}', '{}', 3, 1,
          interval '3 seconds', now() - %(age)s * interval '1 second'
        )
        """,
        {"pool_id": pool_id, "age": age, "mode": mode},
    )


def rescuer(queue: Queue, number: int) -> tuple[LifeSession, Rescuer]:
    target = Target(conninfo=queue.conninfo, source="")
    session = LifeSession(target, "graphile_worker", None)
    # A server that has just been started has nothing to do with what is tried here.
    options = LifeOptions(grace=0.02, beat_interval=0.01)
    look = Rescuer(session, f"pool-{number}", 7, options, Emitter(), on_freed=lambda count: None)
    return session, look


def test_of_many_rescuers_one_acts(queue: Queue) -> None:
    prepare(queue)
    queue.fill("note", 300)
    queue.connection.execute(
        b"update graphile_worker._private_jobs set locked_by = 'pool-d', locked_at = now(), "
        b"attempts = 1"
    )
    register(queue, "pool-d")

    async def work() -> list[int]:
        all_ = [rescuer(queue, number) for number in range(8)]
        found = await asyncio.gather(*(look.run_once() for _, look in all_))
        for session, _ in all_:
            await session.close()
        return list(found)

    assert sorted(run(work())) == [0] * 7 + [1]
    assert set(queue.jobs("attempts, locked_by")) == {(1, None)}


def prepare(queue: Queue) -> None:
    """Make the schema beside the worker schema."""
    install_extension(Target(conninfo=queue.conninfo, source=""), "graphile_worker")


def look_once(queue: Queue) -> int:
    async def work() -> int:
        session, look = rescuer(queue, 1)
        found = await look.run_once()
        await session.close()
        return found

    return int(run(work()))


def test_pools_that_are_not_registered_or_hold_their_lock_are_left_alone(queue: Queue) -> None:
    """Node's pools, however old their locks; and ours, however late, while the lock is held."""
    prepare(queue)
    queue.fill("note", 2)
    node, ours = queue.jobs()
    queue.connection.execute(
        b"""
        update graphile_worker._private_jobs
        set locked_at = now() - interval '3 hours', attempts = 1,
          locked_by = case id when %s then 'pool-0123456789abcdef01' else 'pool-late' end
        """,
        [node],
    )
    register(queue, "pool-late")
    with connect(Target(conninfo=queue.conninfo, source="")) as holder:
        holder.execute(b"select pg_advisory_lock(7, hashtext('pool-late'))")
        assert look_once(queue) == 0
    until(lambda: look_once(queue) == 1)
    jobs = dict(queue.jobs("id, locked_by"))
    assert jobs == {node: "pool-0123456789abcdef01", ours: None}


def test_what_a_dead_worker_had_asked_for_is_freed_too_and_then_it_is_forgotten(
    queue: Queue,
) -> None:
    """A claim that was under way when it died comes to its end after the recovery."""
    prepare(queue)
    register(queue, "pool-d")
    assert look_once(queue) == 1
    queue.fill("note", 1)
    claim = (
        b"update graphile_worker._private_jobs "
        b"set locked_by = 'pool-d', locked_at = now(), attempts = 1"
    )
    queue.connection.execute(claim)
    assert look_once(queue) == 0
    assert queue.locks() == 1
    queue.connection.execute(
        b"update kongtask.pools set recovered_at = now() - interval '2 minutes'"
    )
    assert look_once(queue) == 1
    assert queue.locks() == 0
    assert value(queue, "select count(*) from kongtask.pools") == 0


@pytest.mark.parametrize(("state", "times"), [("57P03", 8), ("P0001", 1)])
def test_a_last_attempt_begins_although_it_cannot_be_written_down(
    extended: Queue, state: str, times: int
) -> None:
    app, ran = App(extended.conninfo), list[int]()

    @app.task
    async def task(context: Context) -> None:
        ran.append(context.job.id)

    extended.refuse("insert", "kongtask.begun_jobs", times=times, state=state)

    async def work() -> None:
        done = Watch(app, JobComplete)
        async with running(app):
            await done.until(2)

    jobs = [extended.add("task", max_attempts=1), extended.add("task")]
    run(work())
    assert sorted(ran) == jobs
    assert value(extended, "select last_value from refusals") >= times


def test_a_worker_goes_on_without_the_schema_and_says_so_once(queue: Queue) -> None:
    with lively(queue.conninfo) as worker:
        worker.until("listening")
        queue.connection.execute(b"drop schema kongtask cascade")
        worker.until_logged("no use can be made of the schema kongtask")
        for attempts in (1, 25):
            worker.until("complete", queue.add("note", max_attempts=attempts))
        worker.end(signal.SIGTERM)
        assert "".join(worker.logged).count("the schema kongtask") == 1
    assert queue.locks() == 0


def test_a_worker_whose_role_may_not_make_the_schema_works_without(queue: Queue) -> None:
    role = f"kongtask_life_{queue.connection.info.backend_pid}"
    admin = queue.connection
    admin.execute(f"create role {role} login bypassrls".encode())
    try:
        admin.execute(f"grant usage on schema graphile_worker to {role}".encode())
        admin.execute(f"grant all on all tables in schema graphile_worker to {role}".encode())
        job = queue.add("note")
        with lively(make_conninfo(queue.conninfo, user=role)) as worker:
            worker.until("complete", job)
            worker.end(signal.SIGTERM)
            assert "".join(worker.logged).count("the schema kongtask") == 1
    finally:
        admin.execute(f"drop owned by {role}".encode())
        admin.execute(f"drop role {role}".encode())


def test_a_job_that_kills_its_workers_is_not_tried_again(queue: Queue) -> None:
    """Three workers die of it; its neighbours, which were claimed with it, all run."""
    guilty = queue.add("die", priority=-1)
    for _ in range(30):
        queue.add("note", max_attempts=2)
    due_now = "update graphile_worker._private_jobs set run_at = now() where id = %s"
    only = ["die", "note"]
    with lively(queue.conninfo, only=["hang"]) as witness:
        witness.until("listening")
        for deaths in range(1, 5):
            # The first death tells nothing: any job that the worker had may have killed it.
            with lively(queue.conninfo, only=only, concurrency=1) as victim:
                assert victim.end() == -signal.SIGKILL
            witness.until("recovered", times=deaths)
            attempts, _, error = job_row(queue, guilty)
            if deaths < 3:
                assert attempts == deaths
                assert error.startswith(f"Worker died ({deaths} in a row): ")
                queue.connection.execute(due_now.encode(), [guilty])
            else:
                break
        assert error.startswith("Worker died (3 in a row): ")
        assert error.endswith("; it is not tried again, since they may die of it")
        assert attempts == 25
        with lively(queue.conninfo, only=only) as last:
            until(lambda: queue.jobs() == [guilty])
            last.end(signal.SIGTERM)
    assert queue.jobs() == [guilty]


def test_jobs_that_two_workers_died_of_run_one_at_a_time(queue: Queue, app: App) -> None:
    prepare(queue)
    now = most = 0

    @app.task
    async def suspect(payload: int, context: Context) -> None:
        nonlocal now, most
        now += 1
        most = max(now, most)
        begun = await context.query("select job_id from kongtask.begun_jobs")
        assert (context.job.id,) in begun
        now -= 1

    queue.fill("suspect", 12)
    queue.connection.execute(
        b"update graphile_worker._private_jobs set last_error = 'Worker died (2 in a row): x'"
    )

    async def work() -> None:
        done = Watch(app, JobComplete)
        async with running(app, concurrency=6):
            await done.until(12)
        assert not [event.error for event in done.seen if event.error]

    run(work())
    assert most == 1
    assert value(queue, "select count(*) from kongtask.begun_jobs") == 0
