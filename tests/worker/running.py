"""Workers that run in a test's own event loop, and waiting for what they tell."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, Generic, TypeVar

from kongtask.database.connection import Target
from kongtask.worker import App, Runner
from kongtask.worker.events import Event, PoolCreate

E = TypeVar("E", bound=Event)

#: Seconds after which a test has waited in vain.
IN_VAIN = 90.0


class Watch(Generic[E]):
    """The events of a kind that an application's workers tell.

    Attributes:
        seen: the events.
    """

    def __init__(self, app: App, kind: type[E]) -> None:
        self.seen: list[E] = []
        self._more = asyncio.Event()
        app.on(kind, self._add)

    def _add(self, event: E) -> None:
        self.seen.append(event)
        self._more.set()

    async def until(self, is_enough: Callable[[list[E]], bool] | int = 1) -> list[E]:
        """Wait until some number of events has come, or until they are what is wanted."""
        async with asyncio.timeout(IN_VAIN):
            while not (
                len(self.seen) >= is_enough if isinstance(is_enough, int) else is_enough(self.seen)
            ):
                self._more.clear()
                await self._more.wait()
        return self.seen


@asynccontextmanager
async def running(app: App, **options: Any) -> AsyncIterator[Runner]:
    """Run a worker as long as the block lasts; then stop it, and wait until it has ended."""
    runner = app.runner(**options)
    created = Watch(app, PoolCreate)
    work = asyncio.create_task(runner.run(handle_signals=False))
    first = asyncio.create_task(created.until(1))
    await asyncio.wait([work, first], return_when=asyncio.FIRST_COMPLETED)
    try:
        yield runner
    finally:
        runner.stop()
        async with asyncio.timeout(IN_VAIN):
            await work


def run(work: Coroutine[Any, Any, Any]) -> Any:
    """Run a test's coroutine, which is not to take for ever."""

    async def bounded() -> Any:
        async with asyncio.timeout(2 * IN_VAIN):
            return await work

    return asyncio.run(bounded())


def target_of(conninfo: str) -> Target:
    """Return a connection string as the worker's modules take it."""
    return Target(conninfo=conninfo, source="test")
