"""Removing what nobody needs any more: failed jobs, unused names of tasks and queues."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Literal, get_args

from msgspec import Struct

from kongtask.errors import JobError, JobSpecError
from kongtask.jobs.failures import sqlstate_of
from kongtask.jobs.operations import Operation
from kongtask.jobs.specs import check_list
from kongtask.jobs.statements import Row, Statement, Steps, Value, ask
from kongtask.names import WORKER_SCHEMA

#: In the order in which they are done: failed jobs hold names of tasks and queues.
CleanupTask = Literal["DELETE_PERMAFAILED_JOBS", "GC_TASK_IDENTIFIERS", "GC_JOB_QUEUES"]
CLEANUP_TASKS: tuple[CleanupTask, ...] = get_args(CleanupTask)

#: How long a transaction of our own waits for its lock, in milliseconds, and how often. Others wait
#: behind it, so it steps back in between and lets them through.
_LOCK_TIMEOUT = 500
_LOCK_TRIES = 20

_NO_TRANSACTION = "25P01"
_LOCK_NOT_AVAILABLE = "55P03"


class Cleaned(Struct, frozen=True, kw_only=True):
    """What a clean-up has deleted; None where that was not asked for."""

    jobs: int | None = None
    task_identifiers: int | None = None
    queues: int | None = None


@Operation
def cleanup(
    tasks: Collection[CleanupTask] | None = None,
    *,
    task_identifiers_to_keep: Collection[str] | None = None,
    schema: str = WORKER_SCHEMA,
) -> Steps[Cleaned]:
    """Delete what nobody needs any more.

    ``DELETE_PERMAFAILED_JOBS``: the jobs that are out of attempts. ``GC_TASK_IDENTIFIERS``: the
    names of tasks without jobs; workers remember the numbers of their tasks, so stop them before,
    or have their tasks kept. ``GC_JOB_QUEUES``: the queues without jobs. They are always done in
    this order.

    The last two wait for the transactions that have just added jobs. In a transaction of the
    caller's, nobody can add a job until that ends; outside of one they use a short one of their
    own.

    Args:
        tasks: what to do. If None, ``GC_JOB_QUEUES``, and ``GC_TASK_IDENTIFIERS`` too where
            something is named to keep.
        task_identifiers_to_keep: the names of tasks that stay although they have no jobs.
        schema: the worker schema.

    Returns:
        What was deleted.

    Raises:
        JobError: a transaction that has added jobs did not end for a while.
    """
    wanted = _wanted(tasks, has_keep_list=task_identifiers_to_keep is not None)
    kept = check_list("task_identifiers_to_keep", task_identifiers_to_keep or ())
    return _cleaning(wanted, kept, schema)


def _wanted(tasks: Collection[CleanupTask] | None, *, has_keep_list: bool) -> set[CleanupTask]:
    if tasks is None:
        return {"GC_JOB_QUEUES", "GC_TASK_IDENTIFIERS"} if has_keep_list else {"GC_JOB_QUEUES"}
    check_list("tasks", tasks)
    for task in tasks:
        if task not in CLEANUP_TASKS:
            raise JobSpecError(
                f"there is no clean-up task {task!r}; there are {', '.join(CLEANUP_TASKS)}"
            )
    return set(tasks)


def _cleaning(wanted: set[CleanupTask], keep: list[str], schema: str) -> Steps[Cleaned]:
    jobs = task_identifiers = queues = None
    if "DELETE_PERMAFAILED_JOBS" in wanted:
        jobs = yield from ask(_counting("delete_permafailed_jobs", schema))
    if "GC_TASK_IDENTIFIERS" in wanted:
        names = ("count_unused_tasks", "lock_tasks", "gc_task_identifiers")
        task_identifiers = yield from _collecting(names, schema, keep)
    if "GC_JOB_QUEUES" in wanted:
        names = ("count_unused_queues", "lock_queues", "gc_job_queues")
        queues = yield from _collecting(names, schema)
    return Cleaned(jobs=jobs, task_identifiers=task_identifiers, queues=queues)


def _collecting(names: tuple[str, str, str], schema: str, *values: Value) -> Steps[int]:
    """Delete names under a lock, in the caller's transaction or in one of our own."""
    count, lock, delete = names
    if not (yield from ask(_counting(count, schema, *values))):
        return 0
    try:
        yield from ask(_silent(lock, schema))
    except Exception as error:  # a driver's, whichever it is
        if sqlstate_of(error) != _NO_TRANSACTION:
            raise
    else:
        return (yield from ask(_counting(delete, schema, *values)))
    for _ in range(_LOCK_TRIES):
        deleted = yield from _collecting_alone(lock, delete, schema, *values)
        if deleted is not None:
            return deleted
    raise JobError(
        "a transaction that has added jobs is still open, and names that it may use cannot be "
        "deleted before it ends; try again later, or look for it in pg_stat_activity"
    )


def _collecting_alone(lock: str, delete: str, schema: str, *values: Value) -> Steps[int | None]:
    """Delete names in a transaction of our own, or return None if its lock is not to be had."""
    yield from ask(_silent("begin", schema))
    try:
        yield from ask(_silent("limit_lock_wait", schema, str(_LOCK_TIMEOUT)))
        yield from ask(_silent(lock, schema))
        deleted = yield from ask(_counting(delete, schema, *values))
        yield from ask(_silent("commit", schema))
    except BaseException as error:  # a driver's, whichever it is, or a task that is cancelled
        yield from ask(_silent("rollback", schema))
        if sqlstate_of(error) != _LOCK_NOT_AVAILABLE:
            raise
        return None
    return deleted


def _counting(name: str, schema: str, *values: Value) -> Statement[int]:
    return Statement(
        name=name, schema=schema, values=values, doing="cleaning up", decode=_decode_count
    )


def _silent(name: str, schema: str, *values: Value) -> Statement[None]:
    return Statement(
        name=name, schema=schema, values=values, doing="cleaning up", decode=_decode_nothing,
        has_rows=name == "limit_lock_wait",
    )  # fmt: skip


def _decode_count(rows: Sequence[Row]) -> int:
    ((count,),) = rows
    return int(count)


def _decode_nothing(rows: Sequence[Row]) -> Any:
    del rows
