"""A Python worker of a run: ``python -m tests.chaos.worker CONNINFO OPTIONS``, options as JSON.

``told`` is the file for what it tells, ``kill_at`` says at which places it dies, ``is_limited``
whether there is a task with limits, ``has_middleware`` whether there is a middleware, and ``cron``
is a crontab; ``refetch_delay`` is in seconds. All others are the worker's own.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Callable
from time import time
from typing import Any

from kongtask.cli.worker.logs import set_up_logs
from kongtask.cron import parse_crontab
from kongtask.worker import LifeOptions, LocalQueueOptions, RefetchDelay
from kongtask.worker.events import JobComplete, PoolCreate

from .steps import Place, kill_at
from .tasks import make_app


def appender(file: str) -> Callable[..., None]:
    """Return what writes a line of JSON to a file at once, as a killed process leaves it."""
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    return lambda **said: void(os.write(descriptor, json.dumps(said).encode() + b"\n"))


def void(_: object) -> None:
    """Return nothing."""


async def work_until_stopped(conninfo: str, options: dict[str, Any]) -> None:
    """Work until a signal."""
    app = make_app(
        conninfo, is_limited=options.pop("is_limited"),
        has_middleware=options.pop("has_middleware"),
    )  # fmt: skip
    tell = appender(options.pop("told"))
    places, times = options.pop("kill_at", None) or ((), 0)
    if places:
        kill_at(
            [Place(*place) for place in places], times,
            lambda here, seen: tell(died_at=time(), places=here, seen=sorted(seen)),
        )  # fmt: skip
    app.on(PoolCreate, lambda created: tell(ready=created.pool_id))
    app.on(JobComplete, lambda done: None if done.error else tell(job=done.job.id, at=time()))
    app.cron_items.extend(parse_crontab(options.pop("cron", "")))
    refetch_delay = options.pop("refetch_delay")
    local_queue = LocalQueueOptions(
        refetch_delay=None if refetch_delay is None else RefetchDelay(duration=refetch_delay)
    )
    life = LifeOptions(**options.pop("life"))
    runner = app.runner(life=life, local_queue=local_queue, **options)
    # In a task of its own, which the task factory makes.
    await asyncio.create_task(runner.run())


if __name__ == "__main__":
    set_up_logs("text", "info")
    asyncio.run(work_until_stopped(sys.argv[1], json.loads(sys.argv[2])))
