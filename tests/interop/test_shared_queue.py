"""Node and kongtask use one schema, and neither notices the other."""

from __future__ import annotations

from typing import Any

import pytest

from kongtask.database.connection import Target, connect
from kongtask.database.scratch import scratch_database

from .own import install, read_ledger, read_model
from .peer import Peer, PeerFailedError

#: Calls of addJob with every option; a null option is one that is left out.
CALLS: list[tuple[str, object, dict[str, object]]] = [
    ("send", {"to": "a@example.org"}, {}),
    ("send", None, {"queueName": "mail", "priority": -3, "maxAttempts": 4, "flags": ["slow"]}),
    ("send", [1], {"jobKey": "k", "runAt": "2030-01-02T03:04:05.678Z"}),
    ("send", [2], {"jobKey": "k", "jobKeyMode": "preserve_run_at"}),
    ("send", [3], {"jobKey": "k", "jobKeyMode": "unsafe_dedupe"}),
    ("other", "text", {"jobKey": "k2", "jobKeyMode": "replace", "queueName": "mail"}),
]

#: The same for addJobs.
SPECS: list[dict[str, object]] = [
    {"identifier": "send", "payload": [4], "jobKey": "k"},
    {"identifier": "third", "payload": {"n": 5}, "queueName": "q2", "flags": ["a", "b"]},
]

#: What depends on the clock or on sequences.
TIMES_AND_ID = frozenset({"id", "run_at", "created_at", "updated_at"})

#: What depends on sequences before revision 20: Graphile Worker's functions burn their values.
BURNT = frozenset({"task_id", "job_queue_id"})


def compared(jobs: list[dict[str, Any]], revision: int) -> list[dict[str, Any]]:
    left_out = TIMES_AND_ID | (BURNT if revision < 20 else frozenset())
    return [{name: job[name] for name in job if name not in left_out} for job in jobs]


def fetch_all(target: Target, statement: str) -> list[tuple[Any, ...]]:
    with connect(target) as connection:
        connection.execute("set search_path = graphile_worker")
        return connection.execute(statement.encode()).fetchall()


def test_nodes_installer_finds_nothing_to_do(node: Peer, revision: int, database: Target) -> None:
    """It leaves the ledger, its times included, and the schema as kongtask made them."""
    install(database, revision)
    before = read_ledger(database), read_model(database)

    node.migrate(database)

    assert (read_ledger(database), read_model(database)) == before
    assert [number for number, _, _ in before[0]] == list(range(1, revision + 1))


def test_kongtask_finds_nothing_to_do_where_node_is_up_to_date(
    peers: dict[int, Peer], database: Target
) -> None:
    """A database that Node made at 20 is adopted as it is."""
    peers[20].migrate(database)
    before = read_ledger(database), read_model(database)

    install(database)

    assert (read_ledger(database), read_model(database)) == before


def test_node_runs_on_a_newer_revision_that_is_not_breaking(
    peers: dict[int, Peer], database: Target
) -> None:
    """Graphile Worker 0.17 knows 19 and works with kongtask's 20."""
    install(database)
    fetch_all(database, "select id from add_job('send')")

    executed = peers[19].run_once(database, send=None)

    assert [job["identifier"] for job in executed] == ["send"]


def test_node_refuses_a_newer_breaking_revision(peers: dict[int, Peer], database: Target) -> None:
    """The marks in kongtask's ledger stop a Graphile Worker that knows 18 only."""
    install(database, 19)

    with pytest.raises(PeerFailedError, match="breaking migration 19"):
        peers[18].migrate(database)


def test_nodes_api_adds_the_same_jobs_on_both_schemas(
    node: Peer, revision: int, server: Target
) -> None:
    """addJob with every option, and addJobs where the API has it, return and leave the same."""
    with scratch_database(server) as theirs, scratch_database(server) as ours:
        node.migrate(theirs)
        install(ours, revision)
        returned, left = [], []
        for target in (theirs, ours):
            jobs = node.add_job(target, *CALLS)
            if revision > 18:  # Graphile Worker 0.16 has the function but no method for it
                batch = node.add_jobs(target, SPECS, preserve_run_at=True)
                jobs += sorted(batch, key=lambda job: str(job["key"]))
            returned.append(compared(jobs, revision))
            left.append(
                fetch_all(
                    target,
                    "select identifier, queue_name, payload::text, key, priority, attempts, "
                    "max_attempts, revision, flags, extract(year from run_at) = 2030 "
                    "from _private_jobs as jobs join _private_tasks as tasks on tasks.id = task_id "
                    "left join _private_job_queues as queues on queues.id = job_queue_id "
                    "order by jobs.id",
                )
            )

    assert returned[1] == returned[0]
    assert left[1] == left[0]


def test_a_node_worker_executes_what_sql_adds(node: Peer, revision: int, database: Target) -> None:
    """Plain, queued, keyed and batched jobs; those that succeed are gone, their queues free."""
    install(database, revision)
    for call in (
        "add_job('done', '{\"n\": 1}')",
        "add_job('done', '{\"n\": 2}', 'q')",
        "add_job('done', '{\"n\": 3}', 'q', job_key => 'k')",
        "add_jobs(array[('done', '{\"n\": 4}', 'q', null, null, null, -1, '{x}')]::job_spec[])",
        "add_job('failed', '{\"n\": 5}', 'r', max_attempts => 2)",
        "add_job('done', '{\"n\": 6}', run_at => now() + interval '1 day')",
        "add_job('unknown', '{\"n\": 7}')",
    ):
        fetch_all(database, f"select id from {call}")

    executed = node.run_once(database, done=None, failed="no luck")

    assert sorted(job["payload"]["n"] for job in executed) == [1, 2, 3, 4, 5]
    assert executed[0]["payload"] == {"n": 4}, "the smallest priority number comes first"
    left = fetch_all(
        database,
        "select payload ->> 'n', attempts, last_error, locked_by, is_available "
        "from _private_jobs order by id",
    )
    assert left == [
        ("5", 1, "no luck", None, True),
        ("6", 0, None, None, True),
        ("7", 0, None, None, True),
    ]
    assert fetch_all(database, "select distinct locked_by from _private_job_queues") == [(None,)]
