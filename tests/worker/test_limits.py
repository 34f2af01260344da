"""Limits over several workers: never exceeded, never lost, and quick to be used again."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from itertools import cycle
from typing import Any, NamedTuple

from kongtask.migrate import install_extension
from tests.programs import CHECKOUT, ENVIRON

from .held_back import MAKE_HISTORY, MOST, MOST_A_SECOND, MOST_OF_A_KEY
from .queue import Queue
from .running import target_of

#: Seconds after which a test has waited in vain.
IN_VAIN = 120.0

NO_JOBS = b"select count(*) = 0 from graphile_worker._private_jobs"


class Attempt(NamedTuple):
    """What the history tells of a job that ran."""

    task: str
    key: str
    claimed_at: datetime
    begin: datetime
    end: datetime


@contextmanager
def worker(queue: Queue) -> Iterator[subprocess.Popen[bytes]]:
    """Run a worker in a process of its own."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.worker.held_back", queue.conninfo],
        cwd=CHECKOUT, env=ENVIRON, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(IN_VAIN)
        finally:
            process.kill()
            process.wait()


def at_work(queue: Queue, stack: ExitStack) -> list[subprocess.Popen[bytes]]:
    """Run three workers, and wait until all of them are there."""
    install_extension(target_of(queue.conninfo), "graphile_worker")
    queue.connection.execute(MAKE_HISTORY)
    workers = [stack.enter_context(worker(queue)) for _ in range(3)]
    wait_until(queue, b"select count(*) = 3 from kongtask.pools")
    return workers


def kill_in_the_middle(queue: Queue, workers: list[subprocess.Popen[bytes]]) -> None:
    """Kill a worker that a limit has allowed to run a job just now."""
    for process in cycle(workers):
        process.send_signal(signal.SIGSTOP)
        held = queue.connection.execute(
            b"""
            select count(*)
            from kongtask.permits as permits
            join graphile_worker._private_jobs as jobs
              on jobs.id = permits.job_id and jobs.locked_by = permits.pool_id
            join kongtask.pools as pools on pools.pool_id = permits.pool_id
            where pools.process_id = %s
            """,
            [process.pid],
        ).fetchone()
        if held != (0,):
            process.kill()
            process.wait()
            return
        process.send_signal(signal.SIGCONT)


def fill(queue: Queue, task: str, count: int, keys: int = 12) -> None:
    """Add many jobs of a task, of each key every so many."""
    queue.connection.execute(
        b"""
        select count(*) from graphile_worker.add_jobs(array(
          select row(%s, json_build_object('customer', json_build_object('id', (n %% %s)::text)),
            null, null, null, null, null, null)::graphile_worker.job_spec
          from generate_series(1, %s) as n
        ))
        """,
        [task, keys, count],
    )


def wait_until(queue: Queue, query: bytes) -> None:
    """Wait until a query answers with true."""
    deadline = time.monotonic() + IN_VAIN
    while queue.connection.execute(query).fetchone() != (True,):
        assert time.monotonic() < deadline, query
        time.sleep(0.05)


def attempts_of(queue: Queue, killed_at: datetime | None = None) -> list[Attempt]:
    """Return what ran; what has no end in the history ended with its worker."""
    rows: list[Any] = queue.connection.execute(b"""
        select one.task, one.key, one.claimed_at, one.at, other.at
        from history as one
        left join history as other
          on other.job_id = one.job_id and other.claimed_at = one.claimed_at and other.what = 'end'
        where one.what = 'begin'
        order by one.at
    """).fetchall()
    assert killed_at is not None or all(row[-1] is not None for row in rows)
    return [Attempt._make((*row[:-1], row[-1] or killed_at)) for row in rows]


def most_at_once(attempts: Iterable[Attempt]) -> int:
    """Return how many of some attempts ran at once at most."""
    steps = [step for one in attempts for step in ((one.begin, 1), (one.end, -1))]
    running = most = 0
    for _, step in sorted(steps):
        running += step
        most = max(most, running)
    return most


def assert_kept(attempts: list[Attempt]) -> None:
    """Check the limits of held_back.py at every moment; and that they were made use of."""
    shared = [one for one in attempts if one.task in ("keyed", "shared")]
    assert most_at_once(shared) == MOST
    keyed = [one for one in attempts if one.task == "keyed"]
    for key in {one.key for one in keyed}:
        assert most_at_once(one for one in keyed if one.key == key) == MOST_OF_A_KEY
    assert most_at_once(one for one in attempts if one.task == "free") > MOST


def test_three_workers_keep_limits_and_one_that_is_killed_gives_its_share_back(
    queue: Queue,
) -> None:
    with ExitStack() as stack:
        workers = at_work(queue, stack)
        for task, count in (("keyed", 900), ("shared", 600), ("free", 500)):
            fill(queue, task, count)
        wait_until(queue, b"select count(*) > 500 from history where what = 'begin'")
        kill_in_the_middle(queue, workers)
        row = queue.connection.execute(b"select clock_timestamp()").fetchone()
        assert row is not None
        stack.enter_context(worker(queue))
        wait_until(queue, NO_JOBS)
    attempts = attempts_of(queue, killed_at=row[0])
    assert len(attempts) >= 2_000
    assert_kept(attempts)


def test_three_workers_keep_a_rate(queue: Queue) -> None:
    with ExitStack() as stack:
        at_work(queue, stack)
        fill(queue, "paced", 5 * MOST_A_SECOND)
        wait_until(queue, NO_JOBS)
    moments = sorted(one.claimed_at for one in attempts_of(queue))
    spans = [
        later - earlier for earlier, later in zip(moments, moments[MOST_A_SECOND:], strict=False)
    ]
    assert len(moments) == 5 * MOST_A_SECOND
    assert min(spans) >= timedelta(seconds=1)
    # As soon as there is room, it is used: it takes four seconds, and not much more.
    assert moments[-1] - moments[0] < timedelta(seconds=10)
