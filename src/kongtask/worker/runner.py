"""A worker from beginning to end: find the database, migrate it, run a pool, obey signals."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from typing import Any

from kongtask.database.connection import Target, connect, describe, find_target
from kongtask.errors import UsageError
from kongtask.migrate import migrate, status, worker_migrations
from kongtask.settings import load_settings
from kongtask.worker.claimed import ClaimedJob
from kongtask.worker.events import Emitter
from kongtask.worker.options import WorkerOptions
from kongtask.worker.pool import WorkerPool
from kongtask.worker.signals import Signals
from kongtask.worker.tasks import Middleware, Task

_log = logging.getLogger("kongtask.worker")


class Runner:
    """One worker.

    Args:
        tasks: by identifier.
        conninfo: the database, as libpq takes it; without one, what the environment names.
        options: how it works.
        emitter: told what happens.
        middleware: called around each job.
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
        **changes: Any,
    ) -> None:
        self._tasks = tasks
        self.options = replace(options or WorkerOptions(), **changes)
        self.emitter = emitter or Emitter()
        self._conninfo, self._middleware = conninfo, middleware
        self._pool: WorkerPool | None = None

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
        pool = await self._make_pool(is_once=False)
        await self._run(pool, handle_signals=handle_signals, before_end=before_end)

    async def run_once(
        self, *, handle_signals: bool = False, before_end: Callable[[], None] | None = None
    ) -> None:
        """Work until nothing is due; see :meth:`run`.

        Raises:
            UsageError: there are no tasks, or no database is named.
        """
        pool = await self._make_pool(is_once=True)
        await self._run(pool, handle_signals=handle_signals, before_end=before_end)

    def stop(self, reason: str = "stopped") -> None:
        """Begin a graceful shutdown; :meth:`run` returns when it is complete."""
        if self._pool is not None:
            self._pool.stop(reason)

    async def kill(self, reason: str = "killed") -> list[ClaimedJob]:
        """Stop by force: jobs that do not end soon are recorded as failed, and returned."""
        return [] if self._pool is None else await self._pool.kill(reason)

    @property
    def is_breaking(self) -> bool:
        """Whether the worker stopped because the schema became one that it does not know."""
        return self._pool is not None and self._pool.is_breaking

    async def _run(
        self, pool: WorkerPool, *, handle_signals: bool, before_end: Callable[[], None] | None
    ) -> None:
        with Signals(pool) if handle_signals else nullcontext():
            try:
                await pool.run()
            finally:
                if before_end is not None:
                    await asyncio.to_thread(before_end)

    async def _make_pool(self, *, is_once: bool) -> WorkerPool:
        if not self._tasks:
            raise UsageError("there are no tasks: decorate a function with @app.task")
        target = self._target()
        # A schema that exists at a revision that this worker knows is used as it is.
        await asyncio.to_thread(install, target, self.options.schema)
        self._pool = WorkerPool(
            target, self._tasks, self.options, self.emitter, self._middleware, is_once=is_once
        )
        return self._pool

    def _target(self) -> Target:
        if isinstance(self._conninfo, Target):
            return self._conninfo
        if self._conninfo is not None:
            return Target(conninfo=self._conninfo, source="the application")
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
    migrations = worker_migrations()
    with connect(target) as connection:
        found = status(connection, migrations, schema)
        _log.info("using %s, from %s", describe(connection), target.source)
    if found.problem is not None:
        raise found.problem
    for warning in found.warnings:
        _log.warning("%s", warning)
    if found.revision == 0 or (is_latest and found.behind):
        outcome = migrate(target, migrations, schema)
        _log.info("the schema %s is at revision %d now", schema, outcome.revision)
