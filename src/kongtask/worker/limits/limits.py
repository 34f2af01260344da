"""What a pool holds back: its own declarations, what others ask for, and claiming by it."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from time import monotonic
from typing import Any

import msgspec
import psycopg

from kongtask.database.connection import Target
from kongtask.database.statements import load_statement
from kongtask.names import extension_schema_name
from kongtask.worker.claimed import ClaimedJob
from kongtask.worker.claiming.claimer import Claimer, Found
from kongtask.worker.connections.retries import MISSING
from kongtask.worker.connections.session import raise_cancellation
from kongtask.worker.events import Emitter
from kongtask.worker.life.making import make_schema
from kongtask.worker.limits.claims import LimitedClaims
from kongtask.worker.limits.events import PoolHoldBack
from kongtask.worker.limits.rules import (
    NOTHING,
    STATE,
    LimitRule,
    Rules,
    declared_limits,
    make_rules,
)
from kongtask.worker.tasks.task import Task

#: Runs a statement of this package: its name and values.
Run = Callable[[str, Mapping[str, Any]], Awaitable[Sequence[tuple[Any, ...]]]]

_log = logging.getLogger("kongtask.worker")

#: Seconds between two looks at what is limited and paused.
_INTERVAL = 1.0

#: Seconds between two looks for permits that do not count any more; varied by half.
_PRUNE_INTERVAL = 30.0


class Limits:
    """Limits and pauses, as far as they concern a pool.

    Args:
        target: the database.
        claimer: the pool's.
        tasks: the pool's, by identifier.
        schema: the worker schema.
        emitter: told when other rules hold.
        look: runs a statement of this package, beside the claims if possible.
        room: returns how many jobs the pool runs at once.
        on_change: told that other rules hold: the rules before, and those from now on.
    """

    def __init__(
        self,
        target: Target,
        claimer: Claimer,
        tasks: Mapping[str, Task],
        schema: str,
        emitter: Emitter,
        *,
        look: Run,
        room: Callable[[], int],
        on_change: Callable[[Rules | None, Rules | None], Awaitable[None]],
    ) -> None:
        self._target, self._claimer, self._schema = target, claimer, schema
        self._emitter, self._look, self._on_change = emitter, look, on_change
        self._declared = declared_limits(tasks.values())
        self._claims = LimitedClaims(claimer, schema, room)
        self._known = ""
        self._prune_after = monotonic() + _PRUNE_INTERVAL * random.random()  # noqa: S311 -- spreads
        self._is_off = False
        self._undeclared: list[LimitRule] = []
        self.rules: Rules | None = None

    @property
    def claimed(self) -> Sequence[ClaimedJob]:
        """Jobs that are claimed and not handed over yet."""
        return self._claims.claimed

    async def start(self, *, is_lasting: bool) -> None:
        """Learn what is limited and paused, and tell others what this pool declares.

        Args:
            is_lasting: whether the pool is registered, so that its declarations end with it.
        """
        self._undeclared = self._declared if is_lasting else []
        try:
            await self.refresh()
            if self._is_off and (self._declared or is_lasting):
                self._is_off = not await asyncio.to_thread(make_schema, self._target, self._schema)
                await self.refresh()
        except (psycopg.OperationalError, OSError, TimeoutError):
            # The next look comes in a second; what its own tasks declare holds until then.
            await self._go_by(make_rules(NOTHING, self._declared, self._claimer.identifiers))
        if self._is_off and self._declared:
            schema = extension_schema_name(self._schema)
            _log.warning(
                "no use can be made of the schema %s, so this worker keeps no limits; kongtask "
                "migrate makes it", schema,
            )  # fmt: skip

    async def refresh(self) -> None:
        """Learn what is limited and paused now; without the schema, nothing is.

        Raises:
            psycopg.Error, OSError, TimeoutError: the database could not tell.
        """
        if self._is_off:
            return
        try:
            ((text,),) = await self._look("read", {"pool_id": self._claimer.pool_id})
            if text != self._known:
                await self._change(text)
            if self._undeclared:
                limits = msgspec.json.encode(self._undeclared).decode()
                await self._look("declare", {"pool_id": self._claimer.pool_id, "limits": limits})
                self._undeclared = []
            if self.rules is not None:
                await self._settle(self.rules)
        except psycopg.Error as error:
            if error.sqlstate not in MISSING:
                raise
            if self.rules is not None:
                await self._turn_off()
            self._is_off = True

    async def run(self) -> None:
        """Look every second, where nothing else of the pool does; until cancelled."""
        while not self._is_off:
            await asyncio.sleep(_INTERVAL)
            try:
                await self.refresh()
            except (psycopg.Error, OSError, TimeoutError) as error:
                raise_cancellation(error)
                _log.warning("looking for limits and pauses has failed: %s", error)

    async def claim(self, size: int, forbidden: Sequence[str] | None = None) -> Found:
        """Claim up to a number of jobs; see :meth:`Claimer.claim`."""
        rules = self.rules
        try:
            if rules is None:
                found = await self._claimer.claim(size, forbidden)
            else:
                found = await self._claims.claim(rules, size, forbidden)
            if self.rules is rules or self.rules is None:
                return found
            return await self._sort_out(found, rules, self.rules)
        except psycopg.Error as error:
            if rules is None or error.sqlstate not in MISSING:
                raise
            await self._turn_off()
            return Found([], is_more=True)
        finally:
            self._claims.claimed.clear()  # whoever waits for this has them in the same moment

    async def _sort_out(self, found: Found, before: Rules | None, rules: Rules) -> Found:
        """Give back what must not begin any more, since the rules have changed meanwhile."""
        self._claims.claimed[:] = found.jobs
        back = [job for job in found.jobs if rules.is_held_back(job, before)]
        if back:
            await self._claimer.give_back(back)
        gone = set(back)
        jobs = [job for job in found.jobs if job not in gone]
        front = sum(job not in gone for job in found.jobs[: found.front])
        return Found(jobs, found.is_more, front, found.wait)

    def sql(self, name: str) -> bytes:
        """Return the text of a statement of this package."""
        return load_statement(__package__, name, self._schema)

    async def _turn_off(self) -> None:
        self._is_off = True
        _log.warning(
            "no use can be made of the schema %s any more: this worker keeps no limits and no "
            "pauses", extension_schema_name(self._schema),
        )  # fmt: skip
        await self._go_by(None)

    async def _change(self, text: str) -> None:
        await self._go_by(make_rules(STATE.decode(text), self._declared, self._claimer.identifiers))
        self._known = text

    async def _go_by(self, rules: Rules | None) -> None:
        before, self.rules = self.rules, rules
        if rules != before:
            self._tell(rules)
            await self._on_change(before, rules)

    def _tell(self, rules: Rules | None) -> None:
        identifiers = self._claimer.identifiers
        limits = [] if rules is None else [one for many in rules.limits_of.values() for one in many]
        self._emitter.emit(
            PoolHoldBack(
                pool_id=self._claimer.pool_id,
                is_paused=rules is not None and rules.is_paused,
                paused_tasks=tuple(
                    sorted(identifiers[task] for task in (rules.paused_tasks if rules else ()))
                ),
                limits=tuple(sorted({limit.name for limit in limits})),
            )
        )

    async def _settle(self, rules: Rules) -> None:
        if rules.paused_queues:
            await self._look("settle_queues", {})
        if monotonic() > self._prune_after:
            self._prune_after = monotonic() + _PRUNE_INTERVAL * random.uniform(0.5, 1.5)  # noqa: S311
            await self._look("prune", {})
