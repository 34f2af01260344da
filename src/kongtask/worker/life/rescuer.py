"""Taking over from pools that are dead."""

from __future__ import annotations

import logging
from collections.abc import Callable
from time import monotonic

from kongtask.worker.events import Emitter
from kongtask.worker.life.events import PoolRecovered
from kongtask.worker.life.options import LifeOptions
from kongtask.worker.life.session import LifeSession

_log = logging.getLogger("kongtask.worker")


class Rescuer:
    """Looks for dead pools, one look at a time.

    Args:
        session: the pool's.
        pool_id: the pool that looks.
        namespace: of the locks of all pools of the worker schema.
        options: when a pool is late.
        emitter: told of recoveries.
        on_freed: told how many jobs were freed.
    """

    def __init__(
        self,
        session: LifeSession,
        pool_id: str,
        namespace: int,
        options: LifeOptions,
        emitter: Emitter,
        *,
        on_freed: Callable[[int], None],
    ) -> None:
        self._session, self._pool_id, self._namespace = session, pool_id, namespace
        self._options, self._emitter, self._on_freed = options, emitter, on_freed
        # What kept this pool from the server may have kept others from it. So after a pause it
        # waits until they have had the time to be heard of again.
        self._settled = 2 * options.grace
        self._connections = 1
        self._looked_at = monotonic()
        self._not_before = 0.0

    async def run_once(self) -> int:
        """Look once, and take over from whoever is dead; return how many pools that were."""
        now = monotonic()
        if self._session.connections > self._connections or self._was_away(now):
            self._connections = self._session.connections
            self._not_before = now + self._settled
        self._looked_at = now
        if now < self._not_before:
            return 0
        given = {"pool_id": self._pool_id, "settled": self._settled}
        late = await self._session.run("find_late", given)
        return sum([await self._recover(pool_id) for (pool_id,) in late])

    def _was_away(self, now: float) -> bool:
        return now - self._looked_at > self._options.grace + 2 * self._options.look_interval

    async def _recover(self, pool_id: str) -> bool:
        given = {"pool_id": pool_id, "namespace": self._namespace}
        rows = await self._session.run("recover", given)
        if not rows:
            return False  # it lives, or another pool was quicker
        host, process_id, is_first_time, jobs, failed, queues, _ = rows[0]
        if not (is_first_time or jobs or queues):
            return False  # it is forgotten now
        _log.warning(
            "the worker on %s (process %d, %s) has died; freed %d of its jobs%s and %d queues",
            host, process_id, pool_id, jobs,
            f", {failed} of which are not tried again," if failed else "", queues,
        )  # fmt: skip
        self._emitter.emit(
            PoolRecovered(
                pool_id=pool_id, host=host, process_id=process_id, jobs=jobs, failed=failed,
                queues=queues,
            )
        )  # fmt: skip
        self._on_freed(jobs)
        return True
