"""Threads that make calls for an event loop: who waits for whom, and who does not."""

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import wraps
from time import monotonic, sleep
from typing import ParamSpec

import pytest

from kongtask.worker.execution.threads import Threads

#: Seconds after which something that does not happen has not happened.
IN_VAIN = 30.0

P = ParamSpec("P")


def in_loop(test: Callable[P, Awaitable[None]]) -> Callable[P, None]:
    """Let a test run in an event loop of its own."""

    @wraps(test)
    def run(*arguments: P.args, **named: P.kwargs) -> None:
        async def main() -> None:
            await test(*arguments, **named)

        asyncio.run(main())

    return run


@asynccontextmanager
async def threads(most: int) -> AsyncIterator[Threads]:
    made = Threads(most)
    try:
        async with asyncio.timeout(IN_VAIN):
            yield made
    finally:
        made.close()


async def make_quick(made: Threads) -> None:
    """Make calls until the threads take calls for quick ones, as some may have been disturbed."""
    while not made._are_quick:
        await made.call(int, {})


@in_loop
async def test_outcomes_come_to_those_who_wait_for_them() -> None:
    def square(number: int) -> int:
        return number * number

    async with threads(4) as made:
        calls = (made.call(square, {"number": number}) for number in range(500))
        assert await asyncio.gather(*calls) == [(number * number, None) for number in range(500)]


@pytest.mark.parametrize("error", [ValueError, SystemExit, GeneratorExit, KeyboardInterrupt])
@in_loop
async def test_whatever_is_raised_is_an_outcome(error: type[BaseException]) -> None:
    def fail() -> None:
        raise error("so")

    async with threads(1) as made:
        result, raised = await made.call(fail, {})
        assert result is None
        assert type(raised) is error


@pytest.mark.parametrize("is_quick", [True, False])
@in_loop
async def test_calls_that_wait_for_each_other_have_a_thread_each(is_quick: bool) -> None:
    meeting = threading.Barrier(5)
    async with threads(5) as made:
        if is_quick:
            await make_quick(made)
        calls = (made.call(meeting.wait, {"timeout": IN_VAIN}) for _ in range(5))
        assert sorted(await asyncio.gather(*calls)) == [(place, None) for place in range(5)]


@in_loop
async def test_there_are_never_more_at_once_than_may_be() -> None:
    running, most = 0, 0
    lock = threading.Lock()

    def run() -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        sleep(0.002)
        with lock:
            running -= 1

    async with threads(3) as made:
        await asyncio.gather(*(made.call(run, {}) for _ in range(30)))
        assert most == 3
        made.most = 6
        await asyncio.gather(*(made.call(run, {}) for _ in range(30)))
        assert most == 6


@in_loop
async def test_an_outcome_does_not_wait_for_the_next_call_of_its_thread() -> None:
    end = threading.Event()
    async with threads(1) as made:
        await make_quick(made)
        quick = asyncio.create_task(made.call(int, {}))
        slow = asyncio.create_task(made.call(end.wait, {"timeout": IN_VAIN}))
        assert await quick == (0, None)
        assert not slow.done()
        end.set()
        assert await slow == (True, None)


@in_loop
async def test_a_call_that_is_cancelled_before_it_begins_is_not_made() -> None:
    end, made_calls = threading.Event(), list[int]()
    async with threads(1) as made:
        slow = asyncio.create_task(made.call(end.wait, {"timeout": IN_VAIN}))
        unwanted = asyncio.create_task(made.call(made_calls.append, {}))
        await asyncio.sleep(0)
        unwanted.cancel()
        await asyncio.gather(unwanted, return_exceptions=True)
        end.set()
        await slow
        await made.call(int, {})
        assert made_calls == []


@in_loop
async def test_threads_end_when_they_have_nothing_more_to_do() -> None:
    before = set(threading.enumerate())
    end = threading.Event()
    async with threads(3) as made:
        slow = asyncio.create_task(made.call(end.wait, {"timeout": IN_VAIN}))
        last = asyncio.create_task(made.call(int, {}))
        await last
        made.close()
        end.set()
        await slow
    deadline = monotonic() + IN_VAIN
    while set(threading.enumerate()) - before:
        assert monotonic() < deadline, "a thread has not ended"
        sleep(0.01)
