"""A worker from beginning to end: find the database, migrate it, run a pool, obey signals."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext, suppress
from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING, Any

import psycopg

from kongtask.database.connection import (
    Connection,
    Target,
    compose,
    connect,
    describe,
    find_target,
)
from kongtask.errors import ConnectionFailedError, UsageError
from kongtask.names import NEWEST_REVISION
from kongtask.settings import load_settings
from kongtask.worker.claimed import ClaimedJob
from kongtask.worker.connections.lending import LastingConnection
from kongtask.worker.connections.retries import LOST, is_lost
from kongtask.worker.events import Emitter, Stop
from kongtask.worker.options import WorkerOptions
from kongtask.worker.pool import WorkerPool
from kongtask.worker.signals import Signals
from kongtask.worker.tasks.task import Middleware, Task

if TYPE_CHECKING:
    from kongtask.cron import CronItem, Scheduler

_log = logging.getLogger("kongtask.worker")

#: Seconds that the scheduler's last statement may take when the worker ends.
_LAST_STATEMENT = 5.0


class Runner:
    """One worker.

    Args:
        tasks: by identifier.
        conninfo: the database, as libpq takes it; without one, what the environment names.
        options: how it works.
        emitter: told what happens.
        middleware: called around each job.
        cron_items: added by the clock as long as the worker runs; None for no clock.
        lifespan: opened before the first job begins and closed after the last one has ended; what
            it yields is ``state`` of every context.
        changes: options that are to be different.
    """

    def __init__(
        self,
        tasks: Mapping[str, Task],
        conninfo: str | Target | None = None,
        *,
        options: WorkerOptions | None = None,
        emitter: Emitter | None = None,
        middleware: Sequence[Middleware] = (),
        cron_items: Sequence[CronItem] | None = None,
        lifespan: Callable[[], AbstractAsyncContextManager[Any]] = nullcontext,
        **changes: Any,
    ) -> None:
        self._tasks = tasks
        self.options = replace(options or WorkerOptions(), **changes)
        self.emitter = emitter or Emitter()
        self._conninfo, self._middleware, self._cron_items = conninfo, middleware, cron_items
        self._lifespan = lifespan
        self._scheduler: Scheduler | None = None
        self._pool: WorkerPool | None = None
        self._is_stopped = False

    async def run(
        self, *, handle_signals: bool = True, before_end: Callable[[], None] | None = None
    ) -> None:
        """Work until stopped.

        Args:
            handle_signals: whether the process's signals stop this worker, and end the process
                when it has stopped.
            before_end: called in a thread when the worker has stopped, whatever stopped it.

        Raises:
            UsageError: there are no tasks, or no database is named.
            WorkerStoppedError: something happened that the worker cannot go on after.
            BreakingRevisionError: the schema is of a revision that this kongtask does not know.
        """
        await self._run(is_once=False, handle_signals=handle_signals, before_end=before_end)

    async def run_once(
        self, *, handle_signals: bool = False, before_end: Callable[[], None] | None = None
    ) -> None:
        """Work until nothing is due; see :meth:`run`.

        Raises:
            UsageError: there are no tasks, or no database is named.
        """
        await self._run(is_once=True, handle_signals=handle_signals, before_end=before_end)

    def schedule(self, items: Sequence[CronItem]) -> None:
        """Add other jobs by the clock from now on.

        Args:
            items: instead of those before; taken as a worker takes its items when it starts.

        Raises:
            CrontabError: two items share an identifier; those before go on.
        """
        if self._scheduler is not None:
            self._scheduler.items = items
        self._cron_items = items

    def stop(self, reason: str = "stopped") -> None:
        """Begin a graceful shutdown; :meth:`run` returns when it is complete.

        A worker that has not begun to work yet does not begin.
        """
        if not self._is_stopped:
            self._is_stopped = True
            self.emitter.emit(Stop(reason=reason))
        if self._pool is not None:
            self._pool.stop(reason)

    async def kill(self, reason: str = "killed") -> list[ClaimedJob]:
        """Stop by force: jobs that do not end soon are recorded as failed, and returned."""
        self._is_stopped = True
        return [] if self._pool is None else await self._pool.kill(reason)

    @property
    def is_breaking(self) -> bool:
        """Whether the worker stopped because the schema became one that it does not know."""
        return self._pool is not None and self._pool.is_breaking

    async def _run(
        self, *, is_once: bool, handle_signals: bool, before_end: Callable[[], None] | None
    ) -> None:
        target = target_of(self._conninfo)
        pool = await self._make_pool(target, is_once=is_once)
        with Signals(self) if handle_signals else nullcontext():
            try:
                async with (
                    self._lifespan() as state,
                    nullcontext() if is_once else self._scheduling(target),
                ):
                    await self._work(target, pool, state)
            finally:
                if before_end is not None:
                    await asyncio.to_thread(before_end)

    async def _work(self, target: Target, pool: WorkerPool, state: Any) -> None:
        """Run a pool, and another one when others have taken the first for dead."""
        next_pool: WorkerPool | None = pool
        while next_pool is not None and not self._is_stopped:
            self._pool, next_pool.state = next_pool, state
            await next_pool.run()
            if not next_pool.is_fenced or self._is_stopped:
                return
            _log.warning("going on as a new worker")
            self.options = replace(self.options, concurrency=next_pool.concurrency)
            next_pool = await self._make_next_pool(target)

    async def _make_next_pool(self, target: Target) -> WorkerPool | None:
        """Make another pool as soon as the server can be reached; None when stopped meanwhile."""
        for attempt in count():
            if self._is_stopped:
                break
            try:
                return await self._make_pool(target, is_once=False)
            except Exception as error:
                if not (isinstance(error, ConnectionFailedError) or is_lost(error)):
                    raise
                wait = LOST.delay(attempt)
                _log.warning("%s; trying again in %.1f s", error, wait)
            await asyncio.sleep(wait)
        return None

    async def _make_pool(self, target: Target, *, is_once: bool) -> WorkerPool:
        if not self._tasks:
            raise UsageError("there are no tasks: decorate a function with @app.task")
        # A schema that exists at a revision that this worker knows is used as it is.
        await asyncio.to_thread(install, target, self.options.schema)
        return WorkerPool(
            target, self._tasks, self.options, self.emitter, self._middleware, is_once=is_once
        )

    @asynccontextmanager
    async def _scheduling(self, target: Target) -> AsyncIterator[None]:
        """Let a scheduler run beside the block, if there is anything to schedule."""
        if self._cron_items is None:
            yield
            return
        from kongtask.cron import Scheduler

        connection = LastingConnection(target)
        scheduler = self._scheduler = Scheduler(
            connection.lend,
            self._cron_items,
            schema=self.options.schema,
            events=self.emitter.emit,
        )
        await scheduler.start()
        try:
            yield
        finally:
            with suppress(TimeoutError):
                async with asyncio.timeout(_LAST_STATEMENT):
                    await scheduler.stop()
            connection.cut()


def target_of(conninfo: str | Target | None) -> Target:
    """Return the database that is meant; without a name, what the environment names.

    Raises:
        UsageError: nothing names one.
    """
    if isinstance(conninfo, Target):
        return conninfo
    if conninfo is not None:
        return Target(conninfo=conninfo, source="the application")
    found = find_target(None, load_settings())
    if found is None:
        raise UsageError(
            "no database is named: give a connection string, or set DATABASE_URL or PGHOST, "
            "PGDATABASE and so on"
        )
    return found


def install(target: Target, schema: str, *, is_latest: bool = False) -> None:
    """Make the worker schema where there is none, and refuse one that is not known.

    Args:
        target: the database.
        schema: the worker schema's name.
        is_latest: whether one that exists is brought up to date too.

    Raises:
        MigrationError: the schema is of a revision that this kongtask does not know.
    """
    with connect(target) as connection:
        _log.info("using %s, from %s", describe(connection), target.source)
        if _is_newest(connection, schema):
            return
        # Imported where there is something to do or to say: it takes a fifth of a worker's start.
        from kongtask.migrate import migrate, status, worker_migrations

        migrations = worker_migrations()
        found = status(connection, migrations, schema)
    if found.problem is not None:
        raise found.problem
    for warning in found.warnings:
        _log.warning("%s", warning)
    if found.revision == 0 or (is_latest and found.behind):
        outcome = migrate(target, migrations, schema)
        _log.info("the schema %s is at revision %d now", schema, outcome.revision)


def _is_newest(connection: Connection, schema: str) -> bool:
    """Tell whether a schema is at the revision that this kongtask knows best."""
    statement = compose("select max(id) from {schema}.migrations", schema=schema)
    try:
        return connection.execute(statement).fetchone() == (NEWEST_REVISION,)
    except psycopg.errors.Error:
        return False  # whoever looks more closely says what is wrong
