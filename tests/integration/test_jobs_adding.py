"""Adding jobs on a psycopg connection: what is stored, what comes back, how often it is asked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone

import pytest

from kongtask.database.connection import Connection, Target, connect
from kongtask.jobs import JobSpec, add_job, add_jobs
from kongtask.migrate import migrate, worker_migrations
from kongtask.names import WORKER_SCHEMA

IN_2030 = datetime(2030, 1, 2, 3, 4, 5, 678901, tzinfo=timezone(timedelta(hours=5, minutes=30)))


@pytest.fixture
def queue(database: Target) -> Iterator[Connection]:
    """A connection to a database with the worker schema."""
    migrate(database, worker_migrations(), WORKER_SCHEMA)
    with connect(database) as opened:
        yield opened


def test_a_job_with_all_defaults(queue: Connection) -> None:
    job = add_job(queue, "send")

    assert (job.task_identifier, job.payload, job.priority) == ("send", {}, 0)
    assert (job.attempts, job.max_attempts, job.revision) == (0, 25, 0)
    assert (job.key, job.flags, job.queue_name, job.job_queue_id) == (None, None, None, None)
    assert (job.last_error, job.locked_at, job.locked_by) == (None, None, None)
    assert job.run_at == job.created_at == job.updated_at
    assert abs(job.run_at - datetime.now(UTC)) < timedelta(minutes=1)


def test_a_job_with_every_option(queue: Connection) -> None:
    job = add_job(
        queue, "send", {"to": "ada"}, queue_name="mail", run_at=IN_2030, max_attempts=3,
        job_key="k", job_key_mode="preserve_run_at", priority=-5, flags=["a", "b", "a"],
    )  # fmt: skip

    assert (job.task_identifier, job.payload, job.queue_name) == ("send", {"to": "ada"}, "mail")
    assert (job.run_at, job.max_attempts, job.key, job.priority) == (IN_2030, 3, "k", -5)
    assert job.flags == frozenset({"a", "b"})


def test_many_jobs_come_back_in_the_order_of_their_specs(queue: Connection) -> None:
    """Also where several tasks and queues are new, and specs are equal or keyed."""
    specs = [
        JobSpec(identifier="b", payload={"n": 1}, queue_name="y"),
        JobSpec(identifier="a", payload={"n": 1}, queue_name="x"),
        JobSpec(identifier="a", payload={"n": 1}, queue_name="x"),
        JobSpec(identifier="c", job_key="k", flags=['"', "\\", ","]),
        JobSpec(identifier="b", payload=["ü", None], run_at=IN_2030, priority=3, max_attempts=1),
        JobSpec(identifier="b"),
    ]

    jobs = add_jobs(queue, specs)

    assert [job.task_identifier for job in jobs] == [spec.identifier for spec in specs]
    assert [job.payload for job in jobs] == [spec.payload or {} for spec in specs]
    assert [job.queue_name for job in jobs] == [spec.queue_name for spec in specs]
    assert jobs[1].id < jobs[2].id
    assert jobs[3].flags == frozenset({'"', "\\", ","})
    assert (jobs[4].run_at, jobs[4].priority, jobs[4].max_attempts) == (IN_2030, 3, 1)
    assert add_jobs(queue, specs, returning=False) == 6
