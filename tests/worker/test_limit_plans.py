"""What claiming under limits costs the server, however many jobs and permits there are."""

from __future__ import annotations

import json
from typing import Any

import pytest

from kongtask.database.connection import Connection
from kongtask.migrate import install_extension

from .plans import nodes_of, plan_of, reads_of
from .queue import Queue
from .running import target_of

PACKAGE = "kongtask.worker.limits"


def fill(connection: Connection, jobs: int) -> None:
    """Add jobs of a limited task, a tenth of another; a thousand run, of which half have permits.

    And as many permits of rates, which have ended, as there are jobs.
    """
    connection.execute(
        b"insert into graphile_worker._private_tasks (identifier) values ('limited'), ('free')"
    )
    connection.execute(
        b"""
        insert into graphile_worker._private_jobs
          (task_id, payload, run_at, locked_at, locked_by, attempts)
        select
          case when n %% 10 = 0 then 2 else 1 end, json_build_object('key', n %% 1000),
          now() - interval '1 hour',
          case when n <= 1000 then timestamptz '2026-01-01' end,
          case when n <= 1000 then 'pool' end, (n <= 1000)::int
        from generate_series(1, %s) as n
        """,
        [jobs],
    )
    connection.execute(
        b"""
        insert into kongtask.permits (limit_name, key, job_id, pool_id, locked_at, ends_at)
        select 'keyed', (n %% 1000)::text, n, 'pool', timestamptz '2026-01-01', null
        from generate_series(1, 500) as n
        union all
        select 'old', (n %% 1000)::text, n, 'pool', timestamptz '2026-01-01', now()
        from generate_series(1, %s) as n
        """,
        [jobs],
    )


def values_for(connection: Connection, reach: int) -> dict[str, Any]:
    limits = [
        {"task_id": 1, "number": 0, "name": "keyed", "amount": 1, "key_path": ["key"]},
        {"task_id": 1, "number": 1, "name": "all", "amount": 600, "key_path": []},
    ]
    ids = [
        id_
        for (id_,) in connection.execute(
            b"select id from graphile_worker._private_jobs where is_available order by id limit 50"
        )
    ]
    return {
        "limits": json.dumps(limits), "free_tasks": [2], "limited_tasks": [1],
        "forbidden": None, "now": None,
        "reach": reach, "most": 200, "ids": ids, "revisions": [0] * len(ids), "queue_ids": [],
        "pool_id": "pool", "permit_ids": ids, "names": ["keyed"] * len(ids),
        "keys": [str(id_ % 1000) for id_ in ids], "pers": [None] * len(ids),
    }  # fmt: skip


def steps_of(plan: dict[str, Any]) -> float:
    """Count the rows that a plan's nodes have looked at, again and again where they have."""
    steps: float = sum(
        node["Actual Loops"] * (node["Actual Rows"] + node.get("Rows Removed by Filter", 0))
        for node in nodes_of(plan)
    )
    return steps


@pytest.mark.parametrize("jobs", [3_000, 300_000])
def test_claims_under_limits_cost_the_same_however_many_jobs_wait(queue: Queue, jobs: int) -> None:
    """With statistics and without, each reads by an index, in a bounded number of steps."""
    install_extension(target_of(queue.conninfo), "graphile_worker")
    fill(queue.connection, jobs)
    assert_plans(queue.connection)
    queue.connection.execute(b"vacuum analyze graphile_worker._private_jobs, kongtask.permits")
    assert_plans(queue.connection)


def assert_plans(connection: Connection) -> None:
    values = values_for(connection, reach=500)
    for mode in ("force_generic_plan", "force_custom_plan"):
        for name, most in (("look", 40_000), ("count", 1_000), ("take", 3_000)):
            plan = plan_of(connection, name, mode, values, PACKAGE)
            assert reads_of(plan, "_private_jobs") <= {"jobs_main_index", "jobs_pkey1"}
            assert reads_of(plan, "permits") <= {"permits_pkey"}
            assert steps_of(plan) < most, name


def test_a_far_look_has_a_bound_too(queue: Queue) -> None:
    install_extension(target_of(queue.conninfo), "graphile_worker")
    fill(queue.connection, 300_000)
    values = values_for(queue.connection, reach=20_000)
    plan = plan_of(queue.connection, "look", "force_custom_plan", values, PACKAGE)
    assert reads_of(plan, "_private_jobs") <= {"jobs_main_index", "jobs_pkey1"}
    assert steps_of(plan) < 400_000
