"""The application of a run: what its jobs do, in each of the ways in which a task can be run.

Jobs write down themselves when they begin and end. Those that run in another process cannot; the
middleware does it for them.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from pathlib import Path
from tempfile import mkdtemp
from time import sleep
from typing import Any

import psycopg
from msgspec import Struct
from psycopg_pool import PoolTimeout

from kongtask import Concurrency, Rate
from kongtask.worker import App, Context, Snooze, ThreadContext
from kongtask.worker.connections.session import cut_after
from kongtask.worker.tasks.executables import executable_task

_NOTE = """
insert into chaos.history (what, job, number, attempts, pool) values (%s, %s, %s, %s, %s)
"""

#: The limits of the task ``call``.
LIMITS = (Concurrency(3), Concurrency(1, key="customer"), Rate(8, per=1.0))

#: The tasks that run in other ways than on the event loop, or come again later.
OTHERS = ("block", "compute", "program", "nap")

#: Those of them that cannot write down what they do.
_MUTE = frozenset({"compute", "program"})

#: Seconds after which a job of the task ``nap`` comes again.
NAP = 0.25

#: What the number of a job that follows another one is greater by.
FOLLOWERS = 1_000_000

#: Seconds after which a task takes a connection for lost.
_ANSWER_TIMEOUT = 2.0

#: How often a task tries to write down what it does: what is tried here is the worker.
_ATTEMPTS = 40

_PROGRAM = """#!/bin/sh
cat > /dev/null
sleep 0.05
"""


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

    def fail_or_not(self, attempt: int) -> None:
        """Fail in an attempt that is to fail."""
        if attempt <= self.failures:
            raise ValueError(f"attempt {attempt} fails on purpose")


def make_app(conninfo: str, *, is_limited: bool, has_others: bool) -> App:
    """Return the application.

    Args:
        conninfo: the database.
        is_limited: whether there is a task that has limits.
        has_others: whether there are the tasks of :data:`OTHERS`, and a middleware.
    """
    app = App(conninfo)

    @app.task
    async def work(payload: Work, context: Context) -> None:
        await note("begin", payload.number, context)
        await asyncio.sleep(payload.seconds)
        payload.fail_or_not(context.job.attempts)
        await note("end", payload.number, context)

    if is_limited:
        app.task("call", limits=LIMITS)(work)

    @app.task(transactional=True)
    async def pay(payload: Work, context: Context) -> None:
        """Have an effect, and add a job that follows; with the end of this one, or not at all."""
        async with context.connection() as connection:
            with cut_after(_ANSWER_TIMEOUT, connection):
                await connection.execute(_NOTE, _values("effect", payload.number, context))
                follower = {"number": payload.number + FOLLOWERS}
                await context.add_job("work", follower, max_attempts=25)
        await asyncio.sleep(payload.seconds)
        payload.fail_or_not(context.job.attempts)

    @app.task
    async def tick(context: Context) -> None:
        await note("begin", 0, context)
        await note("end", 0, context)

    if has_others:
        _add_others(app)
    return app


def compute(payload: Work) -> None:
    """Do the work in a process, which knows of no attempts."""
    sleep(payload.seconds)


def _add_others(app: App) -> None:
    @app.middleware
    async def write_down(context: Context, call_next: Callable[[], Awaitable[Any]]) -> Any:
        is_mute = context.job.task_identifier in _MUTE
        if is_mute:
            await note("begin", _number(context), context)
        result = await call_next()
        if is_mute:
            await note("end", _number(context), context)
        return result

    @app.task
    def block(payload: Work, context: ThreadContext) -> None:
        note_from_thread("begin", payload.number, context)
        sleep(payload.seconds)
        payload.fail_or_not(context.job.attempts)
        note_from_thread("end", payload.number, context)

    app.task("compute", process=True)(compute)

    program = Path(mkdtemp()) / "program"
    program.write_text(_PROGRAM, encoding="utf-8")
    program.chmod(0o755)
    app.tasks.add(executable_task("program", program))

    @app.task
    async def nap(payload: Work, context: Context) -> Snooze | None:
        await note("begin", payload.number, context)
        if random.random() < 0.5:
            return Snooze(NAP)
        await note("end", payload.number, context)
        return None


async def note(what: str, number: int, context: Context) -> None:
    """Write down what the task does, again where the connection was lost."""
    values = _values(what, number, context)
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


def note_from_thread(what: str, number: int, context: ThreadContext) -> None:
    """Do the same in a thread: what a thread asks itself waits for as long as an answer takes."""
    asyncio.run_coroutine_threadsafe(
        note(what, number, context._context), context._loop
    ).result()  # fmt: skip


def _number(context: Context) -> int:
    payload = context.job.payload
    assert isinstance(payload, dict)
    return int(payload["number"])


def _values(what: str, number: int, context: Context | ThreadContext) -> list[object]:
    job = context.job
    return [what, job.id, number or None, job.attempts, context.pool_id]
