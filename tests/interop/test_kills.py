"""Two Python workers and one of Node on one queue, while the Python ones are killed all along."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Iterator
from time import monotonic, sleep

import pytest

from kongtask.database.connection import Connection, Target, connect
from kongtask.migrate import migrate, worker_migrations
from kongtask.names import WORKER_SCHEMA
from tests.programs import CHECKOUT, ENVIRON

from .peer import Peer

JOBS = 20_000
KILLS = 50

#: Seconds after which the test has waited in vain.
IN_VAIN = 300.0

#: Who holds a job changes in one column; this writes each change down.
HISTORY = """
create table public.log (
  id bigint generated always as identity, at timestamptz default clock_timestamp(),
  queue text, number int, what text, worker text
);
create table public.holders (
  id bigint generated always as identity, job bigint, old text, new text
);
create function public.note_holder() returns trigger language plpgsql as $$
begin
  insert into public.holders (job, old, new) values (new.id, old.locked_by, new.locked_by);
  return null;
end $$;
create trigger note_holder after update of locked_by on graphile_worker._private_jobs
  for each row when (old.locked_by is distinct from new.locked_by)
  execute function public.note_holder();
"""


class Killable:
    """A Python worker that is started again when it has been killed."""

    def __init__(self, conninfo: str, seed: int) -> None:
        self._conninfo, self._seed, self.kills = conninfo, seed, 0
        self.start()

    def start(self) -> None:
        command = [sys.executable, "-m", "tests.interop.killed", self._conninfo, str(self._seed)]
        self._seed += 1
        self.process = subprocess.Popen(
            command, cwd=CHECKOUT, env=ENVIRON, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        self.kills += 1


@pytest.fixture
def killable(database: Target) -> Iterator[list[Killable]]:
    migrate(database, worker_migrations(), WORKER_SCHEMA)
    workers: list[Killable] = []
    with connect(database) as connection:
        connection.execute(HISTORY.encode())
    try:
        workers += [Killable(database.conninfo, seed) for seed in (1000, 2000)]
        yield workers
    finally:
        for worker in workers:
            worker.process.kill()
            worker.process.wait()


def count(connection: Connection, query: str) -> int:
    row = connection.execute(query.encode()).fetchone()
    assert row is not None
    return int(row[0])


def test_no_effect_is_lost_and_no_lock_is_left_whoever_is_killed(
    peers: dict[int, Peer], database: Target, killable: list[Killable]
) -> None:
    """20,000 jobs of 5 to 200 ms; 50 times a Python worker is killed at a random moment."""
    rng, began = random.Random(20), monotonic()
    with (
        connect(database) as connection,
        peers[20].running(database, ["work"], longest=200, concurrentJobs=40),
    ):
        connection.execute(
            "select graphile_worker.add_jobs(array(select row('work', to_json(n), null, null, null,"
            " null, null, null)::graphile_worker.job_spec from generate_series(1, %s) as n))",
            [JOBS],
        )
        kills = 0
        while kills < KILLS:
            sleep(rng.uniform(0.2, 0.8))  # the moment is what is tried, not waited for
            victim = rng.choice(killable)
            victim.kill()
            victim.start()
            kills += 1
            assert monotonic() - began < IN_VAIN
        left = "select count(*) from graphile_worker._private_jobs"
        while count(connection, left):
            sleep(0.1)
            assert monotonic() - began < IN_VAIN, f"{count(connection, left)} jobs are left"
        assert sum(worker.kills for worker in killable) == KILLS
        ended = "select count(distinct number) from public.log where what = 'end'"
        assert count(connection, ended) == JOBS
        # By both sides, so that each was at work beside the other.
        for side in ("node", "python"):
            assert count(connection, f"select count(*) from public.log where worker = '{side}'") > 0
        # Nobody took a job from somebody: a lock is freed before it is taken.
        stolen = "select count(*) from public.holders where old is not null and new is not null"
        assert count(connection, stolen) == 0
        # A job runs again only where its worker was killed: at most those that one had begun.
        again = count(connection, "select count(*) from public.log where what = 'begin'") - JOBS
        assert 0 <= again <= KILLS * 40
        locked = (
            "select count(*) from graphile_worker._private_job_queues where locked_at is not null"
        )
        assert count(connection, locked) == 0
