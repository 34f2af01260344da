"""Our worker, for benchmarks; see ``support/contestants.py`` for how they talk."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
import time
from typing import Any

from reporting import Counter, settle

from kongtask.worker import App, LocalQueueOptions

logging.basicConfig()


def make_app(kind: str, counter: Counter) -> App:
    """Return an application whose task ``noop`` is counted, and ``stamp`` prints when it runs."""
    app = App("")

    async def noop(payload: dict[str, int]) -> None:
        counter.count += 1

    def noop_thread(payload: dict[str, int]) -> None:
        counter.count += 1

    async def stamp() -> None:
        print(time.clock_gettime_ns(time.CLOCK_MONOTONIC), flush=True)

    def stamp_thread() -> None:
        print(time.clock_gettime_ns(time.CLOCK_MONOTONIC), flush=True)

    app.task("noop")(noop if kind == "async" else noop_thread)
    app.task("stamp")(stamp if kind == "async" else stamp_thread)
    return app


async def main(kind: str, options: dict[str, Any]) -> None:
    """Work until standard input ends."""
    counter = Counter()
    runner = make_app(kind, counter).runner(**options)
    loop = asyncio.get_running_loop()
    loop.add_reader(sys.stdin.fileno(), runner.stop, "the benchmark has ended")
    work = asyncio.create_task(runner.run(handle_signals=False))
    await settle()
    reports = asyncio.create_task(counter.report())
    await work
    reports.cancel()


if __name__ == "__main__":
    given = json.loads(sys.argv[2])
    if "local_queue" in given:
        given["local_queue"] = LocalQueueOptions(**given["local_queue"])
    if os.environ.get("KONGTASK_BENCH_LOOP") == "asyncio":
        asyncio.run(main(sys.argv[1], given))
    else:
        import uvloop

        uvloop.run(main(sys.argv[1], given))
