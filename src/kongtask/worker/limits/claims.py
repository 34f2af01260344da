"""Claiming jobs while something is limited or paused."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import NamedTuple

import msgspec

from kongtask.database.locks import lock_number
from kongtask.database.statements import load_statement
from kongtask.worker.claimed import ClaimedJob
from kongtask.worker.claiming.claimer import Claimer, Found
from kongtask.worker.connections.session import Ask
from kongtask.worker.limits.choosing import Candidate, Group, choose
from kongtask.worker.limits.rules import LimitRule, Rules

_log = logging.getLogger("kongtask.worker")

#: Due jobs, of all tasks, that a look reaches; and one that found too few goes farther.
_NEAR, _FAR = 500, 20_000

#: A far look may take a tenth of the time.
_FAR_SHARE = 10

#: Jobs that a look returns.
_MOST = 200


class Taken(NamedTuple):
    """What a transaction under limits has taken.

    Attributes:
        jobs: claimed.
        later: jobs that may begin too, if others do not fill the claim.
        is_contended: whether somebody else was at the limits of some jobs.
    """

    jobs: list[ClaimedJob]
    later: Sequence[Candidate] = ()
    is_contended: bool = False


@dataclass(slots=True, kw_only=True)
class Look:
    """What a look has found.

    Attributes:
        candidates: jobs that may begin, the most urgent first.
        reached: how many jobs were looked at.
        free_jobs: how many of them are of tasks without limits.
        wait: seconds until a rate allows one more; None where none holds anything back.
    """

    candidates: list[Candidate] = field(default_factory=list)
    reached: int = 0
    free_jobs: int = 0
    wait: float | None = None


class LimitedClaims:
    """A pool's claims under rules.

    Jobs of limited tasks are claimed for executors, not ahead of them: they would use up their
    limits while they wait. All others are claimed as ever.

    Args:
        claimer: the pool's.
        schema: the worker schema.
        room: returns how many jobs the pool runs at once.

    Attributes:
        claimed: jobs that are claimed and not handed over yet.
    """

    def __init__(self, claimer: Claimer, schema: str, room: Callable[[], int]) -> None:
        self._claimer, self._schema, self._room = claimer, schema, room
        self._namespace = lock_number(f"kongtask limits {schema}")
        self._far_after = 0.0
        self.claimed: list[ClaimedJob] = []

    async def claim(self, rules: Rules, size: int, forbidden: Sequence[str] | None) -> Found:
        """Claim up to a number of jobs, the most urgent first among those that may begin."""
        if rules.is_paused:
            return Found([], is_more=False)
        look, taken, room = Look(), Taken([]), min(size, self._room())
        if rules.limits_of:
            look = await self._look(rules, size, forbidden)
            taken = await self._take(rules, look.candidates, size, room)
        limited, is_more = taken.jobs, taken.is_contended or bool(taken.later)
        free: list[ClaimedJob] = []
        # What comes after a limited job that has to wait for an executor is not claimed before it.
        before = taken.later[0].free_before if taken.later else size
        wanted = min(size - len(limited), before)
        if wanted > 0 and rules.free_tasks:
            found = await self._claim_free(rules, wanted, forbidden)
            free, is_more = found.jobs, is_more or found.is_more
        missing = min(size - len(limited) - len(free), room - len(limited))
        if missing > 0 and taken.later:
            as_if_first = [job._replace(free_before=0) for job in taken.later]
            taken = await self._take(rules, as_if_first, missing, missing)
            limited, is_more = [*limited, *taken.jobs], is_more or taken.is_contended
        jobs = sorted(limited, key=lambda job: job.sort_key) + free
        return Found(jobs, is_more, front=len(limited), wait=look.wait)

    async def _claim_free(self, rules: Rules, size: int, forbidden: Sequence[str] | None) -> Found:
        try:
            found = await self._claimer.claim(size, forbidden, task_ids=rules.free_tasks)
        except Exception:
            if not self.claimed:
                raise
            _log.exception("claiming jobs has failed; those of limited tasks that are here begin")
            return Found([], is_more=True)
        self.claimed.extend(found.jobs)
        return found

    async def _look(self, rules: Rules, size: int, forbidden: Sequence[str] | None) -> Look:
        look = await self._look_to(_NEAR, rules, forbidden)
        found = len(look.candidates) + look.free_jobs
        if found >= size or look.reached < _NEAR:
            return look
        began = monotonic()
        if began < self._far_after:
            ahead = self._far_after - began
            look.wait = ahead if look.wait is None else min(ahead, look.wait)
            return look
        look = await self._look_to(_FAR, rules, forbidden)
        now = monotonic()
        self._far_after = now + _FAR_SHARE * (now - began)
        return look

    async def _look_to(self, reach: int, rules: Rules, forbidden: Sequence[str] | None) -> Look:
        given = [
            {
                "task_id": task_id, "number": number, "name": limit.name, "amount": limit.amount,
                "key_path": limit.key_path,
            }
            for task_id, limits in rules.limits_of.items() for number, limit in enumerate(limits)
        ]  # fmt: skip
        values = {
            "limits": msgspec.json.encode(given).decode(),
            "limited_tasks": list(rules.limits_of),
            "free_tasks": list(rules.free_tasks),
            "forbidden": None if forbidden is None else list(forbidden),
            "now": self._claimer.now(),
            "reach": reach,
            "most": _MOST,
        }
        *rows, (_, reached, _, free_jobs, _, _, wait) = await self._claimer.look(
            self._sql("look"), values
        )
        candidates = [
            Candidate(id_, revision, queue_id, before, tuple(zip(names, keys, strict=True)))
            for id_, revision, queue_id, before, names, keys, _ in rows
        ]
        return Look(candidates=candidates, reached=reached, free_jobs=free_jobs, wait=wait)

    async def _take(
        self, rules: Rules, candidates: Sequence[Candidate], size: int, room: int
    ) -> Taken:
        if not candidates:
            return Taken([])
        limits = {limit.name: limit for several in rules.limits_of.values() for limit in several}

        async def work(ask: Ask) -> Taken:
            return await self._take_in_transaction(ask, limits, candidates, size, room)

        taken = await self._claimer.claim_in_transaction(work)
        self.claimed.extend(taken.jobs)
        return taken

    async def _take_in_transaction(
        self,
        ask: Ask,
        limits: dict[str, LimitRule],
        candidates: Sequence[Candidate],
        size: int,
        room: int,
    ) -> Taken:
        names = sorted({name for job in candidates for name, _ in job.groups})
        rows = await ask(self._sql("lock"), {"names": names, "namespace": self._namespace})
        locked = {name for (name,) in rows}
        mine = [job for job in candidates if all(name in locked for name, _ in job.groups)]
        is_contended = len(mine) < len(candidates)
        free = await self._count(ask, limits, mine)
        chosen, later = choose(mine, free, size, room)
        if not chosen:
            return Taken([], later, is_contended)
        permits = [(job.id, *group) for job in chosen for group in job.groups]
        values = {
            "ids": [job.id for job in chosen],
            "revisions": [job.revision for job in chosen],
            "queue_ids": [job.job_queue_id for job in chosen if job.job_queue_id is not None],
            "pool_id": self._claimer.pool_id,
            "now": self._claimer.now(),
            "permit_ids": [id_ for id_, _, _ in permits],
            "names": [name for _, name, _ in permits],
            "keys": [key for _, _, key in permits],
            "pers": [limits[name].per for _, name, _ in permits],
        }
        rows = await ask(self._sql("take"), values)
        return Taken([self._claimer.job(row) for row in rows], later, is_contended)

    async def _count(
        self, ask: Ask, limits: dict[str, LimitRule], candidates: Sequence[Candidate]
    ) -> dict[Group, int]:
        """Return how many more of each group may begin."""
        groups = sorted({group for job in candidates for group in job.groups})
        free = {group: limits[group[0]].amount for group in groups}
        if groups:
            given = {"names": [name for name, _ in groups], "keys": [key for _, key in groups]}
            for name, key, count in await ask(self._sql("count"), given):
                free[name, key] -= count
        return free

    def _sql(self, name: str) -> bytes:
        return load_statement("kongtask.worker.limits", name, self._schema)
