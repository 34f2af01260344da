"""One effect a job: whoever dies, whatever is lost, and whoever comes back."""

from __future__ import annotations

import asyncio
import itertools
import json
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from kongtask.database.connection import Target, cut
from kongtask.worker import App, Context
from kongtask.worker.events import JobComplete, JobError
from tests.programs import CHECKOUT, ENVIRON

from .doomed import STEPS, make_app
from .queue import Queue
from .relay import Relay, relay_to
from .running import Watch, run, running
from .sources import SOURCES, Source

#: What a worker says that has rolled back a job that is not its own any more.
LOST = "was not this worker's any more when its task had returned"

#: Takes all jobs away from their workers.
UNLOCK = b"""
select graphile_worker.force_unlock_workers(array_agg(distinct locked_by))
from graphile_worker.jobs where locked_by is not null
"""

#: Whether no job is locked.
UNLOCKED = "select count(*) = 0 from graphile_worker.jobs where locked_at is not null"

#: How many transactions wait for their clients.
IN_TRANSACTION = """
select count(*) from pg_stat_activity
where datname = current_database() and state like 'idle in transaction%'
"""

#: Takes over from who is killed or paused for a second.
HASTY = {"mode": "heartbeat", "beat_interval": 0.2, "look_interval": 0.2, "threshold": 1.0}


@pytest.fixture
def effects(queue: Queue) -> Queue:
    """A queue with a table of effects, and one of calls, which are written at once."""
    queue.connection.execute(b"create table effects (number bigint)")
    queue.connection.execute(b"create table calls (number bigint)")
    return queue


class Doomed:
    """A worker that may die; it is killed at the end of the block if it still runs."""

    def __init__(self, conninfo: str, log: Path, **options: Any) -> None:
        with log.open("a") as file:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.worker.doomed", conninfo, json.dumps(options)],
                cwd=CHECKOUT, env=ENVIRON, stdin=subprocess.DEVNULL, stderr=file,
            )  # fmt: skip

    def __enter__(self) -> Doomed:
        return self

    def __exit__(self, *exc: object) -> None:
        self.kill()

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


def rows(queue: Queue, statement: str) -> list[Any]:
    return queue.connection.execute(statement.encode()).fetchall()


def wait_until(queue: Queue, question: str) -> None:
    """Wait until the answer is yes."""
    deadline = time.monotonic() + 60
    while rows(queue, question) != [(True,)]:
        assert time.monotonic() < deadline, question
        time.sleep(0.02)


def wait_until_logged(log: Path, text: str) -> None:
    """Wait until a worker has said something."""
    deadline = time.monotonic() + 60
    while text not in log.read_text():
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.02)


def assert_once(queue: Queue, jobs: int) -> None:
    """Assert that each job has one effect and one following job, and that none is left."""
    assert rows(queue, "select count(*), count(distinct number) from effects") == [(jobs, jobs)]
    left = rows(queue, "select task_identifier, count(*) from graphile_worker.jobs group by 1")
    assert left == [("next", jobs)]
    assert len(set(queue.jobs("payload::text"))) == jobs
    assert queue.locks() == 0


@pytest.mark.parametrize("step", STEPS)
def test_a_worker_is_killed_at_each_step(effects: Queue, step: str, tmp_path: Path) -> None:
    """What it has not committed is gone, and what it has is not done again."""
    effects.add("work", 0, queue_name="q")
    with Doomed(effects.conninfo, tmp_path / "log", at=step) as worker:
        assert worker.process.wait(60) == -signal.SIGKILL
    committed = step == "committed"
    assert rows(effects, "select count(*) from effects") == [(int(committed),)]
    assert len(effects.jobs()) == 1  # it, or the one that follows
    assert effects.locks() == (0 if committed else 2)
    effects.connection.execute(UNLOCK)
    run(make_app(effects.conninfo).run_once())
    assert_once(effects, 1)
    calls = {"before the begin": 1, "begun": 1, "committed": 1}.get(step, 2)
    assert rows(effects, "select count(*) from calls") == [(calls,)]


@pytest.fixture
def relay(queue: Queue) -> Iterator[Relay]:
    with relay_to(Target(conninfo=queue.conninfo, source="test")) as relay:
        yield relay


@pytest.fixture(params=[name for name in SOURCES if name != "SQLAlchemy, Connection"])
def far(request: pytest.FixtureRequest, relay: Relay) -> Iterator[Source]:
    """An application with transactions of each kind, by way of the relay."""
    with SOURCES[request.param](relay.conninfo) as source:
        yield source


def writing(source: Source) -> list[int]:
    """Let an application have a task that writes a row; return a list of its calls."""
    calls: list[int] = []

    def body(context: Any, handle: Any) -> Any:
        calls.append(context.job.attempts)
        yield "insert into effects values (1)"

    source.task(body)
    return calls


def test_a_commit_whose_answer_is_lost_is_found_out(
    far: Source, relay: Relay, effects: Queue
) -> None:
    """The job is done, so it does not run again, and nobody is told of an error."""
    calls = writing(far)
    done, errors = Watch(far.app, JobComplete), Watch(far.app, JobError)
    effects.add("task", queue_name="q")
    relay.cut_answer_to(b"COMMIT")
    run(far.app.run_once())
    assert relay.was_cut.wait(10)
    assert calls == [1]
    assert rows(effects, "select number from effects") == [(1,)]
    assert [event.error for event in done.seen] == [None]
    assert errors.seen == []
    assert effects.jobs() == []
    assert effects.locks() == 0


@pytest.mark.parametrize("is_delivered", [True, False])
def test_a_connection_that_hangs_at_the_commit_is_given_up(
    far: Source, relay: Relay, effects: Queue, is_delivered: bool
) -> None:
    """Its transaction has ended, or is ended: then the attempt has failed."""
    calls = writing(far)
    done = Watch(far.app, JobComplete)
    effects.add("task", queue_name="q")
    relay.freeze_on(b"COMMIT", is_delivered=is_delivered)
    run(far.app.run_once(answer_timeout=1.0))
    assert relay.was_frozen.is_set()
    assert calls == [1]
    assert [event.error is None for event in done.seen] == [is_delivered]
    assert rows(effects, "select count(*) from effects") == [(int(is_delivered),)]
    assert effects.jobs("attempts") == ([] if is_delivered else [1])
    assert effects.locks() == 0


def test_a_deletion_whose_answer_is_lost_fails_the_attempt(
    far: Source, relay: Relay, effects: Queue
) -> None:
    """Nobody has told the server to commit."""
    calls = writing(far)
    effects.add("task", queue_name="q")
    relay.freeze_on(b"delete from", is_delivered=True)
    run(far.app.run_once(answer_timeout=1.0))
    assert relay.was_frozen.is_set()
    assert calls == [1]
    assert rows(effects, "select count(*) from effects") == [(0,)]
    ((attempts, error),) = effects.jobs("attempts, last_error")
    assert attempts == 1
    assert error.startswith("the task's transaction could not be completed: ")
    assert effects.locks() == 0


@pytest.mark.parametrize("text", [b"BEGIN", b"set local"], ids=["begin", "name"])
def test_a_connection_that_hangs_at_the_begin_is_given_up(
    far: Source, relay: Relay, effects: Queue, text: bytes
) -> None:
    """Nothing has been done, so the task runs in another transaction, and that is no attempt."""
    calls = writing(far)
    effects.add("task")
    run(far.app.run_once())  # a first connection says more than the worker does
    done = Watch(far.app, JobComplete)
    effects.add("task", queue_name="q")
    relay.freeze_on(text, is_delivered=True)
    run(far.app.run_once(answer_timeout=1.0))
    assert relay.was_frozen.is_set()
    assert calls == [1, 1]
    assert [event.error for event in done.seen] == [None]
    assert rows(effects, "select count(*) from effects") == [(2,)]
    assert effects.locks() == 0


def test_a_connection_that_hangs_at_the_rollback_is_given_up(
    far: Source, relay: Relay, effects: Queue
) -> None:
    """The attempt fails; SQLAlchemy tells of the rollback first, and then of the task's error."""

    def body(_context: Any, _handle: Any) -> Any:
        yield "insert into effects values (1)"
        relay.freeze()
        raise ValueError("on purpose")

    far.task(body)
    done = Watch(far.app, JobComplete)
    effects.add("task", queue_name="q")
    run(far.app.run_once(answer_timeout=1.0))
    (error,) = [event.error for event in done.seen]
    while error is not None and not isinstance(error, ValueError):
        error = error.__context__
    assert str(error) == "on purpose"
    assert rows(effects, "select count(*) from effects") == [(0,)]
    assert effects.jobs("attempts") == [1]
    assert effects.locks() == 0
    assert rows(effects, IN_TRANSACTION) == [(0,)]


def test_a_transaction_whose_connection_is_lost_does_not_keep_its_locks(
    relay: Relay, effects: Queue
) -> None:
    """The next attempt would wait for them, as long as the server takes the client for alive."""
    app = App(relay.conninfo)

    @app.task(transactional=True)
    async def task(context: Context) -> None:
        async with context.connection() as connection:
            await connection.execute(b"update effects set number = number + 1")
            if context.job.attempts == 1:
                relay.freeze()
                cut(connection)
            await connection.execute(b"select 1")

    effects.connection.execute(b"insert into effects values (0)")
    effects.add("task")

    async def work() -> None:
        done = Watch(app, JobComplete)
        async with running(app, answer_timeout=1.0):
            await done.until(2)
        assert [event.error is None for event in done.seen] == [False, True]

    run(work())
    assert rows(effects, IN_TRANSACTION) == [(0,)]
    assert rows(effects, "select number from effects") == [(1,)]


def test_an_error_after_the_commit_changes_nothing(effects: Queue) -> None:
    """A hook of Django's that raises looks like a commit that failed."""
    from django.db import transaction

    from .sources import ALIAS

    def fail() -> None:
        raise RuntimeError("too late")

    with SOURCES["Django"](effects.conninfo) as source:

        def body(context: Any, handle: Any) -> Any:
            yield "insert into effects values (1)"
            transaction.on_commit(fail, using=ALIAS)

        source.task(body)
        done = Watch(source.app, JobComplete)
        effects.add("task")
        run(source.app.run_once())
    assert [event.error for event in done.seen] == [None]
    assert rows(effects, "select number from effects") == [(1,)]
    assert effects.jobs() == []


def test_a_worker_that_is_stopped_by_force_ends_or_rolls_back(effects: Queue) -> None:
    """What runs is cancelled: its transaction is rolled back, and the attempt has failed."""
    app = make_app(effects.conninfo)
    effects.add("work", 60)

    async def work() -> None:
        async with running(app) as runner:
            while rows(effects, "select count(*) from calls") == [(0,)]:
                await asyncio.sleep(0.01)
            await runner.kill()

    run(work())
    assert rows(effects, "select count(*) from effects") == [(0,)]
    assert effects.jobs("attempts, locked_by") == [(1, None)]


def test_two_workers_run_a_job_at_once_and_one_of_them_rolls_back(
    effects: Queue, tmp_path: Path
) -> None:
    """Somebody has unlocked it by force."""
    log, options = tmp_path / "log", {"poll_interval": 0.1}
    effects.add("work", 2)
    with Doomed(effects.conninfo, log, **options):
        wait_until(effects, "select count(*) = 1 from calls")
        with Doomed(effects.conninfo, log, **options):
            effects.connection.execute(UNLOCK)
            wait_until_logged(log, LOST)
            wait_until(effects, "select count(*) = 1 from effects")
    assert rows(effects, "select count(*) from calls") == [(2,)]
    assert_once(effects, 1)


def test_2000_jobs_while_workers_are_killed_paused_and_cut_off(
    effects: Queue, tmp_path: Path
) -> None:
    """Three workers: they die, pause until others have their jobs, lose jobs and connections."""
    jobs, rng, began, log = 2000, random.Random(7), time.monotonic(), tmp_path / "log"
    effects.fill("work", jobs)
    effects.connection.execute(
        b"update graphile_worker._private_jobs set payload = '0.05', max_attempts = 1000"
    )
    options = {"life": {**HASTY, "most_deaths": 1000}, "concurrency": 10, "poll_interval": 0.2}
    with ExitStack() as stack:

        def start() -> Doomed:
            return stack.enter_context(Doomed(effects.conninfo, log, **options))

        workers = [start() for _ in range(3)]
        faults, kills = itertools.cycle(("kill", "unlock", "pause", "kill", "cut off")), 0
        while rows(effects, "select count(distinct number) from effects") != [(jobs,)]:
            assert time.monotonic() - began < 300
            worker, fault = rng.choice(workers), next(faults)
            match fault:
                case "kill":
                    worker.kill()
                    workers.remove(worker)
                    workers.append(start())
                    kills += 1
                case "pause":
                    worker.send(signal.SIGSTOP)
                    time.sleep(2.5)  # until others have its jobs
                    worker.send(signal.SIGCONT)
                case "unlock":
                    effects.connection.execute(UNLOCK)
                case "cut off":
                    effects.connection.execute(b"""
                        select pg_terminate_backend(pid) from pg_stat_activity
                        where datname = current_database() and pid <> pg_backend_pid()
                          and random() < 0.3
                    """)
            time.sleep(rng.uniform(0.3, 0.6))
        wait_until(
            effects, "select count(*) = 0 from graphile_worker.jobs where locked_at is not null"
        )
    assert_once(effects, jobs)
    assert kills >= 2
    assert LOST in log.read_text()
    assert rows(effects, "select count(*) > 2000 from calls") == [(True,)]
