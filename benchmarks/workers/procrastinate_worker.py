"""Procrastinate, for benchmarks; see ``support/contestants.py`` for how they talk.

With uvloop, 24 jobs at once, and jobs that are done deleted at once.
"""

from __future__ import annotations

import asyncio
import sys

import uvloop
from procrastinate import App, PsycopgConnector
from reporting import Counter, settle


def make_app(counter: Counter) -> App:
    """Return an application with a task ``noop``."""
    app = App(connector=PsycopgConnector(max_size=24))

    @app.task(name="noop")
    async def noop(n: int) -> None:
        counter.count += 1

    return app


async def main() -> None:
    """Work until standard input ends."""
    counter = Counter()
    app = make_app(counter)
    async with app.open_async():
        loop = asyncio.get_running_loop()
        work = asyncio.create_task(
            app.run_worker_async(
                concurrency=24, delete_jobs="always", install_signal_handlers=False
            )
        )
        loop.add_reader(sys.stdin.fileno(), work.cancel)
        await settle()
        reports = asyncio.create_task(counter.report())
        await asyncio.gather(work, return_exceptions=True)
        reports.cancel()


if __name__ == "__main__":
    uvloop.run(main())
