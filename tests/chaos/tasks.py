"""The application of a run: what its jobs do, in each of the ways in which a task can be run.

Jobs write down themselves when they begin and end. Those that run in another process cannot; where
there are some, a middleware does it for them.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from threading import Timer
from time import sleep
from typing import Any, TypeVar

import psycopg
from msgspec import Struct
from psycopg_pool import PoolTimeout

from kongtask import Concurrency, Rate
from kongtask.database.connection import cut
from kongtask.jobs import JobSpec
from kongtask.worker import App, Context, Snooze, ThreadContext
from kongtask.worker.connections.session import cut_after
from kongtask.worker.tasks.executables import executable_task

T = TypeVar("T")

_NOTE = """
insert into chaos.history (what, job, number, attempts, pool) values (%s, %s, %s, %s, %s)
"""

#: The limits of the task ``call``.
LIMITS = (Concurrency(3), Concurrency(1, key="customer"), Rate(8, per=1.0))

#: The tasks that run in threads, come again later, or do several things in one job.
OTHERS = ("block", "repay", "nap", "batch")

#: The tasks that run where nothing can be written down; only with a middleware.
MUTE = ("compute", "program")

_PROGRAM = Path(__file__).with_name("program")

#: Seconds after which a job of the task ``nap`` comes again.
NAP = 0.25

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

    def fail_or_not(self, attempt: int) -> None:
        """Fail in an attempt that is to fail."""
        if attempt <= self.failures:
            raise ValueError(f"attempt {attempt} fails on purpose")


def make_app(conninfo: str, *, is_limited: bool, has_middleware: bool) -> App:
    """Return the application.

    Args:
        conninfo: the database.
        is_limited: whether there is a task that has limits.
        has_middleware: whether there are a middleware, and the tasks of :data:`MUTE`.
    """
    app = App(conninfo)
    _add_quick_tasks(app, is_limited=is_limited)
    _add_others(app)
    if has_middleware:
        _add_mute(app)
    return app


def compute(payload: Work) -> None:
    """Do the work in a process, which knows of no attempts."""
    sleep(payload.seconds)


def _add_quick_tasks(app: App, *, is_limited: bool) -> None:

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
                await context.add_jobs([_follower(payload)])
        await asyncio.sleep(payload.seconds)
        payload.fail_or_not(context.job.attempts)

    @app.task
    async def tick(context: Context) -> None:
        await note("begin", 0, context)
        await note("end", 0, context)


def _add_others(app: App) -> None:
    @app.task
    def block(payload: Work, context: ThreadContext) -> None:
        in_loop(context, note("begin", payload.number, context._context))
        sleep(payload.seconds)
        payload.fail_or_not(context.job.attempts)
        in_loop(context, note("end", payload.number, context._context))

    @app.task(transactional=True)
    def repay(payload: Work, context: ThreadContext, connection: psycopg.Connection[Any]) -> None:
        """Do the same as ``pay``."""
        timer = Timer(_ANSWER_TIMEOUT, cut, [connection])
        timer.start()
        try:
            context.query(_NOTE, _values("effect", payload.number, context))
            context.add_jobs([_follower(payload)])
        finally:
            timer.cancel()
        sleep(payload.seconds)
        payload.fail_or_not(context.job.attempts)

    @app.task
    async def nap(payload: Work, context: Context) -> Snooze | None:
        await note("begin", payload.number, context)
        await context.get_queue_name()
        if random.random() < 0.5:
            return Snooze(NAP)
        await note("end", payload.number, context)
        return None

    @app.task
    async def batch(payload: list[Work], context: Context) -> list[Awaitable[None]]:
        async def one(work: Work) -> None:
            await asyncio.sleep(work.seconds)
            work.fail_or_not(context.job.attempts)
            await note("end", work.number, context)

        for work in payload:
            await note("begin", work.number, context)
        return [one(work) for work in payload]


def _add_mute(app: App) -> None:
    app.task("compute", process=True)(compute)
    app.tasks.add(executable_task("program", _PROGRAM))

    @app.middleware
    async def write_down(context: Context, call_next: Callable[[], Awaitable[Any]]) -> Any:
        is_mute = context.job.task_identifier in MUTE
        if is_mute:
            await note("begin", _number(context), context)
        result = await call_next()
        if is_mute:
            await note("end", _number(context), context)
        return result


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


def in_loop(context: ThreadContext, work: Coroutine[Any, Any, T]) -> T:
    """Do something for a thread: what it would ask itself waits for as long as an answer takes."""
    return asyncio.run_coroutine_threadsafe(work, context._loop).result()


def _number(context: Context) -> int:
    payload = context.job.payload
    assert isinstance(payload, dict)
    return int(payload["number"])


def _follower(payload: Work) -> JobSpec:
    """Return the job that a transaction adds."""
    return JobSpec(
        identifier="work", payload={"number": payload.number + FOLLOWERS}, max_attempts=25
    )


def _values(what: str, number: int, context: Context | ThreadContext) -> list[object]:
    job = context.job
    return [what, job.id, number or None, job.attempts, context.pool_id]
