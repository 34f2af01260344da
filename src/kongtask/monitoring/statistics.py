"""What is in the queue: how many jobs in which state, whose they are, how long they have waited."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from kongtask.jobs.operations import Operation
from kongtask.jobs.statements import Row, Statement, Steps
from kongtask.monitoring.table import SQL, find_table
from kongtask.names import WORKER_SCHEMA

#: How many blocks of the table are read: 16 MB, some 100,000 jobs, in under a tenth of a second.
BLOCKS = 2048

#: Up to how many due jobs are counted.
MOST_DUE = 10_000

#: How many tasks and queues are told apart, those with the most jobs first.
GROUPS = 100


class JobCounts(Struct, frozen=True, kw_only=True):
    """How many jobs are in which state; :class:`kongtask.jobs.FoundJob` says what they mean."""

    waiting: int = 0
    scheduled: int = 0
    retrying: int = 0
    locked: int = 0
    failed: int = 0

    @property
    def total(self) -> int:
        """All jobs."""
        return self.waiting + self.scheduled + self.retrying + self.locked + self.failed


class TaskCounts(JobCounts, frozen=True, kw_only=True):
    """The jobs of one task.

    Attributes:
        task_identifier: the task.
        last_error: the beginning of the last error of its latest job that has one, or None.
    """

    task_identifier: str
    last_error: str | None


class QueueCounts(JobCounts, frozen=True, kw_only=True):
    """The jobs of one queue.

    Attributes:
        queue_name: the queue.
        locked_at: since when a job of it is executed, so that its others have to wait.
        locked_by: the id of the pool that does.
    """

    queue_name: str
    locked_at: datetime | None
    locked_by: str | None


class Holder(Struct, frozen=True, kw_only=True):
    """A pool that has locked jobs.

    Attributes:
        pool_id: its id.
        jobs: how many it has locked.
        locked_at: since when the first of them.
    """

    pool_id: str
    jobs: int
    locked_at: datetime


class DueJob(Struct, frozen=True, kw_only=True):
    """A job that a worker may take.

    Attributes:
        id: its number.
        task_identifier: its task.
        queue_name: its queue, or None.
        run_at: since when it is due.
    """

    id: int
    task_identifier: str | None
    queue_name: str | None
    run_at: datetime


class QueueStatistics(Struct, frozen=True, kw_only=True):
    """A queue of jobs at some moment.

    Counts are exact as long as the table is small. Of a large one, the same blocks are read each
    time and taken for the rest, so that a look takes no longer: ``sampled`` says how much was read.

    Attributes:
        taken_at: the moment, by the server's clock.
        sampled: the share of the table that was read, above 0 and up to 1; 1 means that all counts
            are exact, else they are estimates.
        jobs: all jobs.
        tasks: the tasks with the most jobs.
        queues: the queues with the most jobs.
        holders: who has locked jobs, by pool id.
        due: how many jobs a worker might take now; exact, but counted up to a number only.
        has_more_due: whether there are more of these.
        oldest: the job that has been due for the longest time, or None; exact.
        table_bytes: the size of the table.
    """

    taken_at: datetime
    sampled: float
    jobs: JobCounts
    tasks: list[TaskCounts]
    queues: list[QueueCounts]
    holders: dict[str, Holder]
    due: int
    has_more_due: bool
    oldest: DueJob | None
    table_bytes: int

    @property
    def is_estimate(self) -> bool:
        """Whether the counts of jobs are estimates."""
        return self.sampled < 1

    @property
    def oldest_age(self) -> float:
        """For how many seconds the oldest due job has been due; 0 without one."""
        return (self.taken_at - self.oldest.run_at).total_seconds() if self.oldest else 0.0


class _Sample(Struct, frozen=True, kw_only=True):
    taken_at: datetime
    jobs: JobCounts
    tasks: list[TaskCounts]
    queues: list[QueueCounts]
    holders: list[Holder]


@Operation
def read_statistics(
    *, blocks: int = BLOCKS, most_due: int = MOST_DUE, schema: str = WORKER_SCHEMA
) -> Steps[QueueStatistics]:
    """Return what is in the queue, with bounded work however many jobs there are.

    It changes nothing, so that it works on a standby and for a role that may only read.

    Args:
        blocks: how many blocks of the table of jobs to read; one of no more is read whole.
        most_due: up to how many due jobs to count.
        schema: the worker schema.

    Raises:
        SchemaNotFoundError: there is no such worker schema.
        UsageError: the role may not read the jobs, or row-level security hides them from it.
    """
    table = yield from find_table(schema)
    percent = min(100.0, 100 * blocks / table.blocks) if table.blocks else 100.0
    sample: _Sample = yield Statement(
        name="sample_jobs", schema=schema, folder=SQL, doing="counting jobs", decode=_decode_sample,
        values=(str(percent), GROUPS),
    )  # fmt: skip
    due, oldest = yield Statement(
        name="due_jobs", schema=schema, folder=SQL, doing="looking for due jobs",
        decode=_decode_due, values=(most_due,),
    )  # fmt: skip
    return QueueStatistics(
        taken_at=sample.taken_at,
        sampled=percent / 100,
        jobs=sample.jobs,
        tasks=sample.tasks,
        queues=sample.queues,
        holders={holder.pool_id: holder for holder in sample.holders},
        due=min(due, most_due),
        has_more_due=due > most_due,
        oldest=oldest,
        table_bytes=table.blocks * table.block_bytes,
    )


def _decode_sample(rows: Sequence[Row]) -> _Sample:
    ((taken_at, jobs, tasks, queues, holders),) = rows
    return _Sample(
        taken_at=taken_at,
        jobs=_decode(jobs, JobCounts),
        tasks=_decode(tasks, list[TaskCounts]),
        queues=_decode(queues, list[QueueCounts]),
        holders=_decode(holders, list[Holder]),
    )


def _decode_due(rows: Sequence[Row]) -> tuple[int, DueJob | None]:
    ((due, oldest),) = rows
    return int(due), None if oldest is None else _decode(oldest, DueJob)


def _decode(text: str, kind: Any) -> Any:
    return msgspec.json.decode(text, type=kind)
