"""What kongtask's functions promise beyond Graphile Worker's, first of all under contention."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from kongtask.database.connection import Connection, Target, connect

from .own import install
from .peer import Peer

ADD_ONE = "select key, payload::text from add_job('a', '[2]', job_key => 'k')"
ADD_BATCH = """
    select key, payload::text
    from add_jobs(array[('a', '[2]', null, null, null, 'k', null, null)]::job_spec[])
"""

#: Every function and branch, schema-qualified; each returns a job.
CALLS = (
    "add_job('a', '{}', 'q', flags => '{x}')",
    "add_job('a', '{}', 'q', job_key => 'k')",
    "add_job('a', '{}', 'q', job_key => 'k', job_key_mode => 'unsafe_dedupe')",
    "add_jobs(array[row('b', null, 'r', null, null, 'k', null, '{x}')::graphile_worker.job_spec])",
    "add_jobs(array[row('c', null, null, null, null, null, null, null)::graphile_worker.job_spec])",
    "reschedule_jobs('{1}', now())",
    "permanently_fail_jobs('{1}')",
    "complete_jobs('{1}')",
    "remove_job('k')",
)


@pytest.fixture(params=[18, 20], ids=lambda revision: f"revision{revision}")
def ours(request: pytest.FixtureRequest, database: Target) -> Target:
    """A database with kongtask's functions, as its first and its last migration make them."""
    install(database, request.param)
    return database


def open_session(target: Target, *, autocommit: bool = True) -> Connection:
    connection = connect(target)
    connection.execute("set search_path = graphile_worker")
    connection.autocommit = autocommit
    return connection


def finish_after(holder: Connection, target: Target, statement: str, *, end: str) -> list[Any]:
    """Run a statement that has to wait for the holder's open transaction.

    Args:
        holder: a session whose transaction holds the lock.
        target: the database.
        statement: what another session runs meanwhile.
        end: how the holder's transaction ends once the other waits.

    Returns:
        The statement's rows.
    """
    with open_session(target) as other, ThreadPoolExecutor(1) as executor:
        rows = executor.submit(lambda: other.execute(statement.encode()).fetchall())
        wait_until_blocked(holder, other.info.backend_pid)
        holder.execute(end.encode())
        return rows.result(timeout=30)


def wait_until_blocked(watcher: Connection, pid: int) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        row = watcher.execute("select pg_blocking_pids(%s) <> '{}'", [pid]).fetchone()
        if row and row[0]:
            return
    raise AssertionError("the other session never had to wait")


@pytest.mark.parametrize("call", [ADD_ONE, ADD_BATCH], ids=["add_job", "add_jobs"])
def test_a_key_gets_its_job_though_the_old_one_is_claimed_meanwhile(
    call: str, ours: Target
) -> None:
    """Graphile Worker gives no job here (its issue 580): the row was locked between statements."""
    with open_session(ours, autocommit=False) as worker:
        worker.execute("select add_job('a', '[1]', job_key => 'k')")
        worker.commit()
        worker.execute("update _private_jobs set locked_at = now(), locked_by = 'p', attempts = 1")

        added = finish_after(worker, ours, call, end="commit")

        assert added == [("k", "[2]")]
        left = worker.execute(
            "select key, payload::text, attempts, locked_by from _private_jobs order by id"
        ).fetchall()
        assert left == [(None, "[1]", 25, "p"), ("k", "[2]", 0, None)]


@pytest.mark.parametrize("call", [ADD_ONE, ADD_BATCH], ids=["add_job", "add_jobs"])
@pytest.mark.parametrize(
    ("end", "payloads"), [("commit", ["[1, 2]"]), ("rollback", ["[2]"])], ids=["kept", "undone"]
)
def test_two_sessions_may_add_the_first_job_of_a_task_queue_and_key_at_once(
    call: str, end: str, payloads: list[str], ours: Target
) -> None:
    """The later one waits, and goes by what the earlier one has left."""
    with open_session(ours, autocommit=False) as first:
        first.execute("select add_job('a', '[1]', 'q', job_key => 'k')")

        added = finish_after(first, ours, call, end=end)

        assert added == [("k", payloads[0])]
        left = first.execute("select payload::text from _private_jobs").fetchall()
        assert left == [(payload,) for payload in payloads]
        assert first.execute("select identifier from _private_tasks").fetchall() == [("a",)]


def test_batches_that_share_names_and_keys_in_opposite_order_do_not_deadlock(ours: Target) -> None:
    """Whatever order the specs come in, rows are taken in that of their names and keys."""
    batch = """
        select count(*) from add_jobs(array(
          select ('task' || n, null, 'queue' || n, null, null, 'key' || n, null, null)::job_spec
          from generate_series(1, 200) as n order by n {}
        ))
    """

    def add(order: str) -> list[Any]:
        with open_session(ours) as session:
            return [session.execute(batch.format(order).encode()).fetchone() for _ in range(20)]

    with ThreadPoolExecutor(2) as executor:
        answers = list(executor.map(add, ["asc", "desc"]))
    assert answers == [[(200,)] * 20] * 2


def test_known_tasks_and_queues_cost_no_sequence_values(ours: Target) -> None:
    """Ids of tasks and queues are ints: one value a job would be the end after 2^31 jobs."""
    with open_session(ours) as session:
        for _ in range(20):
            session.execute("select add_job('a', queue_name => 'q')")
            session.execute("select add_job('a', queue_name => 'q', job_key => 'k')")
            session.execute(
                "select add_jobs(array[('a', null, 'q', null, null, null, null, null), "
                "('a', null, 'q', null, null, 'k', null, null)]::job_spec[])"
            )
        values = session.execute(
            "select (select last_value from tasks_id_seq), "
            "(select last_value from job_queues_id_seq)"
        ).fetchone()
    assert values == (1, 1)


def test_revision_20_brings_the_same_bodies_that_18_has(
    database: Target, peers: dict[int, Peer]
) -> None:
    """On a schema that Node installed at 18, add_job and add_jobs become kongtask's own."""
    bodies = (
        "select proname, md5(prosrc) from pg_proc "
        "where pronamespace = 'graphile_worker'::regnamespace and proname like 'add\\_job%' "
        "order by 1"
    )
    with connect(database) as connection:
        install(database, 18)
        ours_at_18 = connection.execute(bodies).fetchall()
        connection.execute("drop schema graphile_worker cascade")
        peers[18].migrate(database)
        theirs_at_18 = connection.execute(bodies).fetchall()
        install(database)
        at_20 = connection.execute(bodies).fetchall()

    assert [name for name, _ in ours_at_18] == ["add_job", "add_jobs"]
    assert at_20 == ours_at_18
    assert at_20 != theirs_at_18


@pytest.mark.parametrize("search_path", ["''", "pg_temp", "decoy, public"])
def test_functions_find_their_own_tables_on_any_search_path(search_path: str, ours: Target) -> None:
    """Neither an empty path nor tables of the same names in front lead them astray."""
    with connect(ours) as connection, connection.transaction():
        connection.execute("create schema decoy")
        for table in ("_private_jobs", "_private_tasks", "_private_job_queues"):
            connection.execute(f"create table decoy.{table} ()".encode())
        connection.execute("create type decoy.job_spec as (identifier int)")
        connection.execute(f"set local search_path = {search_path}".encode())

        for call in CALLS:
            row = connection.execute(f"select id from graphile_worker.{call}".encode()).fetchone()
            assert row is not None, call
            assert row[0] is not None, call
        connection.execute("select graphile_worker.force_unlock_workers('{p}')")
        connection.execute("drop schema decoy cascade")
