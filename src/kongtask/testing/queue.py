"""A queue as a test sees it: run what is due, and look at what was added."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

from kongtask.database.connection import Connection, Target, connect
from kongtask.names import WORKER_SCHEMA
from kongtask.testing.outcomes import Outcome, Recorder

if TYPE_CHECKING:
    from kongtask.jobs import Job
    from kongtask.worker import App

#: How many times a queue is run before its jobs are said to add jobs for ever.
_MOST_ROUNDS = 100


class TestQueue:
    """The worker schema of a database that is a test's own.

    Args:
        conninfo: the database; the schema is made in it.
        schema: the worker schema's name.

    Attributes:
        connection: to the database, in autocommit mode.
    """

    __test__ = False  # pytest would take it for a class of tests

    def __init__(self, conninfo: str, *, schema: str = WORKER_SCHEMA) -> None:
        from kongtask.migrate import migrate, worker_migrations

        self.conninfo, self.schema = conninfo, schema
        target = Target(conninfo=conninfo, source="the test's database")
        migrate(target, worker_migrations(), schema)
        self.connection: Connection = connect(target)

    def jobs(self, identifier: str | None = None) -> list[Job]:
        """Return the jobs that are there, in the order in which they were added.

        Args:
            identifier: only those of this task.
        """
        from kongtask.jobs import find_jobs

        identifiers = None if identifier is None else [identifier]
        found = find_jobs(self.connection, schema=self.schema, task_identifiers=identifiers)
        return [entry.job for entry in found]

    def run_until_idle(self, app: App, **changes: Any) -> list[Outcome]:
        """Run what is due, and what that adds, until nothing is due; return what it came to.

        Call it from a test that is not async; else await :meth:`run_until_idle_async`.

        Args:
            app: the application with the tasks.
            changes: options of the worker that are to be different.

        Raises:
            AssertionError: an attempt failed; the task's error is its cause.
        """
        return asyncio.run(self.run_until_idle_async(app, **changes))

    async def run_until_idle_async(self, app: App, **changes: Any) -> list[Outcome]:
        """Do as :meth:`run_until_idle` does, in the test's own event loop."""
        outcomes = await self._run(app, changes, is_failure_allowed=False)
        for outcome in outcomes:
            if outcome.error is not None:
                reason = f"{outcome.job!r} failed: {outcome.error}"
                raise AssertionError(reason) from outcome.error
        return outcomes

    def run_due(self, app: App, **changes: Any) -> list[Outcome]:
        """Do as :meth:`run_until_idle` does, and return also the attempts that failed.

        So a test sees what a task that fails, or chooses, comes to. A job that is to come again
        later does so after :meth:`make_due`.
        """
        return asyncio.run(self.run_due_async(app, **changes))

    async def run_due_async(self, app: App, **changes: Any) -> list[Outcome]:
        """Do as :meth:`run_due` does, in the test's own event loop."""
        return await self._run(app, changes, is_failure_allowed=True)

    def make_due(self, identifier: str | None = None) -> list[Job]:
        """Let jobs that wait for a later time be due now; return them.

        Args:
            identifier: only those of this task.
        """
        from kongtask.jobs import reschedule_jobs

        now = self._now()
        later = [
            job.id
            for job in self.jobs(identifier)
            if job.run_at > now and job.attempts < job.max_attempts
        ]
        return reschedule_jobs(self.connection, later, run_at=now, schema=self.schema)

    def assert_added(
        self,
        identifier: str,
        payload: Any = None,
        *,
        queue_name: str | None = None,
        job_key: str | None = None,
        run_at: datetime | None = None,
        within: timedelta = timedelta(seconds=5),
        times: int | None = None,
    ) -> list[Job]:
        """Return the jobs that were added and are as told; fail if there is none.

        Args:
            identifier: their task.
            payload: what is in their payload; objects may have further members.
            queue_name: their queue.
            job_key: their key.
            run_at: the time from which they are due.
            within: how far from ``run_at`` they may be.
            times: how many there are to be; one or more if None.

        Raises:
            AssertionError: there are none, or another number; it lists what is there.
        """
        there = self.jobs()
        found = [
            job
            for job in there
            if job.task_identifier == identifier
            and (payload is None or _holds(job.payload, payload))
            and queue_name in (None, job.queue_name)
            and job_key in (None, job.key)
            and (run_at is None or abs(job.run_at - run_at) <= within)
        ]
        if (times is None and not found) or (times is not None and len(found) != times):
            wanted = "one or more" if times is None else times
            lines = "".join(f"\n  {_line(job)}" for job in there) or " none"
            raise AssertionError(
                f"{len(found)} jobs of {identifier} are as told, not {wanted}; there are:{lines}"
            )
        return found

    def assert_not_added(self, identifier: str, payload: Any = None) -> None:
        """Fail if there is a job of a task, with that in its payload."""
        self.assert_added(identifier, payload, times=0)

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()

    async def _run(
        self, app: App, changes: dict[str, Any], *, is_failure_allowed: bool
    ) -> list[Outcome]:
        conninfo, app.conninfo = app.conninfo, self.conninfo
        try:
            with Recorder(app, self._wait) as recorder:
                for _ in range(_MOST_ROUNDS):
                    await app.run_once(**{"schema": self.schema, **changes})
                    has_failed = any(each.error is not None for each in recorder.outcomes)
                    if (has_failed and not is_failure_allowed) or not self._is_anything_due(app):
                        return recorder.outcomes
        finally:
            app.conninfo = conninfo
        raise AssertionError(f"jobs are still due after {_MOST_ROUNDS} rounds")

    def _is_anything_due(self, app: App) -> bool:
        now = self._now()
        return any(
            job.task_identifier in app.tasks
            and job.attempts < job.max_attempts
            and job.run_at <= now
            for job in self.jobs()
        )

    def _wait(self, id_: int) -> timedelta | None:
        """Return how long a job waits for its next attempt; None where there is none."""
        from kongtask.jobs import find_jobs

        for found in find_jobs(self.connection, ids=[id_], schema=self.schema):
            if found.job.attempts < found.job.max_attempts:
                return max(found.job.run_at - self._now(), timedelta())
        return None

    def _now(self) -> datetime:
        ((now,),) = self.connection.execute(b"select now()").fetchall()
        return cast("datetime", now)


def _holds(there: Any, wanted: Any) -> bool:
    """Tell whether a payload is as wanted; objects may have further members, at every depth."""
    if isinstance(wanted, Mapping):
        return isinstance(there, Mapping) and all(
            name in there and _holds(there[name], value) for name, value in wanted.items()
        )
    if isinstance(wanted, list | tuple):
        return (
            isinstance(there, list)
            and len(there) == len(wanted)
            and all(_holds(a, b) for a, b in zip(there, wanted, strict=True))
        )
    return bool(there == wanted)


def _line(job: Job) -> str:
    parts = [f"{job.task_identifier} {job.payload!r}", f"run_at {job.run_at.isoformat()}"]
    if job.queue_name is not None:
        parts.append(f"queue {job.queue_name}")
    if job.key is not None:
        parts.append(f"key {job.key}")
    return ", ".join(parts)
