"""What a task may use while it runs: its job, a logger, the database, and whether to end early."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, Unpack

import psycopg

from kongtask.errors import WorkerStoppedError

if TYPE_CHECKING:
    from kongtask.jobs import Job, JobSpec
    from kongtask.jobs.specs import JobOptions
    from kongtask.worker.claimed import ClaimedJob

T = TypeVar("T")

Values = Sequence[Any] | Mapping[str, Any]


class Surroundings(Protocol):
    """What a pool offers to its tasks."""

    pool_id: str
    schema: str
    state: Any
    cancelled: asyncio.Event
    is_killed: bool
    stops: dict[ClaimedJob, Exception]

    def connection(self) -> AbstractAsyncContextManager[psycopg.AsyncConnection[Any]]:
        """Lend a connection."""
        ...

    def thread_connection(self) -> AbstractContextManager[psycopg.Connection[Any]]:
        """Lend a connection to a thread; called there."""
        ...

    async def queue_name(self, queue_id: int) -> str | None:
        """Return the name of a queue."""
        ...


class Context:
    """What an async task may use.

    Attributes:
        job: the job that runs.
    """

    def __init__(self, job: ClaimedJob, surroundings: Surroundings) -> None:
        self.job = job
        self._around = surroundings

    @property
    def pool_id(self) -> str:
        """The id that the pool locks jobs with."""
        return self._around.pool_id

    @property
    def schema(self) -> str:
        """The name of the worker schema."""
        return self._around.schema

    @property
    def state(self) -> Any:
        """What the application's lifespan has yielded; None without one."""
        return self._around.state

    @cached_property
    def logger(self) -> logging.LoggerAdapter[logging.Logger]:
        """A logger whose records say which job they are of."""
        return logging.LoggerAdapter(
            logging.getLogger(f"kongtask.task.{self.job.task_identifier}"),
            {
                "job_id": self.job.id,
                "task_identifier": self.job.task_identifier,
                "pool_id": self.pool_id,
            },
        )

    @property
    def is_cancelled(self) -> bool:
        """Whether the job is asked to end early: the worker ends, or the job is to."""
        return self._around.cancelled.is_set() or self.job in self._around.stops

    async def wait_cancelled(self) -> None:
        """Wait until the worker asks its tasks to end early; one job alone is cancelled."""
        await self._around.cancelled.wait()

    def connection(self) -> AbstractAsyncContextManager[psycopg.AsyncConnection[Any]]:
        """Lend a connection of the worker's, in autocommit mode; no transaction is opened."""
        return self._around.connection()

    async def query(self, statement: str, values: Values | None = None) -> list[tuple[Any, ...]]:
        """Run one statement and return its rows.

        Args:
            statement: SQL, with psycopg's placeholders.
            values: for the placeholders.
        """
        async with self.connection() as connection:
            cursor = await connection.execute(statement.encode(), values)
            return await cursor.fetchall() if cursor.description else []

    async def add_job(
        self, identifier: str, payload: Any = None, **options: Unpack[JobOptions]
    ) -> Job:
        """Add a job, whatever becomes of the one that runs; see :func:`kongtask.jobs.add_job`.

        To add it in a transaction of yours, call that function with your connection.
        """
        from kongtask.jobs import add_job

        async with self.connection() as connection:
            return await add_job(
                connection, identifier, payload, schema=self._around.schema, **options
            )

    async def add_jobs(
        self, specs: Iterable[JobSpec], *, job_key_preserve_run_at: bool = False
    ) -> list[Job]:
        """Add many jobs with one call; see :func:`kongtask.jobs.add_jobs`."""
        from kongtask.jobs import add_jobs

        async with self.connection() as connection:
            return await add_jobs(
                connection,
                specs,
                job_key_preserve_run_at=job_key_preserve_run_at,
                schema=self._around.schema,
            )

    async def get_queue_name(self, queue_id: int | None = None) -> str | None:
        """Return the name of the job's queue, or of another by its number."""
        wanted = self.job.job_queue_id if queue_id is None else queue_id
        return None if wanted is None else await self._around.queue_name(wanted)


class ThreadContext:
    """What a task in a thread may use: the same, with methods that wait.

    Attributes:
        job: the job that runs.
    """

    def __init__(self, context: Context, loop: asyncio.AbstractEventLoop) -> None:
        self.job = context.job
        self._context, self._loop = context, loop

    @property
    def pool_id(self) -> str:
        """The id that the pool locks jobs with."""
        return self._context.pool_id

    @property
    def state(self) -> Any:
        """What the application's lifespan has yielded; None without one."""
        return self._context.state

    @property
    def logger(self) -> logging.LoggerAdapter[logging.Logger]:
        """A logger whose records say which job they are of."""
        return self._context.logger

    @property
    def is_cancelled(self) -> bool:
        """Whether the job is asked to end early; look at it now and then."""
        return self._context.is_cancelled

    def query(self, statement: str, values: Values | None = None) -> list[tuple[Any, ...]]:
        """Run one statement and return its rows; see :meth:`Context.query`."""
        return self._wait(self._context.query(statement, values))

    def add_job(self, identifier: str, payload: Any = None, **options: Unpack[JobOptions]) -> Job:
        """Add a job; see :meth:`Context.add_job`."""
        return self._wait(self._context.add_job(identifier, payload, **options))

    def add_jobs(
        self, specs: Iterable[JobSpec], *, job_key_preserve_run_at: bool = False
    ) -> list[Job]:
        """Add many jobs with one call; see :meth:`Context.add_jobs`."""
        preserve = job_key_preserve_run_at
        return self._wait(self._context.add_jobs(specs, job_key_preserve_run_at=preserve))

    def get_queue_name(self, queue_id: int | None = None) -> str | None:
        """Return the name of the job's queue, or of another by its number."""
        return self._wait(self._context.get_queue_name(queue_id))

    def _wait(self, work: Coroutine[Any, Any, T]) -> T:
        if self._loop.is_closed():
            work.close()
            raise WorkerStoppedError("the worker has ended; the task's thread has outlived it")
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()
