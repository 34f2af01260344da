"""Writing how jobs ended: in batches, awaited, tried again, and only while they are ours.

While one batch is being written, the next one collects; so a slow server gets larger batches and a
fast one gets results at once. Where many come, the next one collects for some milliseconds more: a
statement costs as much as a dozen quick jobs.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")

#: Unwritten results from which on executors wait, so that they do not pile up without bound.
_MOST_WAITING = 5_000

#: Results in one statement.
_LARGEST = 1_000

#: Results in one statement from which on there are many, and the next ones may wait.
_MANY = 32

#: Seconds that the next ones then collect.
_MOMENT = 0.005


class Batcher(Generic[T]):
    """Collects results and writes them, one batch at a time.

    Args:
        write: writes a batch; its errors are fatal, since what passes by itself is tried again in
            there.
        delay: seconds to collect before a write.
        on_fatal: told of an error of a write.
        is_urgent: tells of a batch whether somebody waits for it to be written.
    """

    def __init__(
        self,
        write: Callable[[Sequence[T]], Awaitable[None]],
        delay: float,
        on_fatal: Callable[[BaseException], None],
        *,
        is_urgent: Callable[[Sequence[T]], bool] = lambda _: True,
    ) -> None:
        self._write, self._delay, self._on_fatal = write, delay, on_fatal
        self._is_urgent = is_urgent
        self._waiting: list[T] = []
        self._writing: Sequence[T] = ()
        self._unwritable: list[T] = []
        self._runner: asyncio.Task[None] | None = None
        self._room = asyncio.Event()
        self._room.set()

    @property
    def is_full(self) -> bool:
        """Whether executors should wait for room."""
        return len(self._waiting) >= _MOST_WAITING

    def unwritten(self) -> list[T]:
        """Return what has not been written yet, and what could not be."""
        return [*self._unwritable, *self._writing, *self._waiting]

    def add(self, result: T) -> bool:
        """Add a result, which is written soon; return whether there is room for more."""
        self._waiting.append(result)
        if self._runner is None:
            self._start()
        return len(self._waiting) < _MOST_WAITING

    async def room(self) -> None:
        """Wait until there is room for more results."""
        if self.is_full:
            self._room.clear()
            await self._room.wait()

    async def drain(self) -> None:
        """Wait until all that was added has been written, or cannot be."""
        while self._waiting or self._writing:
            self._start()
            assert self._runner is not None
            await asyncio.wait([self._runner])

    def _start(self) -> None:
        if self._runner is None:
            self._runner = asyncio.create_task(self._run(), name="kongtask results")

    async def _run(self) -> None:
        try:
            if self._delay > 0:
                await asyncio.sleep(self._delay)
            while self._waiting:
                batch = await self._write_some()
                if len(batch) >= _MANY and not self.is_full and not self._is_urgent(batch):
                    await asyncio.sleep(_MOMENT)
        finally:
            # Cancelled from outside, with the whole event loop: the last ones are for drain().
            self._waiting[:0] = self._writing
            self._writing = ()
            self._runner = None
            self._room.set()

    async def _write_some(self) -> Sequence[T]:
        self._writing, self._waiting = self._waiting[:_LARGEST], self._waiting[_LARGEST:]
        batch = self._writing
        if not self.is_full:
            self._room.set()
        try:
            await self._write(batch)
        except Exception as error:
            self._unwritable.extend(batch)
            self._on_fatal(error)
        self._writing = ()
        return batch
