"""kongtask.jobs on the schema of every Graphile Worker: the same jobs, an answer in every race."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest

from kongtask.database.connection import Connection, Target, connect
from kongtask.database.scratch import scratch_database
from kongtask.jobs import (
    Job,
    JobSpec,
    add_job,
    add_jobs,
    cleanup,
    complete_jobs,
    find_jobs,
    force_unlock_workers,
    permanently_fail_jobs,
    remove_job,
    reschedule_jobs,
)

from .own import install
from .peer import Peer

IN_2030 = datetime(2030, 1, 2, 3, 4, 5, 678000, tzinfo=UTC)

#: What depends on sequences, whose values Graphile Worker's functions burn before revision 20.
BURNT = {"task_id", "job_queue_id", "id"}
TIMES = {"created_at", "updated_at"}


def told(job: Job | None) -> dict[str, Any] | None:
    """Return what two databases must agree on."""
    if job is None:
        return None
    values = {name: getattr(job, name) for name in Job.__struct_fields__}
    values["run_at"] = "now" if job.run_at == job.updated_at else job.run_at
    return {name: value for name, value in values.items() if name not in BURNT | TIMES}


def play(target: Target) -> list[Any]:
    """Call everything, and return what each call said."""
    with connect(target) as connection:
        said: list[Job | None] = [
            add_job(connection, "a"),
            add_job(
                connection, "a", {"n": 1}, queue_name="q", run_at=IN_2030, max_attempts=2,
                priority=-3, flags=["x", "y", "x"],
            ),
            add_job(connection, "a", [1], job_key="k", run_at=IN_2030),
            add_job(connection, "b", [2], job_key="k", job_key_mode="preserve_run_at"),
            add_job(connection, "c", [3], job_key="k", job_key_mode="unsafe_dedupe"),
            add_job(connection, "b", "t", job_key="k", job_key_mode="replace", queue_name="r"),
            *add_jobs(
                connection,
                [
                    JobSpec(identifier="e", payload=1, queue_name="s"),
                    JobSpec(identifier="d", payload=1, job_key="k2", flags=["z"]),
                    JobSpec(identifier="e", payload=1, queue_name="q"),
                    JobSpec(identifier="b", payload=[2], job_key="k", run_at=IN_2030),
                ],
            ),
        ]  # fmt: skip
        assert add_jobs(connection, [JobSpec(identifier="f")] * 3, returning=False) == 3
        ids = [found.job.id for found in find_jobs(connection)]
        said += reschedule_jobs(connection, ids[:2], priority=0, attempts=3, run_at=IN_2030)
        said += reschedule_jobs(connection, ids[:1], attempts=0)
        said += permanently_fail_jobs(connection, ids[1:2])
        said += complete_jobs(connection, ids[:1])
        said += [remove_job(connection, "k2"), remove_job(connection, "k2")]
        connection.execute(
            "update graphile_worker._private_jobs set locked_at = now(), locked_by = 'pool-1' "
            "where key = 'k'"
        )
        said += complete_jobs(connection, ids)[-1:]
        unlocked = force_unlock_workers(connection, ["pool-1", "pool-2"])
        cleaned = cleanup(connection, ["DELETE_PERMAFAILED_JOBS", "GC_JOB_QUEUES"])
        left = [(told(found.job), found.state) for found in find_jobs(connection)]
    return [*(told(job) for job in said), unlocked, cleaned, left]


def test_the_calls_do_the_same_on_nodes_schema_and_on_ours(
    node: Peer, revision: int, server: Target
) -> None:
    with scratch_database(server) as theirs, scratch_database(server) as ours:
        node.migrate(theirs)
        install(ours, revision)
        assert play(theirs) == play(ours)


def test_node_executes_what_kongtask_adds(node: Peer, database: Target) -> None:
    node.migrate(database)
    with connect(database) as connection:
        add_job(connection, "send", {"n": 1, "nul": "\0", "text": "ü"}, queue_name="q")
        add_jobs(connection, [JobSpec(identifier="send", payload={"n": n}) for n in (2, 3)])
        executed = node.run_once(database, send=None)
        assert find_jobs(connection) == []
    assert sorted(job["payload"]["n"] for job in executed) == [1, 2, 3]
    assert {"n": 1, "nul": "\0", "text": "ü"} in [job["payload"] for job in executed]


def outrun(target: Target, call: Callable[[Connection], Any]) -> Any:
    """Let a call wait for a worker that is just taking the job with the key k.

    The call has looked at the job and found it free; now it waits for the row, and when it gets it,
    the worker has locked the job. In this moment Graphile Worker's function gives up.
    """
    with (
        connect(target, autocommit=False) as worker,
        connect(target) as caller,
        connect(target) as watcher,
        ThreadPoolExecutor(1) as pool,
    ):
        worker.execute(
            "update graphile_worker._private_jobs "
            "set locked_at = now(), locked_by = 'pool-1', attempts = attempts + 1 where key = 'k'"
        )
        answer = pool.submit(call, caller)
        pid = worker.info.backend_pid
        blocked = "select %s = any (pg_blocking_pids(%s))"
        while not answer.done():
            if watcher.execute(blocked, [pid, caller.info.backend_pid]).fetchone() == (True,):
                break
        worker.commit()
        return answer.result(timeout=30)


@pytest.fixture
def keyed(node: Peer, database: Target) -> Target:
    """A database that Node made, with a job that has the key k."""
    node.migrate(database)
    with connect(database) as connection:
        add_job(connection, "a", [0], job_key="k")
    return database


def raw_id(connection: Connection) -> object:
    row = connection.execute(
        "select id from graphile_worker.add_job('a', '[1]', job_key => 'k')"
    ).fetchone()
    assert row is not None
    return row[0]


def test_the_race_gives_a_record_of_nulls_without_kongtask(keyed: Target) -> None:
    """This is what the next tests are about; should it ever fail, they have lost their point."""
    assert outrun(keyed, raw_id) is None


@pytest.mark.parametrize("mode", ["replace", "preserve_run_at"])
def test_add_job_asks_again_when_a_worker_was_faster(keyed: Target, mode: Any) -> None:
    """The worker's job loses the key, and a new one is there beside it."""
    job = outrun(keyed, lambda each: add_job(each, "a", [1], job_key="k", job_key_mode=mode))

    assert (job.payload, job.key, job.locked_by) == ([1], "k", None)
    with connect(keyed) as connection:
        left = [(found.job.payload, found.job.key) for found in find_jobs(connection)]
    assert left == [([0], None), ([1], "k")]


SPECS = [
    JobSpec(identifier="a", payload=[1]),
    JobSpec(identifier="a", payload=[2], job_key="k"),
    JobSpec(identifier="b", payload=[3], job_key="k3"),
]


def test_add_jobs_asks_again_for_the_keys_alone(keyed: Target) -> None:
    """The others are not added twice, and the order is that of the specs."""
    jobs = outrun(keyed, lambda each: add_jobs(each, SPECS))

    assert [(job.payload, job.key) for job in jobs] == [([1], None), ([2], "k"), ([3], "k3")]
    with connect(keyed) as connection:
        left = sorted(found.job.payload[0] for found in find_jobs(connection))
    assert left == [0, 1, 2, 3]


def test_counting_asks_again_too(keyed: Target) -> None:
    assert outrun(keyed, lambda each: add_jobs(each, SPECS, returning=False)) == 3
    with connect(keyed) as connection:
        assert sorted(found.job.payload[0] for found in find_jobs(connection)) == [0, 1, 2, 3]


def test_in_a_transaction_of_its_own_snapshot_the_error_is_postgresqls(keyed: Target) -> None:
    """There is nothing to ask again in a serializable transaction; the caller repeats it."""

    def call(connection: Connection) -> Job:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        with connection.transaction():
            return add_job(connection, "a", [1], job_key="k")

    with pytest.raises(psycopg.errors.SerializationFailure):
        outrun(keyed, call)
