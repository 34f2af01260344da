"""What is asked of workers from outside: cancelling jobs, and how many jobs to run at once."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from kongtask.database.connection import Target, connect
from kongtask.migrate import install_extension, migrate, worker_migrations

from .queue import Queue


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
