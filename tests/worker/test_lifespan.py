"""What an application opens for its tasks, and stopping a worker before it has begun."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from kongtask.worker import App, Context, ThreadContext
from kongtask.worker.events import JobComplete, PoolCreate

from .queue import Queue
from .running import run, running


class Shelf:
    """A resource that knows whether it is open."""

    def __init__(self) -> None:
        self.is_open = False
        self.seen: list[tuple[str, bool]] = []

    def take(self, what: str) -> None:
        self.seen.append((what, self.is_open))


def shelf_app(queue: Queue, shelf: Shelf) -> App:
    @asynccontextmanager
    async def lifespan(given: App) -> AsyncIterator[Shelf]:
        assert given is app
        shelf.is_open = True
        yield shelf
        shelf.take("close")
        shelf.is_open = False

    app = App(queue.conninfo, lifespan=lifespan)

    @app.task
    async def in_loop(context: Context) -> None:
        context.state.take("loop")

    @app.task
    def in_thread(context: ThreadContext) -> None:
        context.state.take("thread")

    return app


@pytest.mark.parametrize("is_once", [True, False])
def test_what_a_lifespan_opens_is_there_from_the_first_job_to_the_last(
    queue: Queue, is_once: bool
) -> None:
    shelf = Shelf()
    app = shelf_app(queue, shelf)
    done: list[int] = []
    app.on(JobComplete, lambda event: shelf.take("written"))
    queue.add("in_loop")
    queue.add("in_thread")

    async def work() -> None:
        both = asyncio.Event()
        app.on(JobComplete, lambda event: done.append(event.job.id))
        app.on(JobComplete, lambda event: both.set() if len(done) == 2 else None)
        if is_once:
            await app.run_once()
        else:
            async with running(app):
                await both.wait()

    run(work())
    assert len(done) == 2
    assert sorted(shelf.seen[:-1]) == [
        ("loop", True), ("thread", True), ("written", True), ("written", True),
    ]  # fmt: skip
    assert shelf.seen[-1] == ("close", True)
    assert not shelf.is_open


def test_without_a_lifespan_there_is_no_state(queue: Queue, app: App) -> None:
    got: list[object] = []

    @app.task
    async def task(context: Context) -> None:
        got.append(context.state)

    queue.add("task")
    run(app.run_once())
    assert got == [None]


async def refuse() -> None:
    raise ConnectionRefusedError("no cache")


def test_a_lifespan_that_cannot_open_ends_the_worker_before_any_job(queue: Queue) -> None:
    @asynccontextmanager
    async def lifespan(app: App) -> AsyncIterator[None]:
        await refuse()
        yield

    app = App(queue.conninfo, lifespan=lifespan)
    app.task("task")(lambda: None)
    queue.add("task")
    ended: list[str] = []
    with pytest.raises(ConnectionRefusedError, match="no cache"):
        run(app.runner().run_once(before_end=lambda: ended.append("ended")))
    assert ended == ["ended"]
    assert queue.jobs("attempts") == [0]


@pytest.mark.parametrize("by_force", [True, False])
@pytest.mark.parametrize("moment", ["before run", "while it opens"])
def test_a_worker_that_is_stopped_early_begins_no_job(
    queue: Queue, moment: str, by_force: bool
) -> None:
    """It still closes what it has opened."""
    seen: list[str] = []

    @asynccontextmanager
    async def lifespan(app: App) -> AsyncIterator[None]:
        if moment == "while it opens":
            await stop()
        yield
        seen.append("closed")

    app = App(queue.conninfo, lifespan=lifespan)
    app.task("task")(lambda: None)
    app.on(PoolCreate, lambda event: seen.append("pool"))
    queue.add("task")
    runner = app.runner()

    async def stop() -> None:
        if by_force:
            assert await runner.kill() == []
        else:
            runner.stop()

    async def work() -> None:
        if moment == "before run":
            await stop()
        await runner.run(handle_signals=False)

    run(work())
    assert seen == ["closed"]
    assert queue.jobs("attempts") == [0]
