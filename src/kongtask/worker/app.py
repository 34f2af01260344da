"""The application: tasks, and the ways to run them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from contextlib import AbstractAsyncContextManager, nullcontext
from functools import partial
from typing import TYPE_CHECKING, Any, ParamSpec, Self, TypeVar, Unpack, overload

from msgspec import Struct

from kongtask.database.connection import Target
from kongtask.worker.connections.lending import Connections
from kongtask.worker.events import Emitter
from kongtask.worker.life.making import make_schema
from kongtask.worker.options import WorkerOptions
from kongtask.worker.runner import Runner, install, target_of
from kongtask.worker.tasks.retry_policies import RetryPolicy
from kongtask.worker.tasks.task import Exceptions, Middleware, TaskList, make_task

if TYPE_CHECKING:
    from kongtask.cron import CronItem
    from kongtask.cron.pattern import Digest, Pattern
    from kongtask.jobs import Cancellation, Job, JobSpec
    from kongtask.jobs.limits import Limit
    from kongtask.jobs.specs import JobOptions
    from kongtask.worker.transactional import Transactions

P = ParamSpec("P")
R = TypeVar("R")
E = TypeVar("E", bound=Struct)


class App:
    """Tasks and how to run them.

    In a ``with`` or ``async with`` block it keeps connections to add jobs over; outside of it,
    each call that adds jobs opens one and closes it.

    Args:
        conninfo: the database, as libpq takes it; without one, what the environment names.
        options: how workers work.
        transactions: where tasks with ``transactional=True`` get their transactions from: the
            worker's own connections, unless an engine or sessionmaker of SQLAlchemy is given, or
            ``django.db.connection``, or a function that returns one of them for what the lifespan
            has yielded. It must be the database of the worker schema.
        lifespan: called with the application by each worker, which opens the async context manager
            that it returns before the first job begins, and closes it after the last one has
            ended. What it yields is ``state`` of every context.
    """

    def __init__(
        self,
        conninfo: str | None = None,
        *,
        options: WorkerOptions | None = None,
        transactions: Transactions = True,
        lifespan: Callable[[App], AbstractAsyncContextManager[Any]] | None = None,
    ) -> None:
        self.conninfo = conninfo
        self.options = options or WorkerOptions()
        self.tasks = TaskList()
        self.emitter = Emitter()
        self._transactions, self._lifespan = transactions, lifespan
        self.cron_items: list[CronItem] = []
        self._middleware: list[Middleware] = []
        self._connections = Connections(lambda: target_of(self.conninfo))

    @overload
    def task(self, function: Callable[P, R], /) -> Callable[P, R]: ...

    @overload
    def task(
        self,
        identifier: str | None = None,
        /,
        *,
        process: bool = False,
        count_death: bool = True,
        retry: RetryPolicy | None = None,
        no_retry: Exceptions = (),
        transactional: bool | Transactions = False,
        timeout: float | None = None,
        limits: Iterable[Limit] = (),
    ) -> Callable[[Callable[P, R]], Callable[P, R]]: ...

    def task(
        self,
        given: Callable[P, R] | str | None = None,
        /,
        *,
        process: bool = False,
        count_death: bool = True,
        retry: RetryPolicy | None = None,
        no_retry: Exceptions = (),
        transactional: bool | Transactions = False,
        timeout: float | None = None,
        limits: Iterable[Limit] = (),
    ) -> Callable[P, R] | Callable[[Callable[P, R]], Callable[P, R]]:
        """Make a function a task; it stays what it is, and can be called as before.

        Async functions run in the event loop, others in a thread. Type hints say what a payload is:
        it is decoded and checked before the function is called.

        Args:
            given: the identifier that jobs have; the function's name if there is none.
            process: run an ordinary function in a process of its own, because it keeps a CPU busy.
            count_death: whether an attempt counts that ended with the worker's death.
            retry: how long to wait after a failed attempt: :class:`Exponential`, :class:`Fixed`, or
                a function of the job and the error that returns seconds, a timedelta, or None for
                as long as without it, and that may raise :class:`Fail`. Without one, a job waits e
                to the number of its attempts, in seconds.
            no_retry: errors after which the job is not tried again: a class or several.
            transactional: run the function in a transaction in which its job ends too. True takes
                the application's ``transactions``; else these are the task's own.
            timeout: seconds that a job may take; one that takes longer is asked to end, and has
                failed. A job's own flag ``timeout:SECONDS`` goes before it.
            limits: :class:`Concurrency` and :class:`Rate`: how many of its jobs run at once, and
                how often they begin, in all Python workers together.

        Raises:
            UsageError: the identifier is taken, or the function cannot be a task.
        """

        def add(function: Callable[P, R]) -> Callable[P, R]:
            identifier = given if isinstance(given, str) else function.__name__
            transactions = self._transactions if transactional is True else transactional
            self.tasks.add(
                make_task(
                    identifier,
                    function,
                    is_process=process,
                    is_death_counted=count_death,
                    retry=retry,
                    no_retry=no_retry,
                    transactions=None if transactions is False else transactions,
                    timeout=timeout,
                    limits=limits,
                )
            )
            return function

        return add(given) if callable(given) else add

    def cron(
        self,
        match: str | Pattern | Callable[[Digest], bool],
        task: str | None = None,
        /,
        **options: Any,
    ) -> Callable[[Callable[P, R]], Callable[P, R]]:
        """Add a job by the clock, as long as a worker of this application runs.

        Give the task's identifier, or decorate the function, which becomes a task unless it is one.
        Any number of workers may have the same schedule: each job is added once.

        Args:
            match: five fields as in a crontab, in UTC, or a function that tells whether a minute is
                due.
            task: the identifier of the task.
            options: ``identifier``, ``payload``, ``backfill_period`` and others, as
                :func:`kongtask.cron.cron_item` takes them.

        Raises:
            CrontabError: the item could never be scheduled.
        """
        from kongtask.cron import cron_item

        def add(function: Callable[P, R]) -> Callable[P, R]:
            if not any(known.function is function for known in self.tasks.values()):
                self.task(function)
            identifier = next(t.identifier for t in self.tasks.values() if t.function is function)
            self.cron_items.append(cron_item(match, task=identifier, **options))
            return function

        if task is not None:
            self.cron_items.append(cron_item(match, task=task, **options))
        return add

    async def add_job(
        self, identifier: str, payload: Any = None, **options: Unpack[JobOptions]
    ) -> Job:
        """Add a job, committed at once; see :func:`kongtask.jobs.add_job`.

        To add it in a transaction of yours, call that function with your connection.
        """
        from kongtask.jobs import add_job

        async with self._connections.lend_async() as connection:
            return await add_job(
                connection, identifier, payload, schema=self.options.schema, **options
            )

    async def add_jobs(
        self, specs: Iterable[JobSpec], *, job_key_preserve_run_at: bool = False
    ) -> list[Job]:
        """Add many jobs with one call; see :func:`kongtask.jobs.add_jobs`."""
        from kongtask.jobs import add_jobs

        async with self._connections.lend_async() as connection:
            return await add_jobs(
                connection,
                specs,
                job_key_preserve_run_at=job_key_preserve_run_at,
                schema=self.options.schema,
            )

    async def cancel_jobs(
        self, ids: Iterable[int], reason: str | None = None
    ) -> dict[int, Cancellation]:
        """Cancel jobs, also those that run; see :func:`kongtask.jobs.cancel_jobs`."""
        from kongtask.jobs import cancel_jobs

        async with self._connections.lend_async() as connection:
            return await cancel_jobs(connection, ids, reason, schema=self.options.schema)

    def add_job_blocking(
        self, identifier: str, payload: Any = None, **options: Unpack[JobOptions]
    ) -> Job:
        """Add a job from code that is not async; see :meth:`add_job`."""
        from kongtask.jobs import add_job

        with self._connections.lend() as connection:
            return add_job(connection, identifier, payload, schema=self.options.schema, **options)

    def add_jobs_blocking(
        self, specs: Iterable[JobSpec], *, job_key_preserve_run_at: bool = False
    ) -> list[Job]:
        """Add many jobs with one call, from code that is not async; see :meth:`add_jobs`."""
        from kongtask.jobs import add_jobs

        with self._connections.lend() as connection:
            return add_jobs(
                connection,
                specs,
                job_key_preserve_run_at=job_key_preserve_run_at,
                schema=self.options.schema,
            )

    def cancel_jobs_blocking(
        self, ids: Iterable[int], reason: str | None = None
    ) -> dict[int, Cancellation]:
        """Cancel jobs from code that is not async; see :meth:`cancel_jobs`."""
        from kongtask.jobs import cancel_jobs

        with self._connections.lend() as connection:
            return cancel_jobs(connection, ids, reason, schema=self.options.schema)

    def __enter__(self) -> Self:
        self._connections.open()
        return self

    def __exit__(self, *exc: object) -> None:
        self._connections.close()

    async def __aenter__(self) -> Self:
        await self._connections.open_async()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._connections.close_async()

    def middleware(self, function: Middleware) -> Middleware:
        """Call an async function around each job: it takes the context and what to call next."""
        self._middleware.append(function)
        return function

    def on(self, kind: type[E], listener: Callable[[E], None]) -> Callable[[], None]:
        """Tell a listener of a class of events; returns a function that ends it."""
        return self.emitter.on(kind, listener)

    def runner(self, conninfo: str | Target | None = None, **changes: Any) -> Runner:
        """Return a worker that is not running yet.

        Args:
            conninfo: instead of the application's.
            changes: attributes of :class:`WorkerOptions` that are to be different.
        """
        return Runner(
            self.tasks,
            conninfo if conninfo is not None else self.conninfo,
            options=self.options,
            emitter=self.emitter,
            middleware=self._middleware,
            cron_items=self.cron_items or None,
            lifespan=nullcontext if self._lifespan is None else partial(self._lifespan, self),
            **changes,
        )

    async def run_migrations(self, conninfo: str | Target | None = None) -> None:
        """Make the worker schema, or bring it up to date; and the one beside it, if that may be.

        Args:
            conninfo: instead of the application's.

        Raises:
            MigrationError: the schema is of a revision that this kongtask does not know.
        """
        await asyncio.to_thread(self.run_migrations_blocking, conninfo)

    def run_migrations_blocking(self, conninfo: str | Target | None = None) -> None:
        """Do so from code that is not async; see :meth:`run_migrations`."""
        target = target_of(conninfo if conninfo is not None else self.conninfo)
        install(target, self.options.schema, is_latest=True)
        make_schema(target, self.options.schema)

    async def run(self, conninfo: str | Target | None = None, **changes: Any) -> None:
        """Work until stopped by a signal; see :meth:`runner`."""
        await self.runner(conninfo, **changes).run()

    async def run_once(self, conninfo: str | Target | None = None, **changes: Any) -> None:
        """Work until nothing is due; see :meth:`runner`."""
        await self.runner(conninfo, **changes).run_once()

    def run_blocking(self, conninfo: str | Target | None = None, **changes: Any) -> None:
        """Work until stopped by a signal, in an event loop of its own."""
        asyncio.run(self.run(conninfo, **changes))
