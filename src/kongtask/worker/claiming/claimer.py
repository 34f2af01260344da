"""A pool's statements: claiming jobs, writing how they ended, giving them back."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple, TypeVar

from kongtask.database.connection import Target
from kongtask.database.statements import load_statement
from kongtask.worker.claimed import ClaimedJob, Row, moment_of
from kongtask.worker.connections.session import Answer, Ask, Rows, Session
from kongtask.worker.events import Emitter
from kongtask.worker.options import WorkerOptions
from kongtask.worker.tasks.attempts import Unfinished

T = TypeVar("T")

#: Parameters of the session that claims. A claim that a crash of the server loses is made again by
#: the pool that has it; nobody can make up for a lost completion, so the other session keeps the
#: server's own. Claims and completions find rows by index, however old the table's statistics are;
#: and claims read the index in its order: without statistics, sorting a million jobs looks cheap.
#: So there is one plan for all claims, and to make it anew each time would only take half a
#: millisecond.
_CLAIM_SETTINGS = {
    "synchronous_commit": "off",
    "enable_seqscan": "off",
    "enable_bitmapscan": "off",
    "enable_sort": "off",
    "jit": "off",
    "plan_cache_mode": "force_generic_plan",
}

#: Results are joined with their jobs by hash: by nested loop, a thousand cost a million steps.
_RESULT_SETTINGS = {"enable_seqscan": "off", "enable_nestloop": "off", "jit": "off"}

#: A failing task must not fill the table with a page of text for each attempt.
_LONGEST_MESSAGE = 100_000


#: How often jobs that were not begun are given back before that is a fatal error.
_GIVE_BACK_ATTEMPTS = 20

#: How often a claim is tried by a worker that runs once.
_ONCE_ATTEMPTS = 10


class Found(NamedTuple):
    """What a claim found.

    Attributes:
        jobs: the most urgent first.
        is_more: whether there may be more that nobody will tell of.
        front: how many of the first jobs are to begin before those that were claimed earlier.
        wait: seconds after which there is more, as far as is known.
    """

    jobs: list[ClaimedJob]
    is_more: bool
    front: int = 0
    wait: float | None = None


class Claimer:
    """The pool's side of the jobs table.

    Args:
        target: the database.
        pool_id: what jobs are locked with.
        options: the worker's.
        known_jobs: returns the claimed jobs that the pool knows of.
        emitter: told of lost connections.
        is_once: claims that fail are not tried for ever.

    Attributes:
        identifiers: of its tasks, by their numbers in the database.
        stopping: when set, nothing more is claimed.
        abandoned: when set, what cannot be written at once is not written.
    """

    def __init__(
        self,
        target: Target,
        pool_id: str,
        options: WorkerOptions,
        known_jobs: Callable[[], Iterable[ClaimedJob]],
        emitter: Emitter,
        *,
        is_once: bool = False,
    ) -> None:
        self.pool_id, self._options, self._known_jobs = pool_id, options, known_jobs
        self._claim_attempts = _ONCE_ATTEMPTS if is_once else None
        self._claims = Session(
            target, "claims", prepared=options.prepared_statements,
            answer_timeout=options.answer_timeout, settings=_CLAIM_SETTINGS,
            on_connect=self._settle_claims, emit=emitter.emit,
        )  # fmt: skip
        self._results = Session(
            target, "results", prepared=options.prepared_statements,
            answer_timeout=options.answer_timeout, settings=_RESULT_SETTINGS,
            on_connect=self._hold_again, emit=emitter.emit,
        )  # fmt: skip
        self.identifiers: dict[int, str] = {}
        self._may_hold_unknown = self._has_renewed = False
        self.stopping = asyncio.Event()
        self.abandoned = asyncio.Event()

    async def register(self, identifiers: Collection[str]) -> None:
        """Make sure that some tasks are known to the database, and learn their numbers."""
        given = {"identifiers": sorted(identifiers)}
        how: dict[str, Any] = {"attempts": self._claim_attempts, "give_up": self.stopping}
        await self._claims.run(self._sql("register_tasks"), given, **how)
        answer = await self._claims.run(self._sql("find_tasks"), given, **how)
        self.identifiers = {number: identifier for identifier, number in answer.rows}

    async def claim(
        self,
        size: int,
        forbidden: Sequence[str] | None = None,
        task_ids: Iterable[int] | None = None,
    ) -> Found:
        """Claim up to a number of due jobs.

        What is claimed must be among the known jobs before the next claim begins.

        Args:
            size: at most so many.
            forbidden: jobs with one of these flags are left to others.
            task_ids: the numbers of the tasks; None for all of the pool's.
        """
        values = {
            "task_ids": list(self.identifiers if task_ids is None else task_ids),
            "forbidden": None if forbidden is None else list(forbidden),
            "size": size,
            "pool_id": self.pool_id,
            "now": self.now(),
        }
        self._may_hold_unknown = True  # until the answer is here
        answer = await self._claims.run(
            self._sql("claim"), values, attempts=self._claim_attempts, give_up=self.stopping
        )
        self._may_hold_unknown = False
        rows = answer.rows
        is_more = bool(rows) and rows[-1][0] is None
        if is_more:
            rows = rows[:-1]
        jobs = [self.job(row) for row in rows]
        jobs.sort(key=lambda job: job.sort_key)
        return Found(jobs, is_more)

    async def claim_in_transaction(self, work: Callable[[Ask], Awaitable[T]]) -> T:
        """Claim jobs by several statements; see :meth:`Session.transact` and :meth:`claim`."""
        self._may_hold_unknown = True
        result = await self._claims.transact(
            work, attempts=self._claim_attempts, give_up=self.stopping
        )
        self._may_hold_unknown = False
        return result

    async def look(self, statement: bytes, values: Mapping[str, Any]) -> Rows:
        """Run a statement that claims nothing on the connection of claims; return its rows."""
        answer = await self._claims.run(
            statement, values, attempts=self._claim_attempts, give_up=self.stopping
        )
        return answer.rows

    def job(self, row: Row) -> ClaimedJob:
        """Return the job of a row as sql/claim.sql returns it."""
        return ClaimedJob(row, self.identifiers[row[1]])

    def now(self) -> datetime | None:
        """Return what decides what is due: this machine's time, or None for the server's."""
        return datetime.now(UTC) if self._options.use_client_time else None

    async def complete(self, jobs: Sequence[ClaimedJob]) -> list[ClaimedJob]:
        """Delete finished jobs; return those that were not this pool's any more."""
        answer = await self._write("complete", self._claims_of(jobs))
        lost = _missing(jobs, answer)
        if lost and not answer.is_certain:
            # An attempt whose answer never came may have deleted them; those that are there it
            # has not, so they are others'.
            left = await self._write("find_jobs", {"ids": [job.id for job in lost]})
            lost = _among(lost, left)
        return lost

    async def requeue(self, unfinished: Sequence[Unfinished]) -> list[ClaimedJob]:
        """Put jobs back that are not done; return those that were not this pool's any more."""
        jobs = [each.job for each in unfinished]
        rows = [each for each in unfinished for _ in each.job.moments]
        values = {
            **self._pairs_of(jobs),
            "verdicts": [each.verdict for each in rows],
            "messages": [each.message and _storable(each.message) for each in rows],
            "waits": [each.wait for each in rows],
            "payloads": [each.payload for each in rows],
            "keys": [each.job.key for each in rows],
            "now": self.now(),
        }
        answer = await self._write("requeue", values)
        return _missing(jobs, answer) if answer.is_certain else []

    async def time(self) -> datetime:
        """Return what moments of claims are counted by: the server's time, or this machine's."""
        now = self.now()
        if now is None:
            answer = await self._claims.run(self._sql("find_time"), {}, give_up=self.abandoned)
            now = moment_of(answer.rows[0][0])
        return now

    async def renew(self, jobs: Sequence[ClaimedJob], moment: datetime) -> None:
        """Renew the locks of jobs that run, as if they had been claimed at another moment.

        From before the statement runs, this pool takes the moment for one of their claims: a job
        may end meanwhile. The moments before it still count after it: the answer may be lost, and
        a server that fails over may lose what it has answered. It runs on the connection of claims,
        because there jobs are given back that this pool does not know.

        Args:
            jobs: whose ends have not been handed over to be written.
            moment: about now.
        """
        values = {**self._pairs_of(jobs), "moment": moment}
        self._has_renewed = True
        for job in jobs:
            job.renewals = (*job.renewals, moment)
        await self._claims.run(self._sql("renew"), values, give_up=self.abandoned)

    async def give_back(self, jobs: Sequence[ClaimedJob]) -> None:
        """Give back jobs that were not begun."""
        await self._write("give_back", self._claims_of(jobs), attempts=_GIVE_BACK_ATTEMPTS)

    async def tell_others(self) -> None:
        """Let other pools look for jobs."""
        await self._write("tell_others", {}, attempts=1)

    async def unlock_expired(self) -> tuple[int, int]:
        """Free locks that are too old; return how many jobs' and queues' there were."""
        values = {"now": self.now(), "expiry": self._options.lock_expiry}
        answer = await self._results.run(self._sql("unlock_expired"), values, give_up=self.stopping)
        jobs, queues = answer.rows[0]
        return jobs, queues

    async def queue_names(self, ids: Iterable[int]) -> dict[int, str]:
        """Return the names of queues by their numbers."""
        answer = await self._write("find_queues", {"ids": list(ids)})
        return dict(answer.rows)

    async def has_registry(self) -> bool:
        """Tell whether workers of the Rust port keep a registry in the worker schema."""
        answer = await self._write("find_registry", {"schema": self._options.schema})
        return bool(answer.rows[0][0])

    async def enter_registry(self) -> None:
        """Say there that this pool is alive."""
        await self._write("registry_beat", {"pool_id": self.pool_id})

    async def leave_registry(self) -> None:
        """Take this pool out of it."""
        await self._write("registry_end", {"pool_id": self.pool_id}, attempts=1)

    async def ask(self, statement: bytes, values: Mapping[str, Any]) -> Rows:
        """Run a statement about this pool's jobs, and return its rows."""
        answer = await self._results.run(statement, values, give_up=self.abandoned)
        return answer.rows

    async def close(self) -> None:
        """Close the connections, once nothing is left that this pool holds and does not know."""
        try:
            if self._may_hold_unknown:
                values = self._known()
                await self._claims.run(
                    self._sql("give_back_unknown"), values, give_up=self.abandoned
                )
        finally:
            await self._claims.close()
            await self._results.close()

    async def _write(
        self, name: str, values: Mapping[str, Any], attempts: int | None = None
    ) -> Answer:
        return await self._results.run(
            self._sql(name), values, attempts=attempts, give_up=self.abandoned
        )

    async def _settle_claims(self, ask: Ask) -> None:
        """Make the database's view of who holds what the pool's own, on a new connection."""
        if not self.identifiers:
            return  # nothing has been claimed yet
        await self._hold_again(ask)
        await ask(self._sql("give_back_unknown"), self._known())

    async def _hold_again(self, ask: Ask) -> None:
        values = self._known()
        if values["ids"]:
            await ask(self._sql("hold_again"), values)

    def _known(self) -> Mapping[str, Any]:
        known = list(self._known_jobs())
        return {
            **self._pairs_of(known),
            "attempts": [job.attempts for job in known for _ in job.moments],
            "queue_ids": [job.job_queue_id for job in known if job.job_queue_id is not None],
        }

    def _pairs_of(self, jobs: Sequence[ClaimedJob]) -> Mapping[str, Any]:
        """Return each moment that the lock of one of these jobs may have, beside the job's id."""
        return {
            "pool_id": self.pool_id,
            "ids": [job.id for job in jobs for _ in job.moments],
            "moments": [moment for job in jobs for moment in job.moments],
        }

    def _claims_of(self, jobs: Sequence[ClaimedJob]) -> Mapping[str, Any]:
        """Return what tells these jobs' claims from others; of one claim, jobs share a moment."""
        one_of_each = {job.claim: job for job in jobs}
        moments = [job.locked_at for job in one_of_each.values()]
        if self._has_renewed:
            moments.extend(moment for job in jobs for moment in job.renewals)
        return {"pool_id": self.pool_id, "ids": [job.id for job in jobs], "moments": moments}

    def _sql(self, name: str) -> bytes:
        return load_statement("kongtask.worker.claiming", name, self._options.schema)


def _missing(jobs: Sequence[ClaimedJob], answer: Answer) -> list[ClaimedJob]:
    """Return the jobs that an answer does not name."""
    if len(answer.rows) == len(jobs):
        return []
    named = {row[0] for row in answer.rows}
    return [job for job in jobs if job.id not in named]


def _among(jobs: Sequence[ClaimedJob], answer: Answer) -> list[ClaimedJob]:
    """Return the jobs that an answer names."""
    named = {row[0] for row in answer.rows}
    return [job for job in jobs if job.id in named]


def _storable(message: str) -> str:
    """Return a message as PostgreSQL can store it: without NUL, valid, and of bearable length."""
    text = message.replace("\0", "\\0").encode("utf-8", "backslashreplace").decode()
    return text if len(text) <= _LONGEST_MESSAGE else text[:_LONGEST_MESSAGE] + " …"
