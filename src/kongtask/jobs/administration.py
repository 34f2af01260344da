"""Changing jobs that are there: completing, failing, rescheduling, removing, unlocking.

The database's functions pass over a job that is being executed, so fewer jobs may come back than
were named.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from kongtask.errors import JobSpecError
from kongtask.jobs.job import Job, read_row
from kongtask.jobs.operations import Operation
from kongtask.jobs.specs import check_list, check_number, check_time
from kongtask.jobs.statements import Row, Statement, Steps, Value, ask
from kongtask.names import WORKER_SCHEMA

#: The greatest id that PostgreSQL's bigint holds.
_GREATEST_ID = 2**63 - 1


class Unlocked(NamedTuple):
    """How many jobs and queues were freed."""

    jobs: int
    queues: int


@Operation
def complete_jobs(ids: Iterable[int], *, schema: str = WORKER_SCHEMA) -> Steps[list[Job]]:
    """Delete jobs, as if they had been executed.

    Args:
        ids: their numbers.
        schema: the worker schema.

    Returns:
        The deleted jobs; one that is being executed is left alone.
    """
    return _changing("complete_jobs", schema, "completing jobs", job_ids(ids))


@Operation
def permanently_fail_jobs(
    ids: Iterable[int], reason: str | None = None, *, schema: str = WORKER_SCHEMA
) -> Steps[list[Job]]:
    """Take the remaining attempts from jobs: they stay, and are not executed again.

    Args:
        ids: their numbers.
        reason: what to note as their last error; ``Manually marked as failed`` if None.
        schema: the worker schema.

    Returns:
        The failed jobs; one that is being executed is left alone.
    """
    if reason is not None and "\0" in reason:
        raise JobSpecError("the reason holds a NUL character, which PostgreSQL does not keep")
    return _changing("permanently_fail_jobs", schema, "failing jobs", job_ids(ids), reason or None)


@Operation
def reschedule_jobs(
    ids: Iterable[int],
    *,
    run_at: datetime | None = None,
    priority: int | None = None,
    attempts: int | None = None,
    max_attempts: int | None = None,
    schema: str = WORKER_SCHEMA,
) -> Steps[list[Job]]:
    """Change when and how often jobs are executed; None leaves what is there, zero does not.

    Args:
        ids: their numbers.
        run_at: the earliest time, with its time zone.
        priority: the smaller, the sooner.
        attempts: how often they count as begun; 0 gives all attempts back.
        max_attempts: how often they may be begun.
        schema: the worker schema.

    Returns:
        The changed jobs; one that is being executed is left alone.
    """
    if run_at is not None:
        check_time("run_at", run_at)
    if priority is not None:
        check_number("priority", priority)
    if attempts is not None:
        check_number("attempts", attempts, smallest=0)
    if max_attempts is not None:
        check_number("max_attempts", max_attempts, smallest=1)
    when = None if run_at is None else run_at.isoformat()
    return _changing(
        "reschedule_jobs", schema, "rescheduling jobs",
        job_ids(ids), when, priority, attempts, max_attempts,
    )  # fmt: skip


@Operation
def retry_jobs(ids: Iterable[int], *, schema: str = WORKER_SCHEMA) -> Steps[list[Job]]:
    """Let jobs be executed now, with all their attempts before them.

    Args:
        ids: their numbers.
        schema: the worker schema.

    Returns:
        The changed jobs; one that is being executed is left alone.
    """
    # "now" is the server's: the clock of this machine may be another.
    return _changing("reschedule_jobs", schema, "retrying jobs", job_ids(ids), "now", None, 0, None)


@Operation
def remove_job(job_key: str, *, schema: str = WORKER_SCHEMA) -> Steps[Job | None]:
    """Delete the job with a key.

    One that is being executed cannot be stopped: it loses its key and is not tried again.

    Args:
        job_key: the key.
        schema: the worker schema.

    Returns:
        The job, or None if there is none with this key.
    """
    if not isinstance(job_key, str) or not job_key or "\0" in job_key:
        raise JobSpecError(f"job_key is {job_key!r}, which no job has")
    return _first(_changing("remove_job", schema, "removing a job", job_key))


@Operation
def force_unlock_workers(
    worker_ids: Collection[str], *, schema: str = WORKER_SCHEMA
) -> Steps[Unlocked]:
    """Free the jobs and queues that pools of workers hold which are no more.

    A pool that is still there goes on with its jobs, and others begin them a second time.

    Args:
        worker_ids: the ids of pools, as ``locked_by`` says them.
        schema: the worker schema.

    Returns:
        How many jobs and queues were freed.
    """
    return ask(
        Statement(
            name="force_unlock_workers", schema=schema, doing="unlocking workers",
            values=(check_list("worker_ids", worker_ids),), decode=_decode_unlocked,
        )
    )  # fmt: skip


def job_ids(ids: Iterable[Any]) -> list[int]:
    """Return the numbers of jobs.

    Raises:
        JobSpecError: something is no number, or one that no job has.
    """
    numbers = list(ids)
    for number in numbers:
        if not isinstance(number, int) or isinstance(number, bool):
            raise JobSpecError(f"a job's id is a whole number, not {number!r}")
        if not 0 <= number <= _GREATEST_ID:
            raise JobSpecError(f"no job has the id {number}")
    return numbers


def read_jobs(rows: Sequence[Row]) -> list[Job]:
    """Return the jobs of an answer: row, task identifier and queue name of each."""
    return [
        read_row(row).job(task_identifier=task_identifier or "", queue_name=queue_name)
        for row, task_identifier, queue_name in rows
    ]


def _changing(name: str, schema: str, doing: str, *values: Value) -> Steps[list[Job]]:
    return ask(Statement(name=name, schema=schema, doing=doing, values=values, decode=read_jobs))


def _first(steps: Steps[list[Job]]) -> Steps[Job | None]:
    jobs = yield from steps
    return jobs[0] if jobs else None


def _decode_unlocked(rows: Sequence[Row]) -> Unlocked:
    ((jobs, queues, _),) = rows
    return Unlocked(jobs, queues)
