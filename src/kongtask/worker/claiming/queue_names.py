"""The names of queues by their numbers: asked once for each, several at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable


class QueueNames:
    """A cache in front of a query.

    Args:
        find: returns names by number.
        delay: seconds that questions are collected.
    """

    def __init__(
        self, find: Callable[[Iterable[int]], Awaitable[dict[int, str]]], delay: float
    ) -> None:
        self._find, self._delay = find, delay
        self._known: dict[int, str] = {}
        self._wanted: set[int] = set()
        self._asking: asyncio.Task[None] | None = None

    async def get(self, queue_id: int) -> str | None:
        """Return a queue's name, or None where there is no such queue."""
        if queue_id not in self._known:
            self._wanted.add(queue_id)
            if self._asking is None:
                self._asking = asyncio.create_task(self._ask())
            await asyncio.shield(self._asking)
        return self._known.get(queue_id)

    async def _ask(self) -> None:
        try:
            await asyncio.sleep(self._delay)
            wanted, self._wanted = self._wanted, set()
            self._asking = None  # who asks from now on is not among those
            self._known.update(await self._find(wanted))
        finally:
            if self._asking is asyncio.current_task():
                self._asking = None
