"""What a task in a transaction may use: the same as others, but in its transaction."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import TYPE_CHECKING, Any, Unpack

import psycopg

from kongtask.errors import UsageError
from kongtask.worker.tasks.context import Context, Surroundings, ThreadContext, Values

if TYPE_CHECKING:
    from kongtask.jobs import Job, JobSpec
    from kongtask.jobs.specs import JobOptions
    from kongtask.worker.claimed import ClaimedJob


class TransactionContext(Context):
    """The context of an async task.

    Args:
        job: the job that runs.
        surroundings: what the pool offers.
        handle: the connection or session that the transaction is in.
    """

    def __init__(self, job: ClaimedJob, surroundings: Surroundings, handle: Any) -> None:
        super().__init__(job, surroundings)
        self._handle = handle

    def connection(self) -> AbstractAsyncContextManager[psycopg.AsyncConnection[Any]]:
        """Give the connection of the transaction.

        Raises:
            UsageError: it is SQLAlchemy's.
        """
        if not isinstance(self._handle, psycopg.AsyncConnection):
            raise _not_psycopg(self._handle)
        return nullcontext(self._handle)

    async def add_job(
        self, identifier: str, payload: Any = None, **options: Unpack[JobOptions]
    ) -> Job:
        """Add a job in the transaction."""
        from kongtask.jobs import add_job

        schema = self._around.schema
        job: Job = await add_job(self._handle, identifier, payload, schema=schema, **options)
        return job

    async def add_jobs(
        self, specs: Iterable[JobSpec], *, job_key_preserve_run_at: bool = False
    ) -> list[Job]:
        """Add many jobs with one call, in the transaction."""
        from kongtask.jobs import add_jobs

        jobs: list[Job] = await add_jobs(
            self._handle, specs, job_key_preserve_run_at=job_key_preserve_run_at,
            schema=self._around.schema,
        )  # fmt: skip
        return jobs


class TransactionThreadContext(ThreadContext):
    """The context of a task in a thread, whose connection is used by that thread alone.

    Args:
        context: the same for async code.
        loop: the worker's event loop.
        handle: the connection or session that the transaction is in.
    """

    def __init__(self, context: Context, loop: asyncio.AbstractEventLoop, handle: Any) -> None:
        super().__init__(context, loop)
        self._handle, self._schema = handle, context.schema

    def query(self, statement: str, values: Values | None = None) -> list[tuple[Any, ...]]:
        """Run one statement in the transaction, and return its rows.

        Raises:
            UsageError: the transaction is SQLAlchemy's.
        """
        if not hasattr(self._handle, "cursor"):
            raise _not_psycopg(self._handle)
        with self._handle.cursor() as cursor:
            cursor.execute(statement, values)
            return cursor.fetchall() if cursor.description else []

    def add_job(self, identifier: str, payload: Any = None, **options: Unpack[JobOptions]) -> Job:
        """Add a job in the transaction."""
        from kongtask.jobs import add_job

        job: Job = add_job(self._handle, identifier, payload, schema=self._schema, **options)
        return job

    def add_jobs(
        self, specs: Iterable[JobSpec], *, job_key_preserve_run_at: bool = False
    ) -> list[Job]:
        """Add many jobs with one call, in the transaction."""
        from kongtask.jobs import add_jobs

        jobs: list[Job] = add_jobs(
            self._handle, specs, job_key_preserve_run_at=job_key_preserve_run_at,
            schema=self._schema,
        )  # fmt: skip
        return jobs


def _not_psycopg(handle: Any) -> UsageError:
    return UsageError(
        f"this task's transaction is in SQLAlchemy's {type(handle).__qualname__}: let the "
        "task take it, as a parameter of that type, and use that"
    )
