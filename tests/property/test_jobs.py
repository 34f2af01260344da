"""Whatever jobs are added in one call, each comes back as its spec says, in its place."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from kongtask.database.connection import Connection, Target, connect
from kongtask.database.scratch import scratch_database
from kongtask.errors import JobSpecError
from kongtask.jobs import Job, JobSpec, add_job, add_jobs, bulk, find_jobs
from kongtask.migrate import migrate, worker_migrations

texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1)
payloads = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text()
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip

#: Few values each, so that specs are often alike.
specs = st.builds(
    JobSpec,
    identifier=st.sampled_from(["a", "b", "ü"]) | texts.map(lambda text: text[:128]),
    payload=st.none() | st.sampled_from([{}, [], {"n": 1}]) | payloads,
    queue_name=st.none() | st.sampled_from(["q", "r"]) | texts.map(lambda text: text[:128]),
    run_at=st.none() | st.datetimes(datetime(1970, 1, 1), timezones=st.just(UTC)),
    max_attempts=st.none() | st.sampled_from([1, 25]) | st.integers(1, 32767),
    job_key=st.none() | texts.map(lambda text: text[:512]),
    priority=st.none() | st.sampled_from([0, 1]) | st.integers(-32768, 32767),
    flags=st.none() | st.lists(st.sampled_from(["f", 'g"', "\\"]) | texts, max_size=3),
)
batches = st.lists(specs, max_size=12, unique_by=lambda spec: spec.job_key or object())
thorough = settings(deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def queue(server: Target) -> Iterator[Connection]:
    """A connection to a database with the worker schema."""
    with scratch_database(server) as target:
        migrate(target, worker_migrations(), "graphile_worker")
        with connect(target) as connection:
            yield connection


def empty(connection: Connection) -> None:
    """Forget jobs, tasks and queues, so that the next batch registers them anew.

    The next job's number is a multiple of four.
    """
    for table in ("_private_jobs", "_private_tasks", "_private_job_queues"):
        connection.execute(f"delete from graphile_worker.{table}".encode())
    connection.execute(
        "select setval(s, nextval(s) / 4 * 4 + 3) "
        "from pg_get_serial_sequence('graphile_worker._private_jobs', 'id') as s"
    )


#: Some jobs are being executed, some have been, some are out of attempts.
SPOIL = """
update graphile_worker._private_jobs set
  locked_at = case when id % 4 = 0 then now() end,
  locked_by = case when id % 4 = 0 then 'somebody' end,
  attempts = case id % 4 when 1 then max_attempts when 2 then 1 else 0 end,
  last_error = case when id % 4 in (1, 2) then 'oh' end,
  run_at = case when id % 4 = 3 then '2040-01-01T00:00:00Z' else run_at end
"""


def shape(job: Job) -> tuple[object, ...]:
    """Return all of a job but its numbers, and instead of the times of calls, which call."""
    calls = {job.created_at: "added", job.updated_at: "changed"}
    return (
        job.task_identifier, job.queue_name, json.dumps(job.payload), job.priority, job.attempts,
        calls.get(job.run_at, job.run_at), job.max_attempts, job.last_error,
        job.key, job.locked_by, job.revision, job.flags, job.created_at == job.updated_at,
    )  # fmt: skip


def check(job: Job, spec: JobSpec) -> None:
    wanted = {} if spec.payload is None else spec.payload
    assert json.dumps(job.payload) == json.dumps(wanted)
    assert (job.task_identifier, job.queue_name) == (spec.identifier, spec.queue_name)
    assert job.key == spec.job_key
    assert job.run_at == (spec.run_at or job.created_at)
    assert job.max_attempts == (spec.max_attempts or 25)
    assert job.priority == (spec.priority or 0)
    assert job.flags == (frozenset(spec.flags) if spec.flags else None)


@thorough
@given(batch=batches)
def test_each_job_is_in_its_place(queue: Connection, batch: list[JobSpec]) -> None:
    empty(queue)

    jobs = add_jobs(queue, batch)

    assert len(jobs) == len(batch)
    for job, spec in zip(jobs, batch, strict=True):
        check(job, spec)
    assert {found.job.id: found.job for found in find_jobs(queue)} == {job.id: job for job in jobs}


@thorough
@example(
    batch=[JobSpec(identifier="a", payload=["\0"], job_key=key) for key in ("j", "k", "l")],
    is_time_kept=False,
    is_returning=True,
)
@given(batch=batches, is_time_kept=st.booleans(), is_returning=st.booleans())
def test_both_ways_to_add_jobs_come_to_the_same(
    queue: Connection,
    batch: list[JobSpec],
    is_time_kept: bool,
    is_returning: bool,
) -> None:
    """Through the function and straight to the table, with keys that are free, taken and busy.

    Where a list cannot be appended to another, as one with a NUL character, both refuse all.
    """
    outcomes = []
    for many in (1, sys.maxsize):
        empty(queue)
        with patch.object(bulk, "MANY", sys.maxsize):
            add_jobs(queue, batch)
        queue.execute(SPOIL)
        with patch.object(bulk, "MANY", many):
            try:
                added: Any = add_jobs(
                    queue, batch, job_key_preserve_run_at=is_time_kept, returning=is_returning
                )  # type: ignore[call-overload]
            except JobSpecError as error:
                returned: Any = str(error)
            else:
                returned = [shape(job) for job in added] if is_returning else added
        stored = [shape(found.job) for found in find_jobs(queue)]
        outcomes.append((returned, sorted(stored, key=repr)))
    assert outcomes[0] == outcomes[1]


@thorough
@given(spec=specs)
def test_one_job_is_what_its_spec_says(queue: Connection, spec: JobSpec) -> None:
    empty(queue)

    job = add_job(
        queue, spec.identifier, spec.payload, queue_name=spec.queue_name, run_at=spec.run_at,
        max_attempts=spec.max_attempts, job_key=spec.job_key, priority=spec.priority,
        flags=spec.flags,
    )  # fmt: skip

    check(job, spec)
