"""Looking at jobs and queues."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Literal, get_args

import msgspec
from msgspec import Struct

from kongtask.errors import JobSpecError
from kongtask.jobs.administration import job_ids
from kongtask.jobs.job import Job, read_row
from kongtask.jobs.operations import Operation
from kongtask.jobs.specs import check_list
from kongtask.jobs.statements import Row, Statement, Steps, ask
from kongtask.names import WORKER_SCHEMA

JobState = Literal["waiting", "scheduled", "retrying", "locked", "failed"]


class FoundJob(Struct, frozen=True, kw_only=True):
    """A job, and what is going on with it.

    Attributes:
        job: the job.
        state: ``waiting`` for a worker; ``scheduled`` for a time to come; ``retrying``, with a
            failure behind it and attempts before it; ``locked``, being executed; ``failed``, out of
            attempts.
    """

    job: Job
    state: JobState


class Queue(Struct, frozen=True, kw_only=True):
    """A queue and its jobs, by their state.

    Attributes:
        queue_name: its name; None stands for the jobs that have no queue.
        waiting, scheduled, retrying, locked, failed: how many of its jobs are in that state.
        locked_at: since when a job of it is executed, so that its others have to wait.
        locked_by: who does: the id of a pool of workers.
    """

    queue_name: str | None
    waiting: int
    scheduled: int
    retrying: int
    locked: int
    failed: int
    locked_at: datetime | None
    locked_by: str | None


_QUEUE = msgspec.json.Decoder(Queue)


@Operation
def find_jobs(
    *,
    ids: Iterable[int] | None = None,
    states: Collection[JobState] | None = None,
    task_identifiers: Collection[str] | None = None,
    queue_names: Collection[str] | None = None,
    job_keys: Collection[str] | None = None,
    after: int = 0,
    limit: int | None = None,
    with_payload: bool = True,
    schema: str = WORKER_SCHEMA,
) -> Steps[list[FoundJob]]:
    """Return the jobs that are like this, in the order of their ids.

    Args:
        ids: their numbers; None, here and below, asks for nothing.
        states: one of these states.
        task_identifiers: one of these tasks.
        queue_names: one of these queues.
        job_keys: one of these keys.
        after: only jobs with greater ids: the last one of a page begins the next.
        limit: how many at most.
        with_payload: False leaves the payloads in the database; the jobs have None.
        schema: the worker schema.
    """
    for state in states or ():
        if state not in get_args(JobState):
            raise JobSpecError(
                f"no job has the state {state!r}; there are {', '.join(get_args(JobState))}"
            )
    statement = Statement(
        name="find_jobs", schema=schema, doing="looking for jobs", decode=_decode_found,
        values=(
            None if ids is None else job_ids(ids),
            _listed("task_identifiers", task_identifiers),
            _listed("queue_names", queue_names),
            _listed("job_keys", job_keys),
            after,
            _listed("states", states),
            limit,
            with_payload,
        ),
    )  # fmt: skip
    return ask(statement)


@Operation
def find_queues(*, schema: str = WORKER_SCHEMA) -> Steps[list[Queue]]:
    """Return all queues by name, and last the jobs that have none, if there are any."""
    return ask(
        Statement(
            name="find_queues", schema=schema, doing="looking for queues", decode=_decode_queues
        )
    )


def _listed(name: str, values: Collection[str] | None) -> list[str] | None:
    return None if values is None else check_list(name, values)


def _decode_found(rows: Sequence[Row]) -> list[FoundJob]:
    return [
        FoundJob(
            job=read_row(row).job(task_identifier=identifier or "", queue_name=queue_name),
            state=state,
        )
        for row, identifier, queue_name, state in rows
    ]


def _decode_queues(rows: Sequence[Row]) -> list[Queue]:
    return [_QUEUE.decode(row) for (row,) in rows]
