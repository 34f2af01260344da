"""A producer of a run: ``python -m tests.chaos.producer CONNINFO OPTIONS``, the options as JSON.

Adds jobs in transactions, some of which it rolls back, and writes to a file what it knows of each:
first that it is going to, then what became of it. Where a connection is lost it cannot know.
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Sequence
from time import monotonic, sleep
from typing import Any

import psycopg

from kongtask.jobs import JobSpec, add_jobs

from .worker import appender

#: Seconds that the server may be away.
_PATIENCE = 60.0

#: How many named queues there are.
_QUEUES = 5

#: How many customers there are.
_CUSTOMERS = 4

#: The share of transactions that are rolled back.
_ROLLED_BACK = 0.15


def produce(
    conninfo: str,
    *,
    file: str,
    seed: int,
    first: int,
    count: int,
    long: float,
    transactional: float,
    limited: float,
    others: float,
    kinds: Sequence[str],
    pause: float,
) -> None:
    """Add jobs.

    Args:
        conninfo: the database.
        file: for what it knows.
        seed: for what the jobs are like.
        first: the number of its first job.
        count: how many jobs.
        long: the share of jobs that outlast a fault.
        transactional: the share of jobs whose task runs in a transaction, which Node cannot.
        limited: the share of jobs whose task has limits.
        others: the share of jobs whose task is one of ``kinds``.
        kinds: the tasks that run otherwise.
        pause: seconds between transactions, at most.
    """
    rng, tell = random.Random(seed), appender(file)
    number, last = first, first + count
    connection = _connect(conninfo)
    while number < last:
        numbers = list(range(number, min(last, number + rng.randint(1, 8))))
        number += len(numbers)
        specs = [
            _job(
                rng, each, long=long, transactional=transactional, limited=limited, others=others,
                kinds=kinds,
            )
            for each in numbers
        ]  # fmt: skip
        is_rolled_back = rng.random() < _ROLLED_BACK
        tell(numbers=numbers, outcome="unknown")
        try:
            with connection.transaction(force_rollback=is_rolled_back):
                add_jobs(connection, specs)
        except psycopg.Error:
            # Before the commit nothing has been done; but who can tell when the connection broke.
            connection.close()
            connection = _connect(conninfo)
        else:
            tell(numbers=numbers, outcome="rolled back" if is_rolled_back else "committed")
        sleep(rng.uniform(0, pause))  # jobs come one after the other, as they do from users
    connection.close()


def _job(
    rng: random.Random,
    number: int,
    long: float,
    transactional: float,
    limited: float,
    others: float,
    kinds: Sequence[str],
) -> JobSpec:
    """Return a job: some are long, some fail, some have few attempts, a third is in a queue."""
    payload = {
        "number": number,
        "seconds": rng.uniform(0.4, 1.5) if rng.random() < long else rng.uniform(0, 0.05),
        "failures": 1 if rng.random() < 0.03 else 0,
        "customer": rng.randrange(_CUSTOMERS),
    }
    kind = rng.random()
    identifier = "work" if kind >= limited + transactional else "pay"
    identifier = "call" if kind < limited else identifier
    identifier = rng.choice(kinds) if kind >= 1 - others else identifier
    queue = f"queue {rng.randrange(_QUEUES)}" if rng.random() < 1 / 3 else None
    return JobSpec(
        identifier=identifier, payload=[payload] if identifier == "batch" else payload,
        queue_name=queue, priority=rng.choice([0, 0, 0, -1, 1]),
        max_attempts=2 if rng.random() < 0.1 else 25,
    )  # fmt: skip


def _connect(conninfo: str) -> psycopg.Connection[Any]:
    deadline = monotonic() + _PATIENCE
    while True:
        try:
            return psycopg.connect(conninfo, autocommit=True, connect_timeout=5)
        except psycopg.OperationalError:
            if monotonic() > deadline:
                raise
            sleep(0.1)


if __name__ == "__main__":
    produce(sys.argv[1], **json.loads(sys.argv[2]))
