"""Jobs that take longer than they may: how they are ended, and what is recorded of them."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from contextlib import suppress
from pathlib import Path
from time import monotonic

import pytest

from kongtask.errors import JobTimedOutError, TaskProcessDiedError, UsageError
from kongtask.worker import App, Context, ThreadContext
from kongtask.worker.events import JobComplete, JobSuccess

from .queue import Queue
from .running import Watch, run, running

MESSAGE = "Timed out: it was to take 0.2 seconds at most"


def test_an_async_task_is_cancelled_and_tried_again(queue: Queue, app: App) -> None:
    @app.task(timeout=0.2)
    async def hang() -> None:
        await asyncio.Event().wait()

    async def work() -> None:
        complete = Watch(app, JobComplete)
        began = monotonic()
        job = queue.add("hang", queue_name="serial")
        async with running(app):
            event = (await complete.until(1))[0]
        assert 0.2 <= monotonic() - began < 5
        assert isinstance(event.error, JobTimedOutError)
        assert isinstance(event.error.__cause__, asyncio.CancelledError)
        assert queue.jobs("id, attempts, last_error, is_available") == [(job, 1, MESSAGE, True)]
        assert queue.locks() == 0

    run(work())


def test_a_task_in_a_thread_is_told_and_has_failed_when_it_ends(queue: Queue, app: App) -> None:
    """Also where it returns as if it were done; its last attempt is the last."""

    @app.task(timeout=0.2)
    def look(context: ThreadContext) -> None:
        pause = threading.Event()
        while not context.is_cancelled:
            pause.wait(0.01)

    async def work() -> None:
        complete, success = Watch(app, JobComplete), Watch(app, JobSuccess)
        queue.add("look", max_attempts=1)
        async with running(app):
            await complete.until(1)
        assert success.seen == []
        assert queue.jobs("attempts, last_error, is_available") == [(1, MESSAGE, False)]

    run(work())


def sleep_in_a_process(payload: dict[str, str]) -> None:
    """Sleep until interrupted; say what interrupts and where. Once more, where that is wanted."""
    file = Path(payload["file"])
    file.write_text(f"{os.getpid()}")
    for _ in range(int(payload["times"])):
        try:
            time.sleep(60)
        except BaseException as error:
            file.write_text(f"{os.getpid()} {type(error).__name__}")
            if payload["times"] == "1":
                raise


def tell_process(payload: dict[str, str]) -> None:
    """Say which process it is."""
    Path(payload["file"]).write_text(f"{os.getpid()}")


@pytest.mark.parametrize("is_stubborn", [False, True])
def test_a_task_in_a_process_is_interrupted(
    queue: Queue, app: App, tmp_path: Path, is_stubborn: bool
) -> None:
    """The process is kept for others, unless it does not end and is killed."""
    app.task("sleep", process=True, timeout=1.5)(sleep_in_a_process)
    app.task("tell", process=True)(tell_process)

    async def work() -> None:
        complete = Watch(app, JobComplete)
        file = tmp_path / "said"
        queue.add("tell", {"file": str(file)})
        async with running(app, concurrency=1):
            await complete.until(1)  # the process is there
            queue.add("sleep", {"file": str(file), "times": "2" if is_stubborn else "1"})
            error = (await complete.until(2))[1].error
            assert isinstance(error, JobTimedOutError)
            killed = TaskProcessDiedError if is_stubborn else asyncio.CancelledError
            assert isinstance(error.__cause__, killed)
            process, _, interrupted = file.read_text().partition(" ")
            assert interrupted == "CancelledError"
            queue.add("tell", {"file": str(file)})
            await complete.until(3)
            assert (file.read_text() == process) is not is_stubborn
        assert queue.jobs("last_error") == [MESSAGE.replace("0.2", "1.5")]

    run(work())


def test_who_ends_in_time_is_left_alone(queue: Queue, app: App) -> None:
    """And who comes after it in the same executor."""

    @app.task(timeout=0.3)
    async def quick(payload: int) -> None:
        await asyncio.sleep(0.1)

    async def work() -> None:
        complete = Watch(app, JobComplete)
        for number in range(6):
            queue.add("quick", number)
        async with running(app, concurrency=1):
            assert [each.error for each in await complete.until(6)] == [None] * 6
        assert queue.jobs() == []

    run(work())


def test_a_jobs_own_flag_goes_before_its_task(queue: Queue, app: App) -> None:
    """Shorter, longer, or where the task says nothing; what is no time counts for nothing."""

    @app.task(timeout=0.2)
    async def limited() -> None:
        await asyncio.sleep(0.5)

    @app.task
    async def unlimited() -> None:
        await asyncio.sleep(0.5)

    async def work() -> None:
        complete = Watch(app, JobComplete)
        longer = queue.add("limited", flags=["timeout:60"])
        both = queue.add("unlimited", flags=["other", "timeout:0.1", "timeout:9"])
        useless = queue.add("unlimited", flags=["timeout:-1", "timeout:soon", "timeout:inf"])
        falls_back = queue.add("limited", flags=["timeout:", "nothing"])
        async with running(app):
            events = {each.job.id: each.error for each in await complete.until(4)}
        assert events[longer] is None
        assert events[useless] is None
        assert str(events[both]) == MESSAGE.replace("0.2", "0.1")
        assert str(events[falls_back]) == MESSAGE

    run(work())


@pytest.mark.parametrize("is_async", [True, False])
def test_nothing_is_written_in_a_transaction_that_takes_too_long(
    queue: Queue, app: App, is_async: bool
) -> None:
    """Also where the task returns early, as if it were done."""
    queue.connection.execute(b"create table written (n int)")

    async def write(context: Context) -> None:
        await context.query("insert into written values (1)")
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()

    def write_in_thread(context: ThreadContext) -> None:
        context.query("insert into written values (1)")
        pause = threading.Event()
        while not context.is_cancelled:
            pause.wait(0.01)

    decorate = app.task("write", transactional=True, timeout=0.5)
    decorate(write) if is_async else decorate(write_in_thread)

    async def work() -> None:
        complete = Watch(app, JobComplete)
        queue.add("write")
        async with running(app):
            assert isinstance((await complete.until(1))[0].error, JobTimedOutError)
        assert queue.jobs("attempts, last_error") == [(1, MESSAGE.replace("0.2", "0.5"))]
        assert queue.connection.execute(b"select * from written").fetchall() == []

    run(work())


def test_it_covers_middleware_and_batches(queue: Queue, app: App) -> None:
    """All that happens between the job's begin and its end."""

    @app.task(timeout=0.2)
    async def batch(payload: list[int]) -> list[object]:
        return [asyncio.sleep(60 * number) for number in payload]

    async def work() -> None:
        complete = Watch(app, JobComplete)
        queue.add("batch", [0, 1])
        async with running(app):
            await complete.until(1)
        assert queue.jobs("payload::text, last_error") == [("[0, 1]", MESSAGE)]

    run(work())


@pytest.mark.parametrize("timeout", [0, -1, float("nan"), float("inf")])
def test_a_timeout_is_a_time(app: App, timeout: float) -> None:
    with pytest.raises(UsageError, match="the timeout of the task quick is a number of seconds"):

        @app.task(timeout=timeout)
        async def quick() -> None: ...
