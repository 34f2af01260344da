"""The registry that the Rust port of Graphile Worker keeps in the worker schema.

Where it is, its workers take any lock for a dead worker's whose owner is not registered there. So
our pools are, for as long as they live.
"""

from __future__ import annotations

import logging

import psycopg

from kongtask.worker.life.session import LifeSession

_log = logging.getLogger("kongtask.worker")

#: Seconds between two signs of life; there, five minutes without one count as a death.
INTERVAL = 20.0


class Registry:
    """A pool's entry there.

    Args:
        session: the pool's.
        pool_id: the pool.
        worker_schema: the worker schema.
    """

    def __init__(self, session: LifeSession, pool_id: str, worker_schema: str) -> None:
        self._session, self._values = session, {"pool_id": pool_id}
        self._worker_schema = worker_schema
        self._is_there = False

    async def run_once(self) -> None:
        """Register, or say that the pool is still there, if there is a registry by now."""
        rows = await self._session.run("find_registry", {"schema": self._worker_schema})
        if not rows[0][0]:
            return
        try:
            await self._session.run("registry_beat", self._values)
            self._is_there = True
        except psycopg.OperationalError:
            raise
        except psycopg.Error as error:
            _log.warning(
                "this worker cannot be registered with the workers of another kind that share the "
                "schema %s, which may take it for dead: %s", self._worker_schema, error,
            )  # fmt: skip

    async def end(self) -> None:
        """Take the entry out."""
        if self._is_there:
            await self._session.run("registry_end", self._values)
