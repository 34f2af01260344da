"""A Python worker of a run: ``python -m tests.chaos.worker CONNINFO OPTIONS``, options as JSON.

``told`` is the file for what it tells, ``kill_at`` says at which places it dies, ``is_limited``
whether there is a task with limits, and ``cron`` is a crontab; all others are the worker's own.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Callable
from time import time
from typing import Any

import psycopg
from msgspec import Struct
from psycopg_pool import PoolTimeout

from kongtask import Concurrency, Rate
from kongtask.cli.worker.logs import set_up_logs
from kongtask.cron import parse_crontab
from kongtask.worker import App, Context, LifeOptions, Runner
from kongtask.worker.connections.session import cut_after
from kongtask.worker.events import JobComplete, PoolCreate

from .steps import Place, kill_at

_NOTE = """
insert into chaos.history (what, job, number, attempts, pool) values (%s, %s, %s, %s, %s)
"""

#: The limits of the task ``call``.
LIMITS = (Concurrency(3), Concurrency(1, key="customer"), Rate(8, per=1.0))

#: What the number of a job that follows another one is greater by.
FOLLOWERS = 1_000_000

#: Seconds after which a task takes a connection for lost.
_ANSWER_TIMEOUT = 2.0

#: How often a task tries to write down what it does: what is tried here is the worker.
_ATTEMPTS = 40


class Work(Struct):
    """What a job is to do.

    Attributes:
        number: which one it is.
        seconds: how long it takes.
        failures: how many attempts fail.
        customer: whose it is.
    """

    number: int = 0
    seconds: float = 0.0
    failures: int = 0
    customer: int | None = None


def make_app(conninfo: str, *, is_limited: bool) -> App:
    """Return the application, with a task that has limits or without."""
    app = App(conninfo)

    @app.task
    async def work(payload: Work, context: Context) -> None:
        await note("begin", payload, context)
        await asyncio.sleep(payload.seconds)
        if context.job.attempts <= payload.failures:
            raise ValueError(f"attempt {context.job.attempts} fails on purpose")
        await note("end", payload, context)

    if is_limited:
        app.task("call", limits=LIMITS)(work)

    @app.task(transactional=True)
    async def pay(payload: Work, context: Context) -> None:
        """Have an effect, and add a job that follows; with the end of this one, or not at all."""
        async with context.connection() as connection:
            with cut_after(_ANSWER_TIMEOUT, connection):
                await connection.execute(_NOTE, _values("effect", payload, context))
                follower = {"number": payload.number + FOLLOWERS}
                await context.add_job("work", follower, max_attempts=25)
        await asyncio.sleep(payload.seconds)
        if context.job.attempts <= payload.failures:
            raise ValueError(f"attempt {context.job.attempts} fails on purpose")

    @app.task
    async def tick(context: Context) -> None:
        await note("begin", Work(), context)
        await note("end", Work(), context)

    return app


async def note(what: str, payload: Work, context: Context) -> None:
    """Write down what the task does, again where the connection was lost."""
    values = _values(what, payload, context)
    for left in reversed(range(_ATTEMPTS)):
        try:
            async with context.connection() as connection:
                with cut_after(_ANSWER_TIMEOUT, connection):
                    await connection.execute(_NOTE, values)
        except (psycopg.Error, PoolTimeout, OSError):
            if not left:
                raise
            await asyncio.sleep(0.25)
        else:
            return


def _values(what: str, payload: Work, context: Context) -> list[object]:
    job = context.job
    return [what, job.id, payload.number or None, job.attempts, context.pool_id]


def appender(file: str) -> Callable[..., None]:
    """Return what writes a line of JSON to a file at once, as a killed process leaves it."""
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    return lambda **said: void(os.write(descriptor, json.dumps(said).encode() + b"\n"))


def void(_: object) -> None:
    """Return nothing."""


async def work_until_stopped(conninfo: str, options: dict[str, Any]) -> None:
    """Work until a signal."""
    app = make_app(conninfo, is_limited=options.pop("is_limited"))
    tell = appender(options.pop("told"))
    places, times = options.pop("kill_at", None) or ((), 0)
    if places:
        kill_at(
            [Place(*place) for place in places], times,
            lambda place: tell(died_at=time(), place=place),
        )  # fmt: skip
    app.on(PoolCreate, lambda created: tell(ready=created.pool_id))
    app.on(JobComplete, lambda done: None if done.error else tell(job=done.job.id, at=time()))
    runner = Runner(
        app.tasks, conninfo, emitter=app.emitter,
        cron_items=parse_crontab(options.pop("cron", "")),
        life=LifeOptions(**options.pop("life", {})),
        **options,
    )  # fmt: skip
    # In a task of its own, which the task factory makes.
    await asyncio.create_task(runner.run())


if __name__ == "__main__":
    set_up_logs("text", "info")
    asyncio.run(work_until_stopped(sys.argv[1], json.loads(sys.argv[2])))
