"""A worker that is going to be killed: ``python -m tests.interop.killed CONNINFO SEED [SECONDS]``.

A job lasts up to 200 ms, or as many seconds as are given. It writes to the table ``log`` when it
begins and when it ends, as those of the peer's do.
"""

from __future__ import annotations

import asyncio
import random
import sys
from datetime import timedelta

from kongtask.worker import App, Context


def main(conninfo: str, seed: str, seconds: str | None = None) -> None:
    """Work until killed."""
    app, durations = App(conninfo), random.Random(seed)
    insert = "insert into public.log (queue, number, what, worker) values (null, %s, %s, 'python')"

    @app.task
    async def work(payload: int, context: Context) -> None:
        await context.query(insert, [payload, "begin"])
        await asyncio.sleep(float(seconds or durations.uniform(0.005, 0.2)))
        await context.query(insert, [payload, "end"])

    # Nobody recovers what a killed worker held but the sweep, whose rule is four hours.
    app.run_blocking(
        concurrency=40, life=None, lock_expiry=timedelta(seconds=5),
        min_reset_locked_interval=0.5, max_reset_locked_interval=1.0,
    )  # fmt: skip


if __name__ == "__main__":
    main(*sys.argv[1:])
