"""A worker to be killed: its tasks say what they do, line by line, on stdout.

``python -m tests.worker.lively CONNINFO OPTIONS``, where the options are JSON; ``life`` holds those
of the proof of life, and ``only`` the tasks that it has.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from typing import Any

from kongtask.worker import App, Context, LifeOptions, Runner
from kongtask.worker.events import Event, JobComplete, PoolCreate, PoolListenSuccess
from kongtask.worker.life import PoolFenced, PoolRecovered


def say(*words: object) -> None:
    """Print a line of words."""
    sys.stdout.write(" ".join(str(word) for word in words) + "\n")
    sys.stdout.flush()


def make_app(conninfo: str) -> App:
    """Return the application."""
    app = App(conninfo)

    @app.task
    async def hang(payload: Any, context: Context) -> None:
        """Run until cancelled, asked or not."""
        say("hang", context.job.id, context.pool_id)
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            say("cancelled", context.job.id)
            raise

    @app.task(count_death=False)
    async def hang_uncounted(payload: Any, context: Context) -> None:
        """The same, with the attempt given back where the worker dies."""
        await hang(payload, context)

    @app.task
    async def note(payload: Any, context: Context) -> None:
        """Say that it ran."""
        say("note", context.job.id)

    @app.task
    async def die(payload: Any) -> None:
        """Kill the worker."""
        os.kill(os.getpid(), signal.SIGKILL)

    return app


def tell(event: Event) -> None:
    """Say what happened in the pool."""
    match event:
        case PoolRecovered():
            say("recovered", event.pool_id, event.jobs, event.failed, event.queues)
        case PoolCreate() | PoolFenced():
            say(type(event).__name__, event.pool_id)
        case PoolListenSuccess():
            say("listening")
        case JobComplete():
            say("complete", event.job.id, event.error or "")


def main(conninfo: str, given: str) -> None:
    """Work until stopped."""
    options = json.loads(given)
    app = make_app(conninfo)
    tasks = {name: app.tasks[name] for name in options.pop("only", app.tasks)}
    life = LifeOptions(**options.pop("life", {}))
    for kind in (PoolRecovered, PoolFenced, PoolCreate, PoolListenSuccess, JobComplete):
        app.on(kind, tell)
    asyncio.run(Runner(tasks, conninfo, emitter=app.emitter, life=life, **options).run())


if __name__ == "__main__":
    main(*sys.argv[1:])
