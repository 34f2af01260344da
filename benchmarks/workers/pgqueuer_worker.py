"""PgQueuer, for benchmarks; see ``support/contestants.py`` for how they talk.

With asyncpg and uvloop, and jobs taken a thousand at a time.
"""

from __future__ import annotations

import asyncio
import sys
from datetime import timedelta

import asyncpg
import uvloop
from pgqueuer import AsyncpgDriver, Job, PgQueuer
from reporting import Counter, settle


async def main() -> None:
    """Work until standard input ends."""
    counter = Counter()
    queuer = PgQueuer(AsyncpgDriver(await asyncpg.connect()))

    @queuer.entrypoint("noop")
    async def noop(job: Job) -> None:
        counter.count += 1

    loop = asyncio.get_running_loop()
    loop.add_reader(sys.stdin.fileno(), queuer.shutdown.set)
    work = asyncio.create_task(queuer.run(dequeue_timeout=timedelta(seconds=1), batch_size=1000))
    await settle()
    reports = asyncio.create_task(counter.report())
    await work
    reports.cancel()


if __name__ == "__main__":
    uvloop.run(main())
