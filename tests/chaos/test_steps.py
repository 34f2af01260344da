"""The await points at which workers are killed."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys

from tests.programs import CHECKOUT, ENVIRON

from .steps import all_places, all_points, next_death

#: A process that dies when its innermost await has begun for the second time.
PROGRAM = """\
import asyncio, json
from tests.chaos.steps import Place, kill_at

async def inner():
    await asyncio.sleep(0)

async def outer():
    await inner()
    await inner()

async def main():
    kill_at(
        [Place("__main__.inner:5", "suspended")], 2,
        lambda here, seen: print(json.dumps([here, sorted(seen)])),
    )
    await asyncio.create_task(outer())

asyncio.run(main())
"""


def test_every_await_of_the_worker_is_a_point() -> None:
    functions = {point.function for point in all_points()}
    assert "kongtask.worker.claiming.claimer.Claimer.claim" in functions
    assert "kongtask.worker.life.session.LifeSession._ask" in functions
    assert len(all_points()) > 100


def test_workers_die_on_both_sides_of_every_await() -> None:
    places = {(str(point), side) for point in all_points() for side in ("suspended", "resumed")}
    assert set(all_places()) == places
    chosen = {place for seed in range(20) for place in next_death(random.Random(seed), [])[0]}
    assert chosen == places


def test_workers_mostly_die_where_none_has_died() -> None:
    fresh = set(all_places()[:10])
    reached = set(all_places()) - fresh
    deaths = [set(next_death(random.Random(seed), reached)[0]) for seed in range(200)]
    assert 120 < sum(death <= fresh for death in deaths) < 200


def test_a_process_dies_at_its_place_and_tells_where_all_that_wait_for_it_stand() -> None:
    done = subprocess.run(
        [sys.executable, "-u", "-c", PROGRAM], cwd=CHECKOUT, env=ENVIRON, capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    assert done.returncode == -signal.SIGKILL, done.stderr
    (waiting, held_up, *_), seen = json.loads(done.stdout)
    assert waiting == ["__main__.outer:9", "suspended"]
    assert held_up == ["__main__.inner:5", "suspended"]
    assert {"__main__.outer:8", "__main__.outer:9", "__main__.inner:5"} <= set(seen)
