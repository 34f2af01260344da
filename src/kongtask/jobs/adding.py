"""Adding jobs, in the caller's own transaction."""

from __future__ import annotations

from collections.abc import Awaitable, Iterable, Sequence
from typing import Any, Literal, Unpack, overload

from kongtask.jobs import bulk
from kongtask.jobs.drivers import AsyncConnection, SyncConnection, perform
from kongtask.jobs.job import Job, read_row
from kongtask.jobs.operations import Operation
from kongtask.jobs.payloads import encode_payload
from kongtask.jobs.specs import JobOptions, JobSpec, Prepared
from kongtask.jobs.statements import Row, Statement, Steps, ask
from kongtask.jobs.surrounding import Change, surrounded, unchanged
from kongtask.names import WORKER_SCHEMA


@overload
def add_job(
    connection: SyncConnection,
    identifier: str,
    payload: Any = ...,
    *,
    schema: str = ...,
    **options: Unpack[JobOptions],
) -> Job: ...
@overload
def add_job(
    connection: AsyncConnection,
    identifier: str,
    payload: Any = ...,
    *,
    schema: str = ...,
    **options: Unpack[JobOptions],
) -> Awaitable[Job]: ...
def add_job(
    connection: SyncConnection | AsyncConnection,
    identifier: str,
    payload: Any = None,
    *,
    schema: str = WORKER_SCHEMA,
    **options: Unpack[JobOptions],
) -> Job | Awaitable[Job]:
    """Add a job in the transaction that a connection is in.

    The job is there when the caller commits, and was never there if the caller rolls back.

    Args:
        connection: a connection of psycopg, asyncpg, SQLAlchemy or Django, or a SQLAlchemy session.
        identifier: the task that is to execute it.
        payload: what the task gets; see :func:`kongtask.jobs.payloads.encode_payload`.
        schema: the worker schema.
        options: ``queue_name``, ``run_at``, ``max_attempts``, ``job_key``, ``job_key_mode``,
            ``priority`` and ``flags``, as in :class:`JobSpec`.

    Returns:
        The job as it is now; an awaitable of it where the connection is async.

    Raises:
        JobSpecError: no job can have these arguments; the database was not asked.
        JobKeyBusyError: workers took the job with this key again and again.
        SchemaNotFoundError: the worker schema is not in the database.
    """
    spec = JobSpec(identifier=identifier, payload=payload, **options)
    return add_spec(connection, spec, schema=schema)


@Operation
def add_spec(spec: JobSpec, *, schema: str = WORKER_SCHEMA) -> Steps[Job]:
    """Add a job as :func:`add_job` does, from a spec."""

    def add(change: Change) -> Steps[Job]:
        changed = change(spec)
        return _until_added(add_job_statement(changed, schema), changed)

    return surrounded("add_job", lambda: [spec], add)


def add_job_statement(spec: JobSpec, schema: str = WORKER_SCHEMA) -> Statement[Job | None]:
    """Return the statement that adds a job; its answer is None where it is to be repeated."""
    return Statement(
        name="add_job", schema=schema, doing=f"adding a job {spec.identifier!r}",
        decode=_decode_job,
        values=(
            spec.identifier,
            None if spec.payload is None else encode_payload(spec.payload),
            spec.queue_name,
            spec.run_at.isoformat() if spec.run_at else None,
            spec.max_attempts,
            spec.job_key,
            spec.priority,
            list(spec.flags) if spec.flags else None,
            spec.job_key_mode,
        ),
    )  # fmt: skip


@overload
def add_jobs(
    connection: SyncConnection,
    specs: Iterable[JobSpec],
    *,
    job_key_preserve_run_at: bool = ...,
    returning: Literal[True] = ...,
    schema: str = ...,
) -> list[Job]: ...
@overload
def add_jobs(
    connection: SyncConnection,
    specs: Iterable[JobSpec],
    *,
    job_key_preserve_run_at: bool = ...,
    returning: Literal[False],
    schema: str = ...,
) -> int: ...
@overload
def add_jobs(
    connection: AsyncConnection,
    specs: Iterable[JobSpec],
    *,
    job_key_preserve_run_at: bool = ...,
    returning: Literal[True] = ...,
    schema: str = ...,
) -> Awaitable[list[Job]]: ...
@overload
def add_jobs(
    connection: AsyncConnection,
    specs: Iterable[JobSpec],
    *,
    job_key_preserve_run_at: bool = ...,
    returning: Literal[False],
    schema: str = ...,
) -> Awaitable[int]: ...
def add_jobs(
    connection: SyncConnection | AsyncConnection,
    specs: Iterable[JobSpec],
    *,
    job_key_preserve_run_at: bool = False,
    returning: bool = True,
    schema: str = WORKER_SCHEMA,
) -> list[Job] | int | Awaitable[list[Job]] | Awaitable[int]:
    """Add many jobs with one call, in the transaction that a connection is in.

    Without any spec the database is not asked, and no worker is woken.

    Args:
        connection: as for :func:`add_job`.
        specs: the jobs; at most one for each key.
        job_key_preserve_run_at: whether a job that has the key already, and was never begun, keeps
            its time.
        returning: False for bulk loads: only the number of jobs is sent back.
        schema: the worker schema.

    Returns:
        The jobs in the order of their specs, or their number; an awaitable of it where the
        connection is async.

    Raises:
        JobSpecError: a spec is not possible, or two have one key; the database was not asked.
        JobKeyBusyError: workers took the job with a key again and again.
        SchemaNotFoundError: the worker schema is not in the database.
    """
    prepared = bulk.prepare(specs)

    def add(change: Change) -> Steps[Any]:
        steps = bulk.adding if returning else bulk.counting
        changed = prepared
        if change is not unchanged:
            changed = [Prepared(spec=change(each.spec), payload=each.payload) for each in prepared]
        return steps(changed, preserve_run_at=job_key_preserve_run_at, schema=schema)

    steps: Steps[Any] = surrounded("add_jobs", lambda: [each.spec for each in prepared], add)
    return perform(connection, steps)


def _until_added(statement: Statement[Job | None], spec: JobSpec) -> Steps[Job]:
    """Repeat the statement for as long as another session is faster to take the job with the key.

    Each time that session's lock is there to be seen, so the next call goes around it.
    """
    for _ in range(bulk.MAX_TRIES):
        job = yield from ask(statement)
        if job is not None:
            return job
        if spec.job_key is None:
            raise bulk.suppressed(f"the job {spec.identifier!r}")
    raise bulk.busy([spec.job_key or ""])


def _decode_job(rows: Sequence[Row]) -> Job | None:
    for row, task_identifier, queue_name in rows:
        return read_row(row).job(task_identifier=task_identifier, queue_name=queue_name)
    return None
