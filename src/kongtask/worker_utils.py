"""WorkerUtils: adding and administering jobs, and migrating, over a connection of its own."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Awaitable, Callable, Iterable
from typing import TYPE_CHECKING, Any, Generic, Literal, ParamSpec, Self, TypeVar, Unpack, overload

from kongtask import jobs, migrate
from kongtask.database.connection import (
    AsyncConnection,
    Connection,
    Target,
    connect,
    connect_async,
)
from kongtask.jobs.operations import Operation
from kongtask.names import WORKER_SCHEMA

if TYPE_CHECKING:
    from types import TracebackType

    from kongtask.jobs.specs import JobOptions

P = ParamSpec("P")
T = TypeVar("T")


class _Method(Generic[P, T]):
    """An operation as a method of :class:`WorkerUtilsSync`."""

    def __init__(self, operation: Operation[P, T]) -> None:
        self.operation = operation
        self.__doc__ = operation.__doc__

    def __get__(self, utils: WorkerUtilsSync, owner: object = None) -> Callable[P, T]:
        """Return the operation on the connection of the utils, in their schema."""

        @functools.wraps(self.operation.steps)
        def call(*args: P.args, **options: P.kwargs) -> T:
            options.setdefault("schema", utils.schema)
            return self.operation(utils.connection(), *args, **options)

        return call


class _AsyncMethod(Generic[P, T]):
    """An operation as a method of :class:`WorkerUtils`."""

    def __init__(self, operation: Operation[P, T]) -> None:
        self.operation = operation
        self.__doc__ = operation.__doc__

    def __get__(self, utils: WorkerUtils, owner: object = None) -> Callable[P, Awaitable[T]]:
        """Return the operation on the connection of the utils, in their schema."""

        @functools.wraps(self.operation.steps)
        async def call(*args: P.args, **options: P.kwargs) -> T:
            options.setdefault("schema", utils.schema)
            return await utils.perform(self.operation, *args, **options)

        return call


class WorkerUtilsSync:
    """All that concerns jobs, over a connection of its own; each call is committed at once.

    It connects with the first call, and again where the connection was lost in between. It is for
    one thread at a time. Use it in a ``with`` statement, or call :meth:`release` at the end.

    Args:
        conninfo: the database, as a URI or as key=value.
        schema: the worker schema.
    """

    def __init__(self, conninfo: str, *, schema: str = WORKER_SCHEMA) -> None:
        self.schema = schema
        self._target = Target(conninfo=conninfo, source="WorkerUtilsSync")
        self._connection: Connection | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        type_: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.release()

    def connection(self) -> Connection:
        """Return the connection, in autocommit mode; open it if it is not."""
        if self._connection is None or self._connection.closed:
            self._connection = connect(self._target)
        return self._connection

    def release(self) -> None:
        """Close the connection; the next call opens another."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def migrate(self) -> migrate.Outcome:
        """Install the worker schema, or bring it up to date."""
        return migrate.migrate(self._target, migrate.worker_migrations(), self.schema)

    def add_job(
        self, identifier: str, payload: Any = None, **options: Unpack[JobOptions]
    ) -> jobs.Job:
        """Add a job; see :func:`kongtask.jobs.add_job`."""
        return jobs.add_job(self.connection(), identifier, payload, schema=self.schema, **options)

    @overload
    def add_jobs(
        self,
        specs: Iterable[jobs.JobSpec],
        *,
        job_key_preserve_run_at: bool = ...,
        returning: Literal[True] = ...,
    ) -> list[jobs.Job]: ...
    @overload
    def add_jobs(
        self,
        specs: Iterable[jobs.JobSpec],
        *,
        job_key_preserve_run_at: bool = ...,
        returning: Literal[False],
    ) -> int: ...
    def add_jobs(
        self,
        specs: Iterable[jobs.JobSpec],
        *,
        job_key_preserve_run_at: bool = False,
        returning: bool = True,
    ) -> list[jobs.Job] | int:
        """Add many jobs with one call; see :func:`kongtask.jobs.add_jobs`."""
        # mypy matches no overload with a plain bool, hence the two calls.
        connection, preserve = self.connection(), job_key_preserve_run_at
        if returning:
            return jobs.add_jobs(
                connection, specs, job_key_preserve_run_at=preserve, schema=self.schema
            )
        return jobs.add_jobs(
            connection, specs,
            job_key_preserve_run_at=preserve, schema=self.schema, returning=False,
        )  # fmt: skip

    complete_jobs = _Method(jobs.complete_jobs)
    permanently_fail_jobs = _Method(jobs.permanently_fail_jobs)
    reschedule_jobs = _Method(jobs.reschedule_jobs)
    retry_jobs = _Method(jobs.retry_jobs)
    cancel_jobs = _Method(jobs.cancel_jobs)
    set_concurrency = _Method(jobs.set_concurrency)
    remove_job = _Method(jobs.remove_job)
    force_unlock_workers = _Method(jobs.force_unlock_workers)
    cleanup = _Method(jobs.cleanup)
    find_jobs = _Method(jobs.find_jobs)
    find_queues = _Method(jobs.find_queues)
    pause = _Method(jobs.pause)
    resume = _Method(jobs.resume)
    find_pauses = _Method(jobs.find_pauses)
    set_limit = _Method(jobs.set_limit)
    remove_limit = _Method(jobs.remove_limit)
    find_limits = _Method(jobs.find_limits)


class WorkerUtils:
    """All that concerns jobs, over a connection of its own; each call is committed at once.

    It connects with the first call, and again where the connection was lost in between. Tasks of
    one event loop may share it: their calls come one after the other. Use it in an ``async with``
    statement, or call :meth:`release` at the end.

    Args:
        conninfo: the database, as a URI or as key=value.
        schema: the worker schema.
    """

    def __init__(self, conninfo: str, *, schema: str = WORKER_SCHEMA) -> None:
        self.schema = schema
        self._target = Target(conninfo=conninfo, source="WorkerUtils")
        self._connection: AsyncConnection | None = None
        # A call of several statements, the clean-up for instance, is not to be mixed with others.
        self._turn = asyncio.Lock()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        type_: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.release()

    async def perform(self, call: Callable[..., Awaitable[T]], *args: Any, **options: Any) -> T:
        """Call something with the connection, which is in autocommit mode, when its turn comes."""
        async with self._turn:
            if self._connection is None or self._connection.closed:
                self._connection = await connect_async(self._target)
            return await call(self._connection, *args, **options)

    async def release(self) -> None:
        """Close the connection; the next call opens another."""
        async with self._turn:
            if self._connection is not None:
                await self._connection.close()
                self._connection = None

    async def migrate(self) -> migrate.Outcome:
        """Install the worker schema, or bring it up to date."""
        migrations = migrate.worker_migrations()
        return await asyncio.to_thread(migrate.migrate, self._target, migrations, self.schema)

    async def add_job(
        self, identifier: str, payload: Any = None, **options: Unpack[JobOptions]
    ) -> jobs.Job:
        """Add a job; see :func:`kongtask.jobs.add_job`."""
        given: dict[str, Any] = {**options, "schema": self.schema}
        job: jobs.Job = await self.perform(jobs.add_job, identifier, payload, **given)
        return job

    @overload
    async def add_jobs(
        self,
        specs: Iterable[jobs.JobSpec],
        *,
        job_key_preserve_run_at: bool = ...,
        returning: Literal[True] = ...,
    ) -> list[jobs.Job]: ...
    @overload
    async def add_jobs(
        self,
        specs: Iterable[jobs.JobSpec],
        *,
        job_key_preserve_run_at: bool = ...,
        returning: Literal[False],
    ) -> int: ...
    async def add_jobs(
        self,
        specs: Iterable[jobs.JobSpec],
        *,
        job_key_preserve_run_at: bool = False,
        returning: bool = True,
    ) -> list[jobs.Job] | int:
        """Add many jobs with one call; see :func:`kongtask.jobs.add_jobs`."""
        call: Callable[..., Awaitable[list[jobs.Job] | int]] = jobs.add_jobs
        return await self.perform(
            call, specs, job_key_preserve_run_at=job_key_preserve_run_at,
            returning=returning, schema=self.schema,
        )  # fmt: skip

    complete_jobs = _AsyncMethod(jobs.complete_jobs)
    permanently_fail_jobs = _AsyncMethod(jobs.permanently_fail_jobs)
    reschedule_jobs = _AsyncMethod(jobs.reschedule_jobs)
    retry_jobs = _AsyncMethod(jobs.retry_jobs)
    cancel_jobs = _AsyncMethod(jobs.cancel_jobs)
    set_concurrency = _AsyncMethod(jobs.set_concurrency)
    remove_job = _AsyncMethod(jobs.remove_job)
    force_unlock_workers = _AsyncMethod(jobs.force_unlock_workers)
    cleanup = _AsyncMethod(jobs.cleanup)
    find_jobs = _AsyncMethod(jobs.find_jobs)
    find_queues = _AsyncMethod(jobs.find_queues)
    pause = _AsyncMethod(jobs.pause)
    resume = _AsyncMethod(jobs.resume)
    find_pauses = _AsyncMethod(jobs.find_pauses)
    set_limit = _AsyncMethod(jobs.set_limit)
    remove_limit = _AsyncMethod(jobs.remove_limit)
    find_limits = _AsyncMethod(jobs.find_limits)
