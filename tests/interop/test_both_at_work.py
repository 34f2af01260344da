"""A Node worker and a kongtask worker with jobs of one queue: whose they are, and when one dies."""

from __future__ import annotations

import asyncio
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from kongtask.database.connection import Connection, Target, connect
from kongtask.database.scratch import scratch_database
from kongtask.names import WORKER_SCHEMA
from kongtask.schema import read
from kongtask.worker import App, Context
from kongtask.worker.events import JobComplete
from kongtask.worker_utils import WorkerUtils
from tests.programs import CHECKOUT, ENVIRON
from tests.worker.running import Watch, run, running

from .own import install, read_ledger
from .peer import Peer
from .test_side_by_side import LOG, NEVER, until

#: Jobs of Node wait at their end until nobody has this lock any more.
HOLD = b"""
create function public.hold() returns trigger language plpgsql as $$
begin
  perform pg_advisory_xact_lock_shared(1);
  return new;
end $$;
create trigger hold before insert on public.log
for each row when (new.what = 'end' and new.worker = 'node') execute function public.hold();
"""

LOCKS = b"""
select tasks.identifier, jobs.locked_by
from graphile_worker._private_jobs as jobs
join graphile_worker._private_tasks as tasks on tasks.id = jobs.task_id
where jobs.locked_by is not null order by tasks.identifier
"""


@pytest.fixture
def shared(node: Peer, revision: int, database: Target) -> Target:
    """A database at the revision of each Node worker, with a log."""
    install(database, revision)
    with connect(database) as connection:
        connection.execute(LOG)
        connection.execute(HOLD)
    return database


@contextmanager
def held(shared: Target) -> Iterator[Connection]:
    """Hold up the jobs of Node; the connection's function ``pg_advisory_unlock_all`` lets go."""
    with connect(shared) as connection:
        connection.execute(b"select pg_advisory_lock(1)")
        yield connection


def let_go(connection: Connection) -> None:
    connection.execute(b"select pg_advisory_unlock_all()")


def rows(connection: Connection, query: bytes) -> list[Any]:
    return list(connection.execute(query).fetchall())


def begun(connection: Connection, worker: str) -> int:
    query = b"select count(*) from public.log where what = 'begin' and worker = %s"
    row = connection.execute(query, [worker]).fetchone()
    assert row is not None
    return int(row[0])


class Own:
    """A kongtask application whose jobs wait until they are let go."""

    def __init__(self, shared: Target, identifier: str) -> None:
        self.app = App(shared.conninfo)
        self.is_over = asyncio.Event()
        self.completed = Watch(self.app, JobComplete)
        insert = "insert into public.log (what, worker) values ('begin', 'own')"

        @self.app.task(identifier)
        async def wait(context: Context) -> None:
            await context.query(insert)
            await self.is_over.wait()


def is_pool(name: str, revision: int = 19) -> bool:
    """Tell whether a lock has the name of a pool; before 19, Node's has that of an executor."""
    kinds = "pool|worker" if revision < 19 else "pool"
    return re.fullmatch(rf"(?:{kinds})-[0-9a-f]{{18}}", name) is not None


def test_each_holds_its_jobs_by_its_pool_and_nobody_ends_the_others(
    node: Peer, revision: int, shared: Target
) -> None:
    """Nor does the administration, of either side."""

    async def work(connection: Connection) -> None:
        own = Own(shared, "own")
        async with running(own.app):
            for identifier in ("own", "node"):
                connection.execute(b"select graphile_worker.add_job(%s, '1')", [identifier])
            await until(lambda: begun(connection, "own") == begun(connection, "node") == 1)
            locks = rows(connection, LOCKS)
            (_, theirs), (_, ours) = locks
            assert theirs != ours
            assert is_pool(ours)
            assert is_pool(theirs, revision)
            async with WorkerUtils(shared.conninfo) as utils:
                ids = [found.job.id for found in await utils.find_jobs()]
                assert len(ids) == 2
                assert await utils.complete_jobs(ids) == []
                assert await utils.permanently_fail_jobs(ids, "no") == []
            assert rows(connection, LOCKS) == locks
            own.is_over.set()
            await own.completed.until(1)
            assert rows(connection, LOCKS) == [("node", theirs)]
            let_go(connection)
            await until(lambda: rows(connection, LOCKS) == [])
        assert rows(connection, b"select from graphile_worker._private_jobs") == []

    with held(shared) as connection, node.running(shared, ["node"], pollInterval=100):
        run(work(connection))


def test_a_job_that_node_has_unlocked_by_force_is_nodes_to_end(node: Peer, shared: Target) -> None:
    """Our worker ends it later, and changes nothing."""

    async def work(connection: Connection) -> None:
        own = Own(shared, "both")
        runner = own.app.runner(poll_interval=NEVER)
        worker = asyncio.create_task(runner.run(handle_signals=False))
        connection.execute(b"select graphile_worker.add_job('both', '1', queue_name => 'q')")
        await until(lambda: begun(connection, "own") == 1)
        ((_, ours),) = rows(connection, LOCKS)
        runner.stop()  # so that Node gets the job, and not this worker once more
        await asyncio.to_thread(node.force_unlock, shared, ours)
        with node.running(shared, ["both"], pollInterval=100):
            await until(lambda: begun(connection, "node") == 1)
            ((_, theirs),) = rows(connection, LOCKS)
            own.is_over.set()
            await worker
            assert own.completed.seen == []
            assert rows(connection, LOCKS) == [("both", theirs)]
            queues = b"select locked_by from graphile_worker._private_job_queues"
            assert rows(connection, queues) == [(theirs,)]
            let_go(connection)
            await until(lambda: rows(connection, LOCKS) == [])
        assert rows(connection, b"select from graphile_worker._private_jobs") == []

    with held(shared) as connection:
        run(work(connection))


def test_what_we_unlock_by_force_of_nodes_runs_here(node: Peer, shared: Target) -> None:
    async def work(connection: Connection) -> None:
        own = Own(shared, "both")
        own.is_over.set()
        async with WorkerUtils(shared.conninfo) as utils:
            ((_, theirs),) = rows(connection, LOCKS)
            assert await utils.force_unlock_workers([theirs]) == (1, 1)
        await own.app.run_once()
        assert begun(connection, "own") == 1
        assert rows(connection, b"select from graphile_worker._private_jobs") == []
        assert rows(connection, b"select locked_by from graphile_worker._private_job_queues") == [
            (None,)
        ]

    with held(shared) as connection, node.running(shared, ["both"], pollInterval=100) as process:
        connection.execute(b"select graphile_worker.add_job('both', '1', queue_name => 'q')")
        run(until(lambda: begun(connection, "node") == 1))
        process.send_signal(signal.SIGSTOP)  # so that it does not take the job once more
        run(work(connection))
        process.send_signal(signal.SIGCONT)
        let_go(connection)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_when_node_is_ended_its_job_ends_or_is_freed_when_its_lock_expires(
    node: Peer, shared: Target, number: signal.Signals
) -> None:
    """And nobody frees it before: Node's workers register nowhere.

    After SIGTERM the job has run to its end; Node does not always wait until that is written.
    """

    async def work(connection: Connection, process: subprocess.Popen[str]) -> None:
        own = Own(shared, "both")
        own.is_over.set()
        sweeps = {"min_reset_locked_interval": 0.1, "max_reset_locked_interval": 0.1}
        async with running(own.app, **sweeps):
            process.send_signal(number)
            if number == signal.SIGTERM:
                let_go(connection)
            assert await asyncio.to_thread(process.wait, 30) == -number
            left = rows(connection, LOCKS)
            assert left or number == signal.SIGTERM
            connection.execute(b"select graphile_worker.add_job('both', '2')")
            await own.completed.until(1)  # our worker is at work, and leaves that lock alone
            assert rows(connection, LOCKS) == left
            connection.execute(
                b"update graphile_worker._private_jobs set locked_at = now() - interval '5 hours'"
            )
            await own.completed.until(1 + len(left))
        assert rows(connection, b"select from graphile_worker._private_jobs") == []
        assert begun(connection, "own") == 1 + len(left)

    with (
        held(shared) as connection,
        node.running(shared, ["both"], pollInterval=60_000, noHandleSignals=False) as process,
    ):
        connection.execute(b"select graphile_worker.add_job('both', '1')")
        run(until(lambda: begun(connection, "node") == 1))
        run(work(connection, process))
        ends = b"select count(*) from public.log where what = 'end' and worker = 'node'"
        assert rows(connection, ends) == [(1 if number == signal.SIGTERM else 0,)]


def test_what_a_killed_worker_of_ours_held_node_frees_when_its_lock_expires(
    node: Peer, shared: Target
) -> None:
    """It has no proof of life, so all others go by the four hours."""
    with held(shared) as connection:
        connection.execute(b"select graphile_worker.add_job('work', '1', 'q')")
        command = [sys.executable, "-m", "tests.interop.killed", shared.conninfo, "1", "60"]
        with subprocess.Popen(command, cwd=CHECKOUT, env=ENVIRON) as process:
            run(until(lambda: begun(connection, "python") == 1))
            process.kill()
        assert len(rows(connection, LOCKS)) == 1
        sweeps = {"minResetLockedInterval": 50, "maxResetLockedInterval": 100}
        with node.running(shared, ["work"], pollInterval=100, **sweeps):
            connection.execute(b"select graphile_worker.add_job('work', '2')")
            run(until(lambda: begun(connection, "node") == 1))
            assert len(rows(connection, LOCKS)) == 2
            for table in (b"_private_jobs", b"_private_job_queues"):
                connection.execute(
                    b"update graphile_worker." + table + b" set locked_at = locked_at - "
                    b"interval '5 hours' where locked_by not in (select locked_by from "
                    b"graphile_worker._private_jobs where payload::text = '2')"
                )
            let_go(connection)
            run(until(lambda: begun(connection, "node") == 2))
            run(until(lambda: rows(connection, LOCKS) == []))


#: When a job is put off, and for how long.
DELAYS = b"""
create table public.delays (job bigint, seconds float8);
create function public.note_delay() returns trigger language plpgsql as $$
begin
  insert into public.delays values (new.id, extract(epoch from new.run_at - now()));
  return null;
end $$;
create trigger note_delay after update on graphile_worker._private_jobs
for each row when (old.locked_at is not null and new.locked_at is null)
execute function public.note_delay();
"""

FAILURES = b"""
select graphile_worker.add_job('fails', '{"n": 1}');
select graphile_worker.add_job('fails', '{"n": 2}', 'q');
select graphile_worker.add_job('fails', '{"n": 3}', max_attempts => 1, job_key => 'k');
select graphile_worker.add_job('fails', '{"n": 4}', flags => '{x}');
select graphile_worker.add_job('fails', '{"n": 5}');
select graphile_worker.add_job('fails', '{"n": 6}');
select graphile_worker.add_job('silent');
select graphile_worker.add_job('batch', '[1, {"two": 2}, 3]', 'q2');
select graphile_worker.add_job('whole', '[1, 2]');
update graphile_worker._private_jobs set attempts = 3 where payload ->> 'n' = '4';
update graphile_worker._private_jobs set attempts = 9 where payload ->> 'n' = '5';
update graphile_worker._private_jobs set attempts = 24 where payload ->> 'n' = '6';
"""

LEFT = b"""
select jobs.id, jobs.job_queue_id, payload::text, priority, attempts, max_attempts, last_error, key,
  locked_at, locked_by, revision, flags::text, is_available, updated_at = created_at,
  case when run_at > created_at then round(delays.seconds::numeric, 5) end
from graphile_worker._private_jobs as jobs
left join public.delays as delays on delays.job = jobs.id
order by jobs.id
"""


def test_failed_attempts_leave_the_same_rows(node: Peer, revision: int, server: Target) -> None:
    """Their errors, retry times, attempts, and what is left of batches."""
    left = []
    for side in ("node", "own"):
        with scratch_database(server) as target, connect(target) as connection:
            install(target, revision)
            connection.execute(DELAYS)
            connection.execute(FAILURES)
            if side == "node":
                node.run_once(
                    target, fails="no luck", silent="", batch=["one", None, "three"], whole="all"
                )
            else:
                run(failing_app(target).run_once())
            left.append(rows(connection, LEFT))
            queues = b"select queue_name, locked_by from graphile_worker._private_job_queues"
            assert sorted(rows(connection, queues)) == [("q", None), ("q2", None)]
    assert len(left[0]) == 9
    assert left[1] == left[0]


class Error(Exception):
    """What says nothing is recorded by its name, and Node's has this one."""


def failing_app(target: Target) -> App:
    app = App(target.conninfo)

    async def fail(message: str | None) -> None:
        if message is not None:
            raise Error(message)

    @app.task
    async def fails() -> None:
        await fail("no luck")

    @app.task
    async def silent() -> None:
        await fail("")

    @app.task
    async def batch(payload: list[Any]) -> list[Any]:
        return [fail(message) for message in ("one", None, "three")]

    @app.task
    async def whole(payload: list[Any]) -> None:
        await fail("all")

    return app


def test_what_kongtask_adds_lives_elsewhere_and_goes_without_a_trace(
    node: Peer, revision: int, database: Target
) -> None:
    """A worker has run, with all that it makes: the worker schema is as Node leaves it."""
    with scratch_database(database) as theirs:
        node.migrate(theirs)
        with connect(theirs) as connection:
            expected = everything(connection)
    node.migrate(database)
    own = Own(database, "own")
    own.is_over.set()

    async def work() -> None:
        async with running(own.app):
            await own.app.add_job("own", queue_name="q")
            await own.completed.until(1)

    with connect(database) as connection:
        connection.execute(LOG)
        run(work())
        schemas = b"select nspname::text from pg_namespace where nspname !~ '^pg_' order by 1"
        assert rows(connection, schemas) == [
            ("graphile_worker",), ("information_schema",), ("kongtask",), ("public",),
        ]  # fmt: skip
        assert everything(connection) == expected
        ledger = read_ledger(database)
        connection.execute(b"drop schema kongtask cascade")
        assert everything(connection) == expected
        node.migrate(database)
        assert read_ledger(database) == ledger
        connection.execute(b"select graphile_worker.add_job('own', '1')")
        assert [job["identifier"] for job in node.run_once(database, own=None)] == ["own"]


def everything(connection: Connection) -> Any:
    """Return all that is in the worker schema, function bodies too."""
    return read(connection, WORKER_SCHEMA)
