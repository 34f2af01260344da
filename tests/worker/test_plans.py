"""What claiming and writing results cost the server, however large and stale its statistics are."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from kongtask.database.connection import Connection, Target, connect
from kongtask.migrate import migrate, worker_migrations
from kongtask.names import WORKER_SCHEMA
from kongtask.worker import App
from kongtask.worker.connections.session import Session
from kongtask.worker.events import JobComplete, LocalQueueGetJobsComplete, PoolListenSuccess

from .plans import nodes_of, plan_of, reads_of
from .queue import Queue
from .running import Watch, run, running

#: What only the statement that claims says.
CLAIM = b"with free as"

ANALYZE = b"analyze graphile_worker._private_jobs, graphile_worker._private_job_queues"


@pytest.fixture
def migrated(database: Target) -> Iterator[Connection]:
    """A connection to a database with an empty queue."""
    migrate(database, worker_migrations(), WORKER_SCHEMA)
    with connect(database) as connection:
        yield connection


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """What the workers' own connections ask, one round trip each."""
    asked: list[bytes] = []
    ask = Session._ask

    async def noted(self: Session, statement: bytes, values: Any) -> Any:
        asked.append(statement)
        return await ask(self, statement, values)

    monkeypatch.setattr(Session, "_ask", noted)
    return asked


def fill(connection: Connection, jobs: int) -> None:
    """Add jobs, half of them in ten thousand queues, and lock a thousand."""
    connection.execute(b"insert into graphile_worker._private_tasks (identifier) values ('t')")
    connection.execute(ANALYZE)  # of empty tables: the stale statistics
    connection.execute(b"""
        insert into graphile_worker._private_job_queues (queue_name)
        select 'q' || n from generate_series(1, 10000) as n
    """)
    connection.execute(
        b"""
        insert into graphile_worker._private_jobs
          (task_id, payload, job_queue_id, run_at, locked_at, locked_by, attempts)
        select
          1, 'null', case when n %% 2 = 0 then 1 + n %% 10000 end,
          now() - interval '1 hour' + n * interval '1 microsecond',
          case when n <= 1000 then timestamptz '2026-01-01' end,
          case when n <= 1000 then 'pool' end, (n <= 1000)::int
        from generate_series(1, %s) as n
        """,
        [jobs],
    )


def values_for(name: str, connection: Connection) -> dict[str, Any]:
    rows = connection.execute(
        b"select id from graphile_worker._private_jobs where locked_by = 'pool' order by id"
    )
    ids = [id_ for (id_,) in rows.fetchall()]
    moments = ["2026-01-01"] * (len(ids) if name in {"requeue", "renew"} else 1)
    return {
        "task_ids": [1], "forbidden": None, "size": 500, "pool_id": "pool", "now": None,
        "ids": ids, "moments": moments, "messages": ["no"] * len(ids),
        "payloads": [None] * len(ids), "verdicts": ["retry"] * len(ids),
        "waits": [None] * len(ids), "keys": [None] * len(ids), "moment": "2026-01-02",
    }  # fmt: skip


def steps_of(plan: dict[str, Any]) -> float:
    """Count the rows that a plan's nodes have looked at, again and again where they have."""
    steps: float = sum(
        node["Actual Loops"]
        * (
            node["Actual Rows"]
            + node.get("Rows Removed by Filter", 0)
            + node.get("Rows Removed by Join Filter", 0)
        )
        for node in nodes_of(plan)
    )
    return steps


@pytest.mark.parametrize("jobs", [2_000, 50_000, 1_000_000])
def test_claims_and_results_cost_the_same_however_many_jobs_wait(
    migrated: Connection, jobs: int
) -> None:
    """Each reads by the index that is meant for it, in a number of steps that has a ceiling."""
    fill(migrated, jobs)
    assert_plans(migrated)
    migrated.execute(ANALYZE)
    assert_plans(migrated)


def test_a_claim_costs_no_more_when_the_first_queues_come(migrated: Connection) -> None:
    """It was planned when there was none, and no statistics tell of them yet."""

    def add() -> None:
        migrated.execute(b"""
            insert into graphile_worker._private_job_queues (queue_name)
            select 'q' || n from generate_series(1, 5000) as n
        """)
        migrated.execute(b"""
            insert into graphile_worker._private_jobs (task_id, job_queue_id)
            select 1, id from graphile_worker._private_job_queues
        """)

    migrated.execute(b"insert into graphile_worker._private_tasks (identifier) values ('t')")
    migrated.execute(ANALYZE)
    values = values_for("claim", migrated)
    plan = plan_of(migrated, "claim", "force_generic_plan", values, meanwhile=add)
    assert sum(node["Actual Rows"] for node in nodes_of(plan)) > 500, "nothing was claimed"
    assert steps_of(plan) < 40_000  # of which 10,000 are the queues


def assert_plans(migrated: Connection) -> None:
    for mode in ("force_generic_plan", "force_custom_plan"):
        plan = plan_of(migrated, "claim", mode, values_for("claim", migrated))
        assert reads_of(plan, "_private_jobs") == {
            "jobs_no_queue_index", "jobs_main_index", "jobs_pkey1"
        }  # fmt: skip
        assert steps_of(plan) < 60_000  # of which 10,000 to 20,000 are the queues
        for name in ("complete", "requeue", "give_back"):
            plan = plan_of(migrated, name, mode, values_for(name, migrated))
            assert "Seq Scan" not in reads_of(plan, "_private_jobs")
            assert steps_of(plan) < 40_000
        plan = plan_of(migrated, "renew", mode, values_for("renew", migrated))
        assert "Seq Scan" not in reads_of(plan, "_private_jobs")
        assert steps_of(plan) < 100_000  # as many jobs as this never run at once


def test_1000_jobs_cost_few_round_trips(queue: Queue, app: App, statements: list[bytes]) -> None:
    @app.task
    async def task(payload: int) -> None: ...

    queue.fill("task", 1000)
    run(app.run_once())
    assert queue.jobs() == []
    assert sum(CLAIM in statement for statement in statements) <= 20
    assert len(statements) <= 60


def test_jobs_of_many_queues_are_claimed_together(
    queue: Queue, app: App, statements: list[bytes]
) -> None:
    """Also where all the first jobs are of one queue, then all of the next, and so on."""

    @app.task
    async def task() -> None: ...

    for name in range(25):
        queue.connection.execute(
            b"""
            select graphile_worker.add_jobs(array(
              select row('task', '{}', %s, '2020-01-01', null, null, null, null)
                ::graphile_worker.job_spec
              from generate_series(1, 20)
            ))
            """,
            [f"queue {name}"],
        )
    run(app.run_once())
    assert queue.jobs() == []
    # A queue has one job at a time; looking only as far as is asked for took more than 300 claims.
    assert sum(CLAIM in statement for statement in statements) <= 150


def test_a_job_alone_costs_one_claim_and_one_completion(
    queue: Queue, app: App, statements: list[bytes]
) -> None:
    @app.task
    async def task() -> None: ...

    async def work() -> None:
        done, listening = Watch(app, JobComplete), Watch(app, PoolListenSuccess)
        claims = Watch(app, LocalQueueGetJobsComplete)
        async with running(app, poll_interval=60):
            await listening.until(1)
            await claims.until(2)
            statements.clear()
            for number in range(1, 11):
                queue.add("task")
                await done.until(number)

    run(work())
    assert 20 <= len(statements) <= 22  # what was under way at the beginning included


def test_an_idle_worker_asks_once_a_poll(queue: Queue, app: App, statements: list[bytes]) -> None:
    @app.task
    async def task() -> None: ...

    async def work() -> float:
        loop = asyncio.get_running_loop()
        claims = Watch(app, LocalQueueGetJobsComplete)
        began = loop.time()
        async with running(app, poll_interval=0.1, listen=False):
            await claims.until(6)
            return loop.time() - began

    assert run(work()) >= 5 * 0.1
    assert sum(CLAIM in statement for statement in statements) <= 7
