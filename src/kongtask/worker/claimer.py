"""A pool's statements: claiming jobs, writing how they ended, giving them back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from kongtask.database.connection import Target
from kongtask.database.statements import load_statement
from kongtask.worker.claimed import ClaimedJob
from kongtask.worker.options import WorkerOptions
from kongtask.worker.results import Failure
from kongtask.worker.session import Session

#: Parameters of the session that claims. Losing a claim in a crash of the server is harmless: the
#: job is claimed again; losing a completion is not, so the other session keeps the server's own.
#: Claims and completions find rows by index, however old the table's statistics are.
_CLAIM_SETTINGS = {"synchronous_commit": "off", "enable_seqscan": "off", "jit": "off"}
_RESULT_SETTINGS = {"enable_seqscan": "off", "jit": "off"}

#: A failing task must not fill the table with a page of text for each attempt.
_LONGEST_MESSAGE = 100_000


class Claimer:
    """The pool's side of the jobs table.

    Args:
        target: the database.
        pool_id: what jobs are locked with.
        options: the worker's.
        known_jobs: returns the claimed jobs that the pool knows of.
    """

    def __init__(
        self,
        target: Target,
        pool_id: str,
        options: WorkerOptions,
        known_jobs: Callable[[], Iterable[ClaimedJob]],
    ) -> None:
        self.pool_id, self._options, self._known_jobs = pool_id, options, known_jobs
        prepared = options.prepared_statements
        self._claims = Session(
            target, "claims", prepared=prepared, settings=_CLAIM_SETTINGS, on_lost=self._lost
        )
        self._results = Session(target, "results", prepared=prepared, settings=_RESULT_SETTINGS)
        self._identifiers: dict[int, str] = {}
        self._may_hold_unknown = False
        # What is claimed is known to the pool before the next claim begins.
        self._one_at_a_time = asyncio.Lock()
        self.stopping = asyncio.Event()

    async def register(self, identifiers: Collection[str]) -> None:
        """Make sure that some tasks are known to the database, and learn their numbers."""
        given = {"identifiers": sorted(identifiers)}
        await self._claims.run(self._sql("register_tasks"), given)
        rows = await self._claims.run(self._sql("find_tasks"), given)
        self._identifiers = {number: identifier for identifier, number in rows}

    async def claim(self, size: int, forbidden: Sequence[str] | None = None) -> list[ClaimedJob]:
        """Claim up to a number of due jobs, the most urgent first.

        Args:
            size: at most so many.
            forbidden: jobs with one of these flags are left to others.
        """
        values = {
            "task_ids": list(self._identifiers),
            "forbidden": None if forbidden is None else list(forbidden),
            "size": size,
            "pool_id": self.pool_id,
            "now": self._now(),
        }
        async with self._one_at_a_time:
            if self._may_hold_unknown:
                await self._give_back_unknown()
            rows = await self._claims.run(self._sql("claim"), values, give_up=self.stopping)
        jobs = [ClaimedJob(row, self._identifiers[row[1]]) for row in rows]
        jobs.sort(key=lambda job: job.sort_key)
        return jobs

    async def complete(self, jobs: Sequence[ClaimedJob]) -> list[ClaimedJob]:
        """Delete finished jobs; return those that were not this pool's any more."""
        rows = await self._results.run(self._sql("complete"), self._ids(jobs))
        return _missing(jobs, rows)

    async def fail(self, failures: Sequence[Failure]) -> list[ClaimedJob]:
        """Record failed attempts; return the jobs that were not this pool's any more."""
        jobs = [failure.job for failure in failures]
        values = {
            **self._ids(jobs),
            "messages": [_storable(failure.message) for failure in failures],
            "payloads": [failure.payload for failure in failures],
        }
        return _missing(jobs, await self._results.run(self._sql("fail"), values))

    async def give_back(self, jobs: Sequence[ClaimedJob]) -> None:
        """Give back jobs that were not begun."""
        await self._results.run(self._sql("give_back"), self._ids(jobs), attempts=20)

    async def unlock_expired(self) -> tuple[int, int]:
        """Free locks that are too old; return how many jobs' and queues' there were."""
        values = {"now": self._now(), "expiry": self._options.lock_expiry}
        rows = await self._results.run(self._sql("unlock_expired"), values, give_up=self.stopping)
        jobs, queues = rows[0]
        return jobs, queues

    async def queue_names(self, ids: Iterable[int]) -> dict[int, str]:
        """Return the names of queues by their numbers."""
        rows = await self._results.run(self._sql("find_queues"), {"ids": list(ids)})
        return dict(rows)

    async def close(self) -> None:
        """Close the connections, once nothing is left that this pool holds and does not know."""
        if self._may_hold_unknown:
            await self._give_back_unknown()
        await self._claims.close()
        await self._results.close()

    async def _give_back_unknown(self) -> None:
        """Give back what an answer that was lost may have been about."""
        known = list(self._known_jobs())
        queues = {job.job_queue_id for job in known}
        values = {
            "pool_id": self.pool_id,
            "known_ids": [job.id for job in known],
            "known_queue_ids": [number for number in queues if number is not None],
        }
        self._may_hold_unknown = False
        await self._claims.run(self._sql("give_back_unknown"), values)

    def _lost(self) -> None:
        self._may_hold_unknown = True

    def _sql(self, name: str) -> bytes:
        return load_statement("kongtask.worker", name, self._options.schema)

    def _ids(self, jobs: Iterable[ClaimedJob]) -> Mapping[str, Any]:
        return {"pool_id": self.pool_id, "ids": [job.id for job in jobs]}

    def _now(self) -> datetime | None:
        return datetime.now(UTC) if self._options.use_client_time else None


def _missing(jobs: Sequence[ClaimedJob], rows: Sequence[tuple[Any, ...]]) -> list[ClaimedJob]:
    if len(rows) == len(jobs):
        return []
    written = {row[0] for row in rows}
    return [job for job in jobs if job.id not in written]


def _storable(message: str) -> str:
    """Return a message as PostgreSQL can store it: without NUL, valid, and of bearable length."""
    text = message.replace("\0", "\\0").encode("utf-8", "backslashreplace").decode()
    return text if len(text) <= _LONGEST_MESSAGE else text[:_LONGEST_MESSAGE] + " …"
