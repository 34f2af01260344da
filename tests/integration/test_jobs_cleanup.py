"""Cleaning up beside callers that add jobs: no job ever loses its queue or task."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import asyncpg
import psycopg
import pytest
import sqlalchemy
from psycopg.pq import TransactionStatus
from sqlalchemy.pool import NullPool

from kongtask.database.connection import Connection, Target, connect
from kongtask.errors import JobError, JobSpecError
from kongtask.jobs import (
    Cleaned,
    JobSpec,
    add_job,
    add_jobs,
    cleaning,
    cleanup,
    complete_jobs,
    find_queues,
    permanently_fail_jobs,
)
from kongtask.migrate import migrate, worker_migrations
from tests.integration.test_jobs_drivers import arguments_of, django_connection


def names_of(connection: Connection) -> tuple[list[str], list[str]]:
    """Return the names of tasks and of queues that are there."""
    tasks = connection.execute("select identifier from graphile_worker._private_tasks order by 1")
    queues = connection.execute(
        "select queue_name from graphile_worker._private_job_queues order by 1"
    )
    return [name for (name,) in tasks.fetchall()], [name for (name,) in queues.fetchall()]


@pytest.fixture
def used(queue: Connection) -> Connection:
    """Queues and tasks without jobs, with failed ones, with good ones."""
    unused, failed, _ = add_jobs(
        queue,
        [JobSpec(identifier=f"t-{name}", queue_name=f"q-{name}") for name in ("un", "bad", "ok")],
    )
    complete_jobs(queue, [unused.id])
    permanently_fail_jobs(queue, [failed.id])
    return queue


def test_without_arguments_queues_are_cleaned(used: Connection) -> None:
    assert cleanup(used) == Cleaned(queues=1)
    assert names_of(used) == (["t-bad", "t-ok", "t-un"], ["q-bad", "q-ok"])


def test_with_something_to_keep_tasks_are_cleaned_too(used: Connection) -> None:
    add_job(used, "t-kept", job_key="k")
    complete_jobs(used, [add_job(used, "t-kept", job_key="k").id])
    assert cleanup(used, task_identifiers_to_keep=["t-kept"]) == Cleaned(
        queues=1, task_identifiers=1
    )
    assert names_of(used) == (["t-bad", "t-kept", "t-ok"], ["q-bad", "q-ok"])


def test_failed_jobs_go_first_whatever_the_order_of_the_words(used: Connection) -> None:
    """So the names that only they have held go with them."""
    cleaned = cleanup(used, ["GC_JOB_QUEUES", "GC_TASK_IDENTIFIERS", "DELETE_PERMAFAILED_JOBS"])
    assert cleaned == Cleaned(jobs=1, task_identifiers=2, queues=2)
    assert names_of(used) == (["t-ok"], ["q-ok"])


def test_locked_jobs_and_queues_stay(used: Connection) -> None:
    for table in ("_private_jobs", "_private_job_queues"):
        used.execute(
            f"update graphile_worker.{table} set locked_at = now(), locked_by = 'pool-1'".encode()
        )
    cleaned = cleanup(used, ["DELETE_PERMAFAILED_JOBS", "GC_JOB_QUEUES"])
    assert cleaned == Cleaned(jobs=0, queues=0)


@pytest.mark.parametrize("tasks", [["GC_EVERYTHING"], "GC_JOB_QUEUES"])
def test_unknown_words_are_refused(queue: Connection, tasks: Any) -> None:
    with pytest.raises(JobSpecError):
        cleanup(queue, tasks)


@contextmanager
def waiting(
    target: Target, holder: Connection, call: Callable[[Connection], Any]
) -> Iterator[Future[Any]]:
    """Begin a call that waits for a lock of the holder's."""
    with connect(target) as caller, connect(target) as watcher, ThreadPoolExecutor(1) as pool:
        answer = pool.submit(call, caller)
        blocked = "select %s = any (pg_blocking_pids(%s))"
        pids = [holder.info.backend_pid, caller.info.backend_pid]
        while not answer.done():
            if watcher.execute(blocked, pids).fetchone() == (True,):
                break
        yield answer


@pytest.fixture
def each_used(each_database: Target) -> Target:
    """On every server: a queue and a task without jobs."""
    migrate(each_database, worker_migrations(), "graphile_worker")
    with connect(each_database) as connection:
        complete_jobs(connection, [add_job(connection, "t", queue_name="q").id])
    return each_database


EVERYTHING: Any = ["DELETE_PERMAFAILED_JOBS", "GC_TASK_IDENTIFIERS", "GC_JOB_QUEUES"]


def test_a_queue_that_somebody_has_just_looked_up_stays(each_used: Target) -> None:
    """This is add_job, stopped between finding the names and inserting the job."""
    with connect(each_used, autocommit=False) as adder:
        row = adder.execute(
            "select tasks.id, queues.id from graphile_worker._private_tasks as tasks, "
            "graphile_worker._private_job_queues as queues"
        ).fetchone()
        with waiting(each_used, adder, lambda each: cleanup(each, EVERYTHING)) as cleaned:
            adder.execute(
                "insert into graphile_worker._private_jobs (task_id, job_queue_id) values (%s, %s)",
                row,
            )
            adder.commit()
            assert cleaned.result(timeout=30) == Cleaned(jobs=0, task_identifiers=0, queues=0)
    with connect(each_used) as connection:
        assert names_of(connection) == (["t"], ["q"])


def test_who_adds_a_job_during_a_clean_up_registers_the_queue_anew(each_used: Target) -> None:
    """In a transaction of the caller's the lock is held until its end."""
    with connect(each_used, autocommit=False) as cleaner:
        assert cleanup(cleaner, EVERYTHING).queues == 1
        with waiting(each_used, cleaner, lambda each: add_job(each, "t", queue_name="q")) as added:
            cleaner.commit()
            job = added.result(timeout=30)
    with connect(each_used) as connection:
        (queue,) = find_queues(connection)
        assert (queue.queue_name, queue.waiting) == ("q", 1)
        assert job.queue_name == "q"


def test_a_transaction_that_stays_open_is_an_error_in_the_end(
    used: Connection, queue_database: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It steps back again and again, so that others are not held up for long."""
    monkeypatch.setattr(cleaning, "_LOCK_TIMEOUT", 1)
    used.execute("set lock_timeout = '7s'")
    with connect(queue_database, autocommit=False) as adder:
        add_job(adder, "t-un", queue_name="q-un")
        with pytest.raises(JobError, match="a transaction that has added jobs is still open"):
            cleanup(used)
        adder.rollback()
    assert used.info.transaction_status is TransactionStatus.IDLE
    assert used.execute("show lock_timeout").fetchone() == ("7s",)
    assert cleanup(used).queues == 1


def test_another_error_is_passed_on_and_leaves_no_transaction(used: Connection) -> None:
    used.execute("create role helper")
    try:
        used.execute("grant usage on schema graphile_worker to helper")
        used.execute("grant select on all tables in schema graphile_worker to helper")
        used.execute("alter table graphile_worker._private_job_queues disable row level security")
        used.execute("set role helper")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            cleanup(used)
        assert used.info.transaction_status is TransactionStatus.IDLE
    finally:
        used.execute("reset role")
        used.execute("drop owned by helper")
        used.execute("drop role helper")


def test_outside_of_a_transaction_with_each_driver(
    used: Connection, queue_database: Target
) -> None:
    """A transaction of the clean-up's own begins and ends."""

    def again() -> None:
        complete_jobs(used, [add_job(used, "x", queue_name="x").id])

    assert cleanup(used).queues == 1
    again()
    engine = sqlalchemy.create_engine(
        "postgresql+psycopg://", creator=lambda: psycopg.connect(queue_database.conninfo),
        poolclass=NullPool, isolation_level="AUTOCOMMIT",
    )  # fmt: skip
    with engine.connect() as connection:
        assert cleanup(connection).queues == 1
    engine.dispose()
    again()
    with django_connection(queue_database, []) as connection:
        connection.set_autocommit(True)
        assert cleanup(connection).queues == 1
        connection.set_autocommit(False)
    again()

    async def run() -> None:
        connection = await asyncpg.connect(**arguments_of(queue_database))
        try:
            assert (await cleanup(connection)).queues == 1
            assert not connection.is_in_transaction()
        finally:
            await connection.close()

    asyncio.run(run())
    assert [name for name in names_of(used)[1] if name == "x"] == []


def test_a_cancelled_clean_up_leaves_no_transaction(
    used: Connection, queue_database: Target
) -> None:
    async def cancelled(connection: Any, pid: int, adder: Connection) -> None:
        work = asyncio.ensure_future(cleanup(connection))
        blocked = "select %s = any (pg_blocking_pids(%s))"
        while used.execute(blocked, [adder.info.backend_pid, pid]).fetchone() != (True,):
            await asyncio.sleep(0)
        work.cancel()
        with pytest.raises(asyncio.CancelledError):
            await work

    async def run(adder: Connection) -> None:
        theirs = await asyncpg.connect(**arguments_of(queue_database))
        ours = await psycopg.AsyncConnection.connect(queue_database.conninfo, autocommit=True)
        try:
            await cancelled(theirs, theirs.get_server_pid(), adder)
            assert not theirs.is_in_transaction()
            await cancelled(ours, ours.info.backend_pid, adder)
            assert ours.info.transaction_status is TransactionStatus.IDLE
        finally:
            await theirs.close()
            await ours.close()

    with connect(queue_database, autocommit=False) as adder:
        add_job(adder, "t-un", queue_name="q-un")
        asyncio.run(run(adder))
