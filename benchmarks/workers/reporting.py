"""How worker programs in Python tell a benchmark how far they are."""

from __future__ import annotations

import asyncio
import os


class Counter:
    """Counts jobs, and prints the count when it has changed."""

    def __init__(self) -> None:
        self.count = 0

    async def report(self) -> None:
        """Print until cancelled."""
        told = 0
        while True:
            await asyncio.sleep(0.01)
            if self.count != told:
                told = self.count
                print(told, flush=True)


async def settle() -> None:
    """Say that the worker is ready, when it has had time to connect."""
    await asyncio.sleep(float(os.environ["KONGTASK_BENCH_SETTLE"]))
    print("ready", flush=True)
