"""What is in the queue: exact in a small table, bounded work and estimates in a large one."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from time import monotonic

import psycopg
import pytest

from kongtask.database.connection import Connection, Target, connect
from kongtask.errors import SchemaNotFoundError, UsageError
from kongtask.jobs import add_job, permanently_fail_jobs, reschedule_jobs
from kongtask.migrate import migrate, worker_migrations
from kongtask.monitoring import JobCounts, rates, read_counters, read_statistics
from kongtask.names import quote_identifier
from tests.integration.test_jobs_administration import find, lock

IN_2030 = datetime(2030, 1, 1, tzinfo=UTC)


def fill(connection: Connection, count: int, schema: str = "graphile_worker") -> None:
    """Add many jobs without a queue: every other one is for 2030."""
    name = quote_identifier(schema)
    with connection.transaction():
        connection.execute(
            f"insert into {name}._private_tasks (identifier) values ('many')".encode()
        )
        connection.execute(
            f"""
            insert into {name}._private_jobs (task_id, run_at, priority)
            select tasks.id, case n % 2 when 0 then now() else '2030-01-01' end, n % 3
            from {name}._private_tasks as tasks, generate_series(1, {count}) as n
            """.encode()
        )


def test_an_empty_queue(queue: Connection) -> None:
    found = read_statistics(queue)
    assert found.jobs == JobCounts()
    assert (found.tasks, found.queues, found.holders) == ([], [], {})
    assert (found.due, found.has_more_due, found.oldest, found.oldest_age) == (0, False, None, 0)
    assert not found.is_estimate


def test_jobs_by_state_task_queue_and_holder(queue: Connection) -> None:
    mail = [add_job(queue, "send", queue_name="mail").id for _ in range(3)]
    add_job(queue, "send", run_at=IN_2030)
    retried = add_job(queue, "sum").id
    reschedule_jobs(queue, [retried], attempts=1, run_at=IN_2030)
    permanently_fail_jobs(queue, [add_job(queue, "sum").id], "no")
    lock(queue, mail[0], by="pool-a")
    found = read_statistics(queue)
    assert found.jobs == JobCounts(waiting=2, scheduled=1, retrying=1, locked=1, failed=1)
    assert found.jobs.total == 6
    send, add = found.tasks
    assert (send.task_identifier, send.waiting, send.scheduled, send.locked) == ("send", 2, 1, 1)
    assert (add.task_identifier, add.retrying, add.failed) == ("sum", 1, 1)
    (only,) = found.queues
    assert (only.queue_name, only.total, only.locked_by) == ("mail", 3, "pool-a")
    assert found.holders["pool-a"].jobs == 1
    assert found.holders["pool-a"].locked_at == find(queue, mail[0]).locked_at
    assert not found.is_estimate


def test_the_oldest_due_job_of_all_priorities(queue: Connection) -> None:
    now = datetime.now(UTC)
    add_job(queue, "new", priority=-5, run_at=now - timedelta(minutes=1))
    oldest = add_job(queue, "old", priority=7, run_at=now - timedelta(hours=1), queue_name="q").id
    add_job(queue, "later", run_at=IN_2030)
    permanently_fail_jobs(queue, [add_job(queue, "x", run_at=now - timedelta(days=1)).id], "no")
    found = read_statistics(queue)
    assert found.oldest is not None
    assert (found.oldest.id, found.oldest.task_identifier) == (oldest, "old")
    assert found.oldest.queue_name == "q"
    assert 3600 <= found.oldest_age < 3700
    assert found.due == 2


def test_due_jobs_are_counted_up_to_a_number(queue: Connection) -> None:
    fill(queue, 100)
    found = read_statistics(queue, most_due=49)
    assert (found.due, found.has_more_due) == (49, True)
    found = read_statistics(queue, most_due=50)
    assert (found.due, found.has_more_due) == (50, False)


def test_of_a_large_table_a_part_is_read_and_taken_for_the_rest(queue: Connection) -> None:
    fill(queue, 50_000)
    found = read_statistics(queue, blocks=100)
    assert found.is_estimate
    assert found.sampled == pytest.approx(100 * 8192 / found.table_bytes)
    assert 25_000 < found.jobs.total < 100_000
    assert found.jobs.waiting == pytest.approx(found.jobs.scheduled, rel=0.05)
    assert read_statistics(queue, blocks=100).jobs == found.jobs, "it does not flicker"
    assert read_statistics(queue).jobs == JobCounts(waiting=25_000, scheduled=25_000)


def test_a_look_reads_no_more_of_a_larger_table(queue: Connection) -> None:
    def blocks_read() -> int:
        """Count the blocks of the table and its indexes that a look asks for."""
        with queue.transaction():
            before = touched()
            read_statistics(queue, blocks=20, most_due=100)
            return touched() - before

    def touched() -> int:
        row = queue.execute("""
            select sum(pg_stat_get_xact_blocks_fetched(oid))
            from pg_class
            where relnamespace = 'graphile_worker'::regnamespace and relname like '%job%'
        """).fetchone()
        assert row is not None
        return int(row[0])

    fill(queue, 10_000)
    queue.execute("vacuum analyze graphile_worker._private_jobs")
    small = blocks_read()
    queue.execute("delete from graphile_worker._private_tasks")
    fill(queue, 90_000)
    queue.execute("vacuum analyze graphile_worker._private_jobs")
    assert blocks_read() < small * 2


def test_a_worker_schema_of_another_name(database: Target) -> None:
    schema = "a \"b\" % 'c'"
    migrate(database, worker_migrations(), schema)
    with connect(database) as connection:
        fill(connection, 10, schema)
        found = read_statistics(connection, schema=schema)
        assert found.jobs == JobCounts(waiting=5, scheduled=5)
        counters = read_counters(connection, schema=schema)
    assert counters is not None
    assert counters.ids == 10


def test_an_async_connection(queue_database: Target, queue: Connection) -> None:
    add_job(queue, "send")

    async def look() -> JobCounts:
        async with await psycopg.AsyncConnection.connect(queue_database.conninfo) as connection:
            return (await read_statistics(connection)).jobs

    assert asyncio.run(look()).waiting == 1


def test_no_worker_schema_is_an_error(connection: Connection) -> None:
    with pytest.raises(SchemaNotFoundError, match="kongtask migrate"):
        read_statistics(connection)
    assert read_counters(connection) is None


def test_a_role_that_sees_no_jobs_is_told_so(queue: Connection) -> None:
    with queue.transaction(force_rollback=True):
        queue.execute("create role watcher")
        queue.execute("set local role watcher")
        with pytest.raises(UsageError, match="may not read the jobs: grant usage"):
            read_statistics(queue)
        queue.execute("reset role")
        queue.execute("grant usage on schema graphile_worker to watcher")
        queue.execute("grant select on all tables in schema graphile_worker to watcher")
        queue.execute("set local role watcher")
        with pytest.raises(UsageError, match="row-level security hides the jobs"):
            read_statistics(queue)
        queue.execute("reset role")
        queue.execute("alter role watcher bypassrls")
        add_job(queue, "send")
        queue.execute("set local role watcher")
        queue.execute("set transaction read only")
        assert read_statistics(queue).jobs.waiting == 1


def test_rates_are_what_postgresql_has_counted(queue_database: Target, queue: Connection) -> None:
    before = read_counters(queue)
    assert before is not None
    with connect(queue_database) as other:
        fill(other, 300)
        other.execute("delete from graphile_worker._private_jobs where priority = 0")
    after = read_counters(queue)
    in_vain = monotonic() + 60
    while after is None or (after.inserted, after.deleted) != (300, 100):
        assert monotonic() < in_vain, "the session that ended has not told what it has done"
        after = read_counters(queue)
    assert (before.ids, after.ids) == (None, 300)
    seconds = (after.taken_at - before.taken_at).total_seconds()
    found = rates(before, after)
    assert found.added == pytest.approx(300 / seconds)
    assert found.finished == pytest.approx(100 / seconds)
    assert rates(after, before).added is None, "a counter that was reset says nothing"
