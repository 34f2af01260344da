"""The faults, and which of them a seed chooses."""

from __future__ import annotations

import random
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from time import time
from typing import TYPE_CHECKING

import psycopg

from kongtask.database.connection import Connection
from kongtask.jobs import cancel_jobs, pause, resume, set_concurrency
from kongtask.jobs.pauses import PauseKind
from tests.interop.peer import node_environment

if TYPE_CHECKING:
    from .run import Run

#: One in so many statements that write to jobs clashes with another.
_CLASH_ONE_IN = 5

#: What is paused now and then.
_SUBJECTS: tuple[tuple[PauseKind, str], ...] = (
    ("all", ""), ("task", "work"), ("task", "block"), ("queue", "queue 0"), ("queue", "queue 1"),
)  # fmt: skip

#: How many jobs are cancelled with that.
_MOST_CANCELLED = 5

#: Up to how many jobs a pool is told to run at once.
_MOST_AT_ONCE = 8

#: Seconds after which a fault looks again for a worker that runs.
_SOON = 0.2


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that goes wrong.

    Attributes:
        name: what it is called.
        strike: makes it happen.
        is_lasting: whether it goes on from the first time on, which then is the begin of the run.
    """

    name: str
    strike: Callable[[Run], None]
    is_lasting: bool = False


def _kill(run: Run) -> None:
    """Kill a worker, which is started again a moment later."""
    victim = run.choose([*run.victims(), *run.node])
    if victim is None:
        run.later(_SOON, lambda: _kill(run))
        return
    run.kill(victim)
    run.start_later(victim, run.rng.uniform(0.1, 1.0))


def _kill_at_await(run: Run) -> None:
    """Let the victims die at await points from now on, each at one after the other."""
    for victim in run.victims():
        if victim.kill_at is None:
            run.move_on(victim)


def _stop(run: Run) -> None:
    """Pause a worker for longer than others wait for a sign of life; then let it go on."""
    victim = run.choose(run.victims())
    if victim is None:
        run.later(_SOON, lambda: _stop(run))
        return
    victim.send(signal.SIGSTOP)
    began = time()
    seconds = run.threshold + run.rng.uniform(0.5, 2.0)

    def go_on() -> None:
        if victim.is_stopped:
            victim.send(signal.SIGCONT)
        run.disturbed("stop", victim.name, began)

    run.later(seconds, go_on)


def _terminate(run: Run) -> None:
    """End some of the server's processes, of Python workers and of producers."""
    began = time()
    with run.servers.operator() as connection:
        _terminate_some(connection, run.rng, 0.6)
    run.disturbed("terminate", None, began)


def _terminate_some(connection: Connection, rng: random.Random, share: float) -> None:
    rows = connection.execute(
        b"select pid from pg_stat_activity"
        b" where usename = 'app' and application_name !~ '^node-' order by pid"
    ).fetchall()
    for (pid,) in rows:
        if rng.random() < share:
            connection.execute(b"select pg_terminate_backend(%s)", [pid])


def _restart(run: Run) -> None:
    """Let the server crash and come back."""
    with _without_node(run):
        began = time()
        run.servers.current.crash()
        run.servers.current.start()
        run.disturbed("restart", None, began)


def _fail_over(run: Run) -> None:
    """Lose the server for good; its replica takes over. It happens once in a run."""
    if run.servers.current is not run.servers.all[0] or len(run.servers.all) == 1:
        return
    with _without_node(run):
        began = time()
        run.servers.fail_over()
        run.disturbed("failover", None, began)


@contextmanager
def _without_node(run: Run) -> Iterator[None]:
    """Let no Node worker see the block: it loses the ends of jobs where the server goes away."""
    for worker in run.node:
        if worker.is_running():
            run.kill(worker)
    yield
    for worker in run.node:
        worker.environ = node_environment(run.servers.target())
        run.start_later(worker, 0.0)


def _freeze(run: Run) -> None:
    """Leave all connections of Python workers half open: nothing arrives, and nobody is told."""
    began = time()
    for relay in run.relays:
        relay.freeze()
    run.later(run.answer_timeout, lambda: run.disturbed("half-open", None, began))


def _deafen(run: Run) -> None:
    """Lose all notifications for some time."""
    began = time()

    def set_deaf(is_deaf: bool) -> None:
        for relay in run.relays:
            relay.is_deaf = is_deaf

    def hear_again() -> None:
        set_deaf(False)
        run.disturbed("deaf", None, began)

    set_deaf(True)
    run.later(run.rng.uniform(1.0, 3.0), hear_again)


def _control(run: Run) -> None:
    """Pause something for some time, cancel jobs, and let pools run more or fewer at once."""
    began = time()
    kind, name = run.rng.choice(_SUBJECTS)
    with run.servers.operator() as connection:
        pause(connection, kind, name)
        rows = connection.execute(b"select id from graphile_worker._private_jobs order by id")
        ids = [id_ for (id_,) in rows.fetchall()]
        chosen = run.rng.sample(ids, min(_MOST_CANCELLED, len(ids)))
        run.cancelled.update(cancel_jobs(connection, chosen))
        for (pool,) in connection.execute(b"select pool_id from kongtask.pools").fetchall():
            set_concurrency(connection, pool, run.rng.randint(1, _MOST_AT_ONCE))

    def go_on() -> None:
        with run.servers.operator() as connection:
            resume(connection, kind, name)
        run.disturbed("control", None, began)

    run.later(run.rng.uniform(0.5, 2.0), go_on)


def _clash(run: Run) -> None:
    """Let statements fail with serialization failures and deadlocks for some time."""
    began = time()

    def set_clashes(one_in: int) -> None:
        with run.servers.operator() as connection:
            connection.execute(b"update chaos.clashes set one_in = %s", [one_in])

    def end() -> None:
        set_clashes(0)
        run.disturbed("clash", None, began)

    set_clashes(_CLASH_ONE_IN)
    run.later(run.rng.uniform(1.0, 3.0), end)


def _exhaust(run: Run) -> None:
    """Take all of the server's connections for some time, and let workers need new ones."""
    began = time()
    hogs: list[psycopg.Connection[tuple[object, ...]]] = []

    def take_all() -> None:
        with suppress(psycopg.OperationalError):
            while True:
                hogs.append(psycopg.connect(run.servers.target().conninfo, autocommit=True))

    take_all()
    with run.servers.operator() as connection:
        _terminate_some(connection, run.rng, 0.4)
    take_all()

    def give_back() -> None:
        for hog in hogs:
            hog.close()
        run.disturbed("exhaustion", None, began)

    run.later(run.rng.uniform(0.5, 2.0), give_back)


def _fill_disk(run: Run) -> None:
    """Start a worker anew whose log cannot be written: the disk is full."""
    victim = run.choose(run.victims())
    if victim is None:
        run.later(_SOON, lambda: _fill_disk(run))
        return
    began = time()
    run.kill(victim)
    victim.log = run.full_disk
    run.start_later(victim, 0.0)
    run.disturbed("disk", victim.name, began)


FAULTS = {
    fault.name: fault
    for fault in (
        Fault("kill", _kill),
        Fault("await", _kill_at_await, is_lasting=True),
        Fault("stop", _stop),
        Fault("terminate", _terminate),
        Fault("restart", _restart),
        Fault("failover", _fail_over),
        Fault("half-open", _freeze),
        Fault("deaf", _deafen),
        Fault("control", _control),
        Fault("clash", _clash),
        Fault("exhaustion", _exhaust),
        Fault("disk", _fill_disk),
    )
}


def choose_faults(seed: int) -> tuple[str, ...]:
    """Return some faults that a seed mixes; kills are always among them."""
    rng = random.Random(seed)
    others = sorted(set(FAULTS) - {"kill"})
    return tuple(sorted(["kill", *rng.sample(others, rng.randint(2, 5))]))


def moments(rng: random.Random, names: Sequence[str], seconds: float) -> list[tuple[float, Fault]]:
    """Return when which fault strikes, in the order of time.

    Args:
        rng: chooses.
        names: the faults; each strikes at least once.
        seconds: until when.
    """
    more = max(0, round(seconds) - len(names)) if names else 0
    strikes = [*names, *rng.choices(names, k=more)] if more else list(names)
    return sorted(
        (
            (0.0 if FAULTS[name].is_lasting else rng.uniform(0.5, seconds), FAULTS[name])
            for name in strikes
        ),
        key=lambda one: one[0],
    )
