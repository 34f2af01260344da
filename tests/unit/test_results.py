"""When results are written, and with how many others."""

import asyncio
from collections.abc import Sequence

import pytest

from kongtask.worker.execution import results
from kongtask.worker.execution.results import Batcher


async def written(first: int, *, is_urgent: bool) -> list[int]:
    """Write so many results, then ten more that come one after the other; return the batches."""
    batches: list[int] = []

    async def write(batch: Sequence[int]) -> None:
        batches.append(len(batch))

    def on_fatal(error: BaseException) -> None:
        raise error

    batcher = Batcher(write, 0.0, on_fatal, is_urgent=lambda _: is_urgent)
    for number in range(first):
        batcher.add(number)
    while not batches:
        await asyncio.sleep(0)
    for number in range(10):
        batcher.add(number)
        for _ in range(5):
            await asyncio.sleep(0)
    await batcher.drain()
    return batches


@pytest.fixture(autouse=True)
def _long_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no busy machine be so slow."""
    monkeypatch.setattr(results, "_MOMENT", 0.5)


def test_where_many_come_the_next_ones_are_written_together() -> None:
    assert asyncio.run(written(results._MANY, is_urgent=False)) == [results._MANY, 10]


def test_few_are_written_at_once() -> None:
    few = results._MANY - 1
    assert asyncio.run(written(few, is_urgent=False)) == [few, *[1] * 10]


def test_many_are_written_at_once_where_somebody_waits_for_them() -> None:
    assert asyncio.run(written(results._MANY, is_urgent=True)) == [results._MANY, *[1] * 10]
