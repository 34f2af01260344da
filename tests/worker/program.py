"""A worker as a process of its own, for tests that send signals: python -m tests.worker.program.

Arguments: a connection string, the kind of its task, and options as JSON. It prints a line when it
is ready, when a job begins and when one ends.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import threading
import time
from typing import Any

from kongtask.worker import App, Context, signals
from kongtask.worker.events import ForcefulShutdown, GracefulShutdown, LocalQueueInit


def say(*words: object) -> None:
    print(*words, flush=True)


async def patient(payload: float) -> None:
    """Work for some seconds, whatever happens."""
    say("begin")
    await asyncio.sleep(payload)
    say("end")


async def cooperative(context: Context) -> None:
    """Work until asked to end."""
    say("begin")
    await context.wait_cancelled()
    say("end")


async def stubborn() -> None:
    """Swallow every cancellation, for a while."""
    say("begin")
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            say("swallowed")


def threaded() -> None:
    """Leave a thread running, and keep one of the worker's own busy."""
    threading.Thread(target=time.sleep, args=(60,), daemon=False).start()
    say("begin")
    time.sleep(60)


async def talkative() -> None:
    """Write to a stdout that may be gone."""
    sys.stderr.write("begin\n")
    sys.stderr.flush()
    print("x" * 100_000, flush=True)


def process(payload: float) -> None:
    """Work in a process of its own for some seconds."""
    say("begin", os.getpid())
    time.sleep(payload)
    say("end")


TASKS = (patient, cooperative, stubborn, threaded, talkative, process)


def main() -> None:
    conninfo, kind, options = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
    signals._DEAF = options.pop("deaf", signals._DEAF)
    app = App(conninfo)
    app.on(LocalQueueInit, ready)
    app.on(GracefulShutdown, lambda event: say("graceful", event.signal))
    app.on(ForcefulShutdown, lambda event: say("forceful", event.signal))
    app.task(kind, process=kind == "process")(next(task for task in TASKS if task.__name__ == kind))
    if options.pop("is_once", False):
        asyncio.run(app.run_once(**options))
    else:
        app.run_blocking(poll_interval=60.0, **options)


def ready(event: Any) -> None:
    sys.stderr.write("ready\n")
    sys.stderr.flush()


if __name__ == "__main__":
    main()
