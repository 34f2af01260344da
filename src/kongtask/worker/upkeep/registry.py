"""The registry that the Rust port of Graphile Worker keeps in the worker schema.

Where it is, its workers take any lock for a dead worker's whose owner is not registered there. So
our pools are, for as long as they hold jobs, however else they prove their life.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress

import psycopg

from kongtask.worker.claiming.claimer import Claimer

_log = logging.getLogger("kongtask.worker")

#: Seconds before the first sign of life, which a worker that ends sooner need not give, and between
#: two. Without one, there, a worker counts as dead after minutes: five unless told otherwise.
_FIRST, _INTERVAL = 1.0, 20.0


class Registry:
    """A pool's entry there.

    Args:
        claimer: the pool's.
        schema: the worker schema.
    """

    def __init__(self, claimer: Claimer, schema: str) -> None:
        self._claimer, self._schema = claimer, schema
        self._may_be_there = self._is_failure_told = False
        self._beating: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Register if there is a registry, now or later, and say from time to time that we live."""
        self._beating = asyncio.create_task(self._beat(), name="kongtask registry")

    async def close(self) -> None:
        """Take the entry out, once the pool holds no job any more."""
        if self._beating is None:
            return
        self._beating.cancel()
        with suppress(asyncio.CancelledError, psycopg.Error, OSError, TimeoutError):
            await self._beating
        if self._may_be_there:
            # Where that fails, workers there find the entry stale after a while.
            with suppress(psycopg.Error, OSError, TimeoutError):
                await self._claimer.leave_registry()

    async def _beat(self) -> None:
        await asyncio.sleep(_FIRST)
        while True:
            if await self._claimer.has_registry():
                self._may_be_there = True
                await self._enter()
            await asyncio.sleep(_INTERVAL)

    async def _enter(self) -> None:
        try:
            await self._claimer.enter_registry()
        except psycopg.OperationalError:
            raise  # the connection is lost for good
        except psycopg.Error as error:
            if not self._is_failure_told:
                self._is_failure_told = True
                _log.warning(
                    "this worker cannot be registered with those of the Rust port that share the "
                    "schema %s, and they may take it for dead: %s", self._schema, error,
                )  # fmt: skip
