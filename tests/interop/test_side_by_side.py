"""A Node worker and a kongtask worker at work on one database at the same time."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import accumulate, groupby
from typing import Any

import pytest

from kongtask.database.connection import Connection, Target, connect
from kongtask.jobs import Concurrency, pause, resume, set_limit
from kongtask.migrate import install_extension
from kongtask.names import WORKER_SCHEMA
from kongtask.worker import App, Context
from kongtask.worker.claiming.claimer import Claimer
from kongtask.worker.events import JobComplete, JobStart, PoolListenSuccess
from tests.worker.running import Watch, run, running

from .own import install
from .peer import Peer

LOG = b"""
create table public.log (
  n bigint generated always as identity, queue text, number int, what text, worker text
)
"""

COUNT = b"select count(*) from public.log where what = 'end'"

#: Seconds of a poll that never comes.
NEVER = 60.0


@pytest.fixture
def shared(node: Peer, revision: int, database: Target) -> Target:
    """A database at the revision of each Node worker, with a log."""
    install(database, revision)
    with connect(database) as connection:
        connection.execute(LOG)
    return database


def logging_app(database: Target, identifiers: list[str], longest: float) -> App:
    app, durations = App(database.conninfo), random.Random(3)

    async def step(payload: int, context: Context) -> None:
        insert = "insert into public.log (queue, number, what, worker) values (%s, %s, '{}', 'own')"
        values = [await context.get_queue_name(), payload]
        await context.query(insert.format("begin"), values)
        await asyncio.sleep(durations.random() * longest)
        await context.query(insert.format("end"), values)

    for identifier in identifiers:
        app.task(identifier)(step)
    return app


async def until(is_so: Callable[[], bool]) -> None:
    """Wait until the database shows something; of what Node does it tells nobody."""
    async with asyncio.timeout(30):
        while not is_so():
            await asyncio.sleep(0.02)


def ended(connection: Connection) -> int:
    row = connection.execute(COUNT).fetchone()
    assert row is not None
    return int(row[0])


def test_named_queues_are_serial_and_in_order_across_both(node: Peer, shared: Target) -> None:
    queues, jobs = 20, 5

    async def work(connection: Connection) -> None:
        app = logging_app(shared, ["step"], 0.01)
        listening = Watch(app, PoolListenSuccess)
        async with running(app, poll_interval=NEVER, concurrency=3):
            await listening.until(1)
            connection.execute(
                b"""
                select count(graphile_worker.add_job(
                  'step', to_json(number), 'q' || queue,
                  run_at => now() - interval '1 hour' + number * interval '1 millisecond'
                ))
                from generate_series(1, %s) as number, generate_series(1, %s) as queue
                """,
                [jobs, queues],
            )
            await until(lambda: ended(connection) == queues * jobs)

    with connect(shared) as connection:
        with node.running(shared, ["step"], longest=10, concurrency=3, pollInterval=60_000):
            run(work(connection))
        rows: list[Any] = connection.execute(
            b"select queue, number, what, worker from public.log order by n"
        ).fetchall()
        expected = [(n, what) for n in range(1, jobs + 1) for what in ("begin", "end")]
        for _, steps in groupby(sorted(rows, key=lambda row: row[0]), key=lambda row: row[0]):
            assert [(number, what) for _, number, what, _ in steps] == expected
        assert {worker for _, _, _, worker in rows} == {"own", "node"}
        for table in ("_private_jobs", "_private_job_queues"):
            locked = f"select from graphile_worker.{table} where locked_at is not null"
            assert connection.execute(locked.encode()).fetchall() == []


def test_each_wakes_on_what_the_other_side_adds(node: Peer, shared: Target) -> None:
    """Jobs that Node adds run here, those that SQL adds run there, without any poll."""

    async def work(connection: Connection) -> None:
        app = logging_app(shared, ["own"], 0)
        listening = Watch(app, PoolListenSuccess)
        async with running(app, poll_interval=NEVER):
            await listening.until(1)
            await asyncio.to_thread(node.add_job, shared, ("own", 1, {}))
            await until(lambda: ended(connection) == 1)
            connection.execute(b"select graphile_worker.add_job('node', '2')")
            await until(lambda: ended(connection) == 2)

    with connect(shared) as connection:
        with node.running(shared, ["node"], pollInterval=60_000):
            run(work(connection))
        rows = connection.execute(b"select number, worker from public.log where what = 'end'")
        assert sorted(rows.fetchall()) == [(1, "own"), (2, "node")]


def test_what_a_worker_gives_back_runs_in_node_at_once(node: Peer, shared: Target) -> None:
    """Jobs claimed ahead by a worker that stops, and jobs behind its last ones in their queues."""

    async def work(connection: Connection) -> None:
        app, begun, is_over = App(shared.conninfo), asyncio.Event(), asyncio.Event()

        @app.task
        async def step(payload: int) -> None:
            begun.set()
            await is_over.wait()

        for number in (1, 2):
            connection.execute(
                b"select graphile_worker.add_job('step', to_json(%s::int), 'q')", [number]
            )
        runner = app.runner(poll_interval=NEVER)
        worker = asyncio.create_task(runner.run(handle_signals=False))
        await begun.wait()
        with node.running(shared, ["step"], pollInterval=60_000):
            runner.stop()
            is_over.set()
            await until(lambda: ended(connection) == 1)
            await worker

    with connect(shared) as connection:
        run(work(connection))
        row = connection.execute(b"select number, worker from public.log limit 1").fetchone()
        assert row == (2, "node")


def test_node_obeys_the_pause_of_a_queue_and_knows_no_limits(node: Peer, shared: Target) -> None:
    add = b"select graphile_worker.add_job('step', to_json(%s::int), %s)"
    install_extension(shared, "graphile_worker")

    async def work(connection: Connection) -> None:
        pause(connection, "queue", "q")
        set_limit(connection, Concurrency(1), ["step"])
        connection.execute(add, [1, "q"])
        for number in range(2, 12):
            connection.execute(add, [number, None])
        with node.running(shared, ["step"], longest=300, concurrency=5, pollInterval=100):
            await until(lambda: ended(connection) == 10)
            row = connection.execute(b"select min(number) from public.log").fetchone()
            assert row == (2,)
            assert resume(connection, "queue", "q") == "resumed"
            await until(lambda: ended(connection) == 11)

    with connect(shared) as connection:
        run(work(connection))
        steps = connection.execute(b"select what from public.log order by n").fetchall()
        running_now = list(accumulate(1 if what == "begin" else -1 for (what,) in steps))
        assert max(running_now) > 1  # Node knows no limits


def test_node_frees_no_lock_of_a_job_that_runs_for_hours(
    peers: dict[int, Peer], database: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Locks of kongtask's are old here, as if its clock were four hours behind but for seconds."""
    install(database)
    behind = timedelta(hours=4) - timedelta(seconds=4)
    monkeypatch.setattr(Claimer, "now", lambda _: datetime.now(UTC) - behind)
    release, app = asyncio.Event(), App(database.conninfo)

    @app.task
    async def long() -> None:
        await release.wait()

    async def work(connection: Connection) -> None:
        def locks() -> list[Any]:
            found = connection.execute(b"select locked_at from graphile_worker._private_jobs")
            return [at for (at,) in found.fetchall()]

        started, complete = Watch(app, JobStart), Watch(app, JobComplete)
        connection.execute(
            b"select graphile_worker.add_job('long', queue_name => 'q', run_at => '2000-01-01')"
        )
        async with running(app, lock_expiry=timedelta(seconds=4)):
            await started.until(1)
            first = locks()[0]
            connection.execute(LOG)
            connection.execute(
                b"select graphile_worker.add_job('other', run_at => now() + interval '1 hour')"
            )
            connection.execute(
                b"update graphile_worker._private_jobs set locked_at = %s, locked_by = 'dead' "
                b"where locked_by is null",
                [first - timedelta(hours=1)],
            )
            options = {"minResetLockedInterval": 100, "maxResetLockedInterval": 200}
            with peers[20].running(database, ["nothing"], **options):
                await until(lambda: None in locks())  # Node sweeps
                await until(lambda: max(filter(None, locks())) > first + timedelta(seconds=6))
                assert len(started.seen) == 1
            release.set()
            assert (await complete.until(1))[0].error is None
        assert locks() == [None]

    with connect(database) as connection:
        run(work(connection))


def test_jobs_are_cancelled_beside_node(peers: dict[int, Peer], database: Target) -> None:
    """One that waits does not begin there either; one that Node runs is Node's, and ends."""
    install(database)
    install_extension(database, WORKER_SCHEMA)
    app = App(database.conninfo)

    @app.task
    async def own() -> None: ...

    async def work(connection: Connection) -> None:
        def value(query: str, *values: object) -> Any:
            row = connection.execute(query.encode(), values).fetchone()
            return row[0] if row else None

        connection.execute(LOG)
        add = "select id from graphile_worker.add_job('theirs', %s::json)"
        async with running(app):
            with peers[20].running(database, ["theirs"], longest=4000):
                runs = value(add, "1")
                await until(lambda: value("select count(*) from public.log") == 1)
                assert value("select kongtask.cancel_job(%s)", runs) == "requested"
                waits = value(add.replace("%s::json)", "%s::json, run_at => now() + '1 s')"), "2")
                assert value("select kongtask.cancel_job(%s)", waits) == "cancelled"
                await until(lambda: value(COUNT.decode()) == 1)
                await until(lambda: value("select count(*) from kongtask.cancellations") == 0)
                later = value(add, "3")
                query = "select count(*) from graphile_worker._private_jobs where id = %s"
                await until(lambda: value(query, later) == 0)
            log = connection.execute(b"select number, what, worker from public.log order by n")
            assert log.fetchall() == [
                (1, "begin", "node"), (1, "end", "node"), (3, "begin", "node"), (3, "end", "node"),
            ]  # fmt: skip
            left = connection.execute(b"select id, last_error from graphile_worker._private_jobs")
            assert left.fetchall() == [(waits, "Cancelled")]

    with connect(database) as connection:
        run(work(connection))
