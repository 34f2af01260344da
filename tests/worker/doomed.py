"""A worker with a transactional task, which may kill itself on the way.

``python -m tests.worker.doomed CONNINFO OPTIONS``, where the options are JSON: ``at`` is the step
at which the worker dies, if it is to. It works until it is killed, or told to stop.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import Callable
from typing import Any

import psycopg

from kongtask.worker import App, Context, Fixed, LifeOptions
from kongtask.worker.transactional import runner

#: The steps of a transactional job, in their order.
STEPS = ("before the begin", "begun", "worked", "ended", "committed")


def die() -> None:
    """Kill this process."""
    os.kill(os.getpid(), signal.SIGKILL)


def doom(at: str | None) -> None:
    """Let the worker die at a step of its first job."""

    def around(function: Callable[..., Any], before: str, after: str) -> Callable[..., Any]:
        async def call(*args: Any, **options: Any) -> Any:
            if at == before:
                die()
            result = await function(*args, **options)
            if at == after:
                die()
            return result

        return call

    steps: Any = runner
    if at is not None:
        steps.name_transaction = around(steps.name_transaction, "before the begin", "begun")
        steps.end_job = around(steps.end_job, "worked", "ended")
    if at == "committed":
        steps.TransactionalRunner.forget = lambda *_: die()


def make_app(conninfo: str) -> App:
    """Return the application."""
    app = App(conninfo)

    @app.task(transactional=True, retry=Fixed(0.1))
    async def work(payload: float, context: Context, connection: psycopg.AsyncConnection) -> None:
        """Write a row, add a job, and take some seconds for it."""
        row = "insert into effects (number) values (%s)"
        async with await psycopg.AsyncConnection.connect(conninfo, autocommit=True) as other:
            await other.execute("insert into calls (number) values (%s)", [context.job.id])
        await connection.execute(row, [context.job.id])
        await asyncio.sleep(payload)
        await context.add_job("next", context.job.id)

    return app


def main(conninfo: str, given: str) -> None:
    """Work until stopped."""
    options = json.loads(given)
    doom(options.pop("at", None))
    life = LifeOptions(**options.pop("life", {}))
    make_app(conninfo).run_blocking(life=life, **options)


if __name__ == "__main__":
    main(*sys.argv[1:])
