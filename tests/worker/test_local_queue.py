"""The local queue: its modes, its waits, and how much it claims."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import pytest

from kongtask.errors import UsageError
from kongtask.worker import App, Context, LocalQueueOptions, RefetchDelay, WorkerOptions
from kongtask.worker.claimed import ClaimedJob
from kongtask.worker.claiming.claimer import Found
from kongtask.worker.claiming.local_queue import LocalQueue, Mode
from kongtask.worker.events import (
    Emitter,
    JobComplete,
    LocalQueueGetJobsComplete,
    LocalQueueRefetchDelay,
    LocalQueueReturnJobs,
    LocalQueueSetMode,
    PoolListenSuccess,
)

from .queue import Queue
from .running import Watch, run, running


def job(number: int) -> ClaimedJob:
    return ClaimedJob((number, 1, "null", 0, 0, 1, 25, *[None] * 6, 0), "task")


@dataclass
class Desk:
    """A local queue whose claims are answered by hand.

    Attributes:
        asked: how many jobs each claim asked for.
        returned: the ids of jobs that were given back.
    """

    options: WorkerOptions
    asked: list[int] = field(default_factory=list)
    returned: list[int] = field(default_factory=list)
    modes: list[str] = field(default_factory=list)
    errors: list[BaseException] = field(default_factory=list)

    def __post_init__(self) -> None:
        emitter = Emitter()
        emitter.on(LocalQueueSetMode, lambda event: self.modes.append(event.new_mode))
        self._claims: asyncio.Queue[asyncio.Future[Found]] = asyncio.Queue()
        self.queue = LocalQueue(
            self._claim, self._give_back, self.options, emitter, self.errors.append
        )

    async def claim(self) -> asyncio.Future[Found]:
        """Wait for the next claim; whoever sets its result answers it."""
        async with asyncio.timeout(5):
            return await self._claims.get()

    async def answer(self, *numbers: int) -> None:
        """Wait for the next claim, and answer it with jobs."""
        (await self.claim()).set_result(Found([job(number) for number in numbers], False))

    def is_claiming(self) -> bool:
        return not self._claims.empty()

    async def _claim(self, size: int) -> Found:
        self.asked.append(size)
        future: asyncio.Future[Found] = asyncio.get_running_loop().create_future()
        self._claims.put_nowait(future)
        return await future

    async def _give_back(self, jobs: Any) -> None:
        self.returned.extend(job.id for job in jobs)


def desk(**options: Any) -> Desk:
    local = LocalQueueOptions(**options.pop("local", {}))
    return Desk(WorkerOptions(poll_interval=60, local_queue=local, **options))


def asker(desk: Desk) -> asyncio.Task[ClaimedJob | None]:
    return asyncio.create_task(desk.queue.next())


async def settle() -> None:
    """Let everything happen that can happen without anything from outside."""
    for _ in range(20):
        await asyncio.sleep(0)


def test_nothing_is_claimed_before_somebody_asks_and_then_for_as_many_as_ask() -> None:
    async def work() -> None:
        at = desk()
        at.queue.start()
        await settle()
        assert at.asked == []
        asking = [asker(at) for _ in range(3)]
        await at.answer(1, 2, 3)
        assert at.asked == [3]
        got = [await one for one in asking]
        assert [one.id for one in got if one] == [1, 2, 3]
        await settle()
        assert at.modes == [Mode.POLLING, Mode.WAITING, Mode.POLLING]
        await at.queue.release()
        assert at.modes[-1] == Mode.RELEASED

    run(work())


def test_a_notification_that_comes_while_an_empty_claim_is_answered_is_not_lost() -> None:
    """The claim has looked, a job is added, and the answer comes after the notification."""

    async def work() -> None:
        at = desk()
        at.queue.start()
        asking = asker(at)
        claim = await at.claim()
        at.queue.nudge()
        claim.set_result(Found([], False))
        await at.answer(7)
        got = await asking
        assert got is not None
        assert got.id == 7
        await at.queue.release()

    run(work())


def test_after_an_empty_claim_only_a_notification_or_the_poll_brings_another_one() -> None:
    async def work() -> None:
        at = desk()
        at.queue.start()
        asking = asker(at)
        await at.answer()
        await settle()
        assert not at.is_claiming()
        at.queue.nudge()
        await at.answer(1)
        assert (await asking) is not None
        await at.queue.release()
        polling = Desk(WorkerOptions(poll_interval=0.01))
        polling.queue.start()
        asking = asker(polling)
        await polling.answer()
        await polling.answer(1)
        assert (await asking) is not None
        await polling.queue.release()

    run(work())


def test_jobs_that_others_were_looking_at_are_looked_at_again_without_a_notification() -> None:
    async def work() -> None:
        at = desk()
        at.queue.start()
        asking = asker(at)
        (await at.claim()).set_result(Found([], True))
        await at.answer(1)
        assert (await asking) is not None
        await at.queue.release()

    run(work())


def test_jobs_that_nobody_begins_are_given_back_and_claimed_again_when_asked_for() -> None:
    async def work() -> None:
        at = desk(local={"ttl": 0.02})
        at.queue._ahead = 10
        at.queue.start()
        first = asker(at)
        await at.answer(1, 2, 3)
        assert (await first) is not None
        async with asyncio.timeout(5):
            while Mode.TTL_EXPIRED not in at.modes:
                await asyncio.sleep(0)
        await settle()
        assert at.returned == [2, 3]
        at.queue.nudge()
        await settle()
        assert not at.is_claiming()
        second = asker(at)
        await at.answer(2)
        assert (await second) is not None
        assert at.modes[2:5] == [Mode.TTL_EXPIRED, Mode.POLLING, Mode.WAITING]
        await at.queue.release()

    run(work())


def test_releasing_during_a_claim_gives_back_what_it_brings_and_sends_askers_home() -> None:
    async def work() -> None:
        at = desk()
        at.queue.start()
        asking = asker(at)
        claim = await at.claim()
        releasing = asyncio.create_task(at.queue.release())
        assert (await asking) is None
        claim.set_result(Found([job(1), job(2)], False))
        await releasing
        assert at.returned == [1, 2]
        assert at.queue.take() is None
        assert at.queue.jobs() == ()

    run(work())


def test_nothing_is_begun_once_the_queue_is_released_though_jobs_are_here() -> None:
    """A claim is under way, so they have not been given back yet."""

    async def work() -> None:
        at = desk()
        at.queue._ahead = 3
        at.queue.start()
        first = asker(at)
        await at.answer(1, 2, 3, 4)
        assert (await first) is not None
        assert at.queue.take() is not None
        await settle()
        assert at.queue.take() is not None
        claim = await at.claim()
        releasing = asyncio.create_task(at.queue.release())
        await settle()
        assert at.queue.take() is None
        assert (await asker(at)) is None
        claim.set_result(Found([job(5)], False))
        await releasing
        assert at.returned == [4, 5]

    run(work())


def test_jobs_that_cannot_be_given_back_are_a_fatal_error_and_stay_known() -> None:
    async def work() -> None:
        at = desk(local={"ttl": 0.01})

        async def refuse(jobs: Any) -> None:
            raise ValueError("no")

        at.queue._give_back = refuse
        at.queue._ahead = 10
        at.queue.start()
        first = asker(at)
        await at.answer(1, 2, 3)
        await first
        async with asyncio.timeout(5):
            while not at.errors:
                await asyncio.sleep(0)
        assert at.queue.is_released()
        assert [one.id for one in at.queue.jobs()] == [2, 3]
        assert (await asker(at)) is None

    run(work())


@pytest.mark.parametrize(
    ("nudges", "states"), [(0, ["start", "expired"]), (1_000, ["start", "abort"])]
)
def test_a_refetch_delay_follows_a_claim_that_found_little(nudges: int, states: list[str]) -> None:
    async def work() -> None:
        delay = RefetchDelay(duration=0.05, threshold=2, max_abort_threshold=1_000)
        at = desk(local={"refetch_delay": delay})
        seen: list[str] = []
        at.queue._emitter.on(LocalQueueRefetchDelay, lambda event: seen.append(event.state))
        at.queue.start()
        asking = [asker(at) for _ in range(5)]
        await at.answer(1, 2)
        await settle()
        assert seen == ["start"]
        at.queue.nudge(nudges or 0)
        if not nudges:
            assert not at.is_claiming()
            async with asyncio.timeout(5):
                while len(seen) < 2:
                    await asyncio.sleep(0)
            at.queue.nudge()
        await at.answer(3, 4, 5)
        assert len([await one for one in asking]) == 5
        assert seen == states
        await at.queue.release()

    run(work())


def test_a_delay_longer_than_the_poll_is_refused() -> None:
    with pytest.raises(UsageError, match="refetch delay"):
        desk(local={"refetch_delay": RefetchDelay(duration=61)})


def test_claims_grow_while_jobs_are_quick(queue: Queue, app: App) -> None:
    claims = Watch(app, LocalQueueGetJobsComplete)

    @app.task
    async def quick(payload: int) -> None: ...

    queue.fill("quick", 20_000)
    run(app.run_once())
    counts = [event.count for event in claims.seen]
    assert counts[0] == 10
    assert 1000 < max(counts) <= 10 + app.options.local_queue.size
    assert len(counts) < 60
    assert queue.jobs() == []


def test_slow_jobs_are_not_claimed_ahead(queue: Queue, app: App) -> None:
    """Two workers of five share ten jobs, though one of them could have had them all."""
    got: Counter[str] = Counter()

    async def work() -> None:
        all_run = asyncio.Event()

        @app.task
        async def slow(payload: int, context: Context) -> None:
            got[context.pool_id] += 1
            if got.total() == 10:
                all_run.set()
            await all_run.wait()

        queue.fill("slow", 10)
        done = Watch(app, JobComplete)
        options: dict[str, Any] = {"concurrency": 5, "poll_interval": 60}
        async with running(app, **options), running(app, **options):
            await done.until(10)

    run(work())
    assert sorted(got.values()) == [5, 5]


def test_two_workers_share_1000_jobs_of_10_ms(queue: Queue, app: App) -> None:
    got: Counter[str] = Counter()

    async def work() -> None:
        @app.task
        async def task(payload: int, context: Context) -> None:
            got[context.pool_id] += 1
            await asyncio.sleep(0.01)

        done = Watch(app, JobComplete)
        listening = Watch(app, PoolListenSuccess)
        async with running(app, poll_interval=60), running(app, poll_interval=60):
            await listening.until(2)
            queue.fill("task", 1000)
            queue.connection.execute(b"select pg_notify('jobs:insert', '')")
            await done.until(1000)

    run(work())
    assert all(400 <= count <= 600 for count in got.values())


def test_what_is_given_back_has_all_its_attempts(queue: Queue, app: App) -> None:
    returned = Watch(app, LocalQueueReturnJobs)

    async def work() -> None:
        is_over = asyncio.Event()

        @app.task
        async def task(payload: int) -> None:
            if payload == 300:
                await is_over.wait()

        queue.fill("task", 1000)
        async with running(
            app, concurrency=1, poll_interval=60, local_queue=LocalQueueOptions(ttl=0.1)
        ):
            await returned.until(1)
            assert queue.locks() == 1
            assert set(queue.jobs("attempts")) == {0, 1}
            is_over.set()
            await Watch(app, JobComplete).until(700)

    run(work())
    assert queue.jobs() == []
