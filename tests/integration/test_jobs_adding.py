"""Adding jobs on a psycopg connection: what is stored, what comes back, how often it is asked."""

from __future__ import annotations

import json
import math
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import psycopg
import pytest
from psycopg.pq import Trace
from psycopg.rows import class_row, dict_row, namedtuple_row, scalar_row

from kongtask.database.connection import Connection, Target, connect
from kongtask.errors import JobError, JobSpecError, SchemaNotFoundError, UsageError
from kongtask.jobs import Job, JobSpec, add_job, add_jobs, bulk, find_jobs
from kongtask.migrate import migrate, worker_migrations

IN_2030 = datetime(2030, 1, 2, 3, 4, 5, 678901, tzinfo=timezone(timedelta(hours=5, minutes=30)))

#: A name that looks like the places of values, to each driver.
HOSTILE = 'ä"$1 %s %(p1)s; :x'


def count_calls(connection: psycopg.Connection[Any], call: Callable[[], object]) -> int:
    """Return how many statements a call sends to the server, as libpq sees them."""
    with tempfile.TemporaryFile("w+") as log:
        connection.pgconn.trace(log.fileno())
        connection.pgconn.set_trace_flags(Trace.SUPPRESS_TIMESTAMPS)
        call()
        connection.pgconn.untrace()
        log.seek(0)
        sent = [line.split("\t") for line in log if line.startswith("F")]
    return sum(fields[2].strip() in {"Execute", "Query"} for fields in sent)


def count_jobs(target: Target) -> int:
    with connect(target) as connection:
        return len(find_jobs(connection))


def test_a_job_with_all_defaults(queue: Connection) -> None:
    job = add_job(queue, "send")

    assert (job.task_identifier, job.payload, job.priority) == ("send", {}, 0)
    assert (job.attempts, job.max_attempts, job.revision) == (0, 25, 0)
    assert (job.key, job.flags, job.queue_name, job.job_queue_id) == (None, None, None, None)
    assert (job.last_error, job.locked_at, job.locked_by) == (None, None, None)
    assert job.run_at == job.created_at == job.updated_at
    assert abs(job.run_at - datetime.now(UTC)) < timedelta(minutes=1)
    assert [found.job for found in find_jobs(queue)] == [job]


def test_a_job_with_every_option(queue: Connection) -> None:
    job = add_job(
        queue, "send", {"to": "ada"}, queue_name="mail", run_at=IN_2030, max_attempts=3,
        job_key="k", job_key_mode="preserve_run_at", priority=-5, flags=["a", "b", "a"],
    )  # fmt: skip

    assert (job.task_identifier, job.payload, job.queue_name) == ("send", {"to": "ada"}, "mail")
    assert (job.run_at, job.max_attempts, job.key, job.priority) == (IN_2030, 3, "k", -5)
    assert job.flags == frozenset({"a", "b"})
    assert [found.job for found in find_jobs(queue)] == [job]


def test_the_modes_of_a_key(queue: Connection) -> None:
    """Replacing, keeping the time of a job, and leaving it as it is."""
    first = add_job(queue, "a", [1], job_key="k", run_at=IN_2030)
    replaced = add_job(queue, "b", [2], job_key="k", job_key_mode="preserve_run_at")
    deduped = add_job(queue, "c", [3], job_key="k", job_key_mode="unsafe_dedupe")
    moved = add_job(queue, "a", "x", job_key="k", job_key_mode="replace")

    assert {job.id for job in (first, replaced, deduped, moved)} == {first.id}
    assert [job.revision for job in (first, replaced, deduped, moved)] == [0, 1, 2, 3]
    assert (replaced.task_identifier, replaced.payload, replaced.run_at) == ("b", [1, 2], IN_2030)
    assert (deduped.task_identifier, deduped.payload) == ("b", [1, 2])
    assert (moved.task_identifier, moved.payload) == ("a", "x")
    assert moved.run_at < IN_2030


@pytest.mark.parametrize(
    "payload",
    ["\0", {"half": "\ud800"}, [10**30, -0.0, 1e300], {"": None}, "ü" * 100_000, False, 0, ""],
)
def test_a_payload_comes_back_as_it_was_given(queue: Connection, payload: object) -> None:
    """PostgreSQL's type json takes escapes that its text cannot hold."""
    job = add_job(queue, "a", payload)
    (many,) = add_jobs(queue, [JobSpec(identifier="a", payload=payload)])
    assert job.payload == many.payload == payload


def test_what_other_programs_have_stored_is_read(queue: Connection) -> None:
    """A time without end and a number without limit are no reason to fail."""
    queue.execute("select graphile_worker.add_job('a', '[1e999]', run_at => 'infinity')")
    queue.execute("select graphile_worker.add_job('a', '{}', run_at => '0044-03-15 12:00 BC')")
    queue.execute("select graphile_worker.add_job('a', '{}', run_at => '1801-01-01 12:00')")
    queue.execute("set timezone = 'Europe/Berlin'")  # where clocks were 53:28 minutes ahead in 1801

    never, always, old = (found.job for found in find_jobs(queue))

    assert (never.payload, never.run_at.year) == ([math.inf], 9999)
    assert (always.run_at.year, old.run_at.year) == (1, 1801)


def test_many_jobs_come_back_in_the_order_of_their_specs(queue: Connection) -> None:
    """Also where several tasks and queues are new, and specs are equal or keyed."""
    specs = [
        JobSpec(identifier="b", payload={"n": 1}, queue_name="y"),
        JobSpec(identifier="a", payload={"n": 1}, queue_name="x"),
        JobSpec(identifier="a", payload={"n": 1}, queue_name="x"),
        JobSpec(identifier="c", job_key="k", flags=['"', "\\", ",", "{ü}", "NULL"]),
        JobSpec(identifier="b", payload=["ü", None], run_at=IN_2030, priority=3, max_attempts=1),
        JobSpec(identifier="b"),
    ]
    for _ in range(2):  # the second time every name is known, and the key is taken
        jobs = add_jobs(queue, specs)

        assert [job.task_identifier for job in jobs] == [spec.identifier for spec in specs]
        assert [job.payload for job in jobs] == [spec.payload or {} for spec in specs]
        assert [job.queue_name for job in jobs] == [spec.queue_name for spec in specs]
        assert jobs[1].id < jobs[2].id
        assert jobs[3].flags == frozenset({'"', "\\", ",", "{ü}", "NULL"})
        assert (jobs[4].run_at, jobs[4].priority, jobs[4].max_attempts) == (IN_2030, 3, 1)
    assert add_jobs(queue, specs, returning=False) == 6
    assert len(find_jobs(queue)) == 16


def test_jobs_that_a_trigger_has_changed_are_given_to_what_is_left(queue: Connection) -> None:
    queue.execute(
        "create function louder() returns trigger language plpgsql as "
        "$$ begin new.priority := new.priority + 1; return new; end $$"
    )
    queue.execute(
        "create trigger louder before insert on graphile_worker._private_jobs "
        "for each row execute function louder()"
    )
    for many in (3, 1000):
        jobs = add_jobs(queue, [JobSpec(identifier="a", payload=n) for n in range(many)])
        assert [(job.payload, job.priority) for job in jobs] == [(n, 1) for n in range(many)]


def test_a_trigger_that_suppresses_jobs_is_an_error(queue: Connection) -> None:
    queue.execute(
        "create function never() returns trigger language plpgsql as $$ begin return null; end $$"
    )
    queue.execute(
        "create trigger never before insert on graphile_worker._private_jobs "
        "for each row when (new.priority = 7) execute function never()"
    )
    specs = [JobSpec(identifier="a"), JobSpec(identifier="a", priority=7)]
    with pytest.raises(JobError, match=r"specs\[1\] was not added.* trigger"):
        add_jobs(queue, specs)
    with pytest.raises(JobError, match=r"the job 'a' was not added.* trigger"):
        add_job(queue, "a", priority=7)


def test_the_time_of_a_keyed_job_is_kept_on_demand(queue: Connection) -> None:
    add_job(queue, "a", job_key="k", run_at=IN_2030)
    spec = JobSpec(identifier="a", job_key="k")
    (kept,) = add_jobs(queue, [spec], job_key_preserve_run_at=True)
    (moved,) = add_jobs(queue, [spec])
    assert kept.run_at == IN_2030
    assert moved.run_at < IN_2030


def test_one_statement_adds_a_job_and_one_adds_many(queue: Connection) -> None:
    """A second one reads names, once, where a call registers several tasks or queues.

    Many jobs go to the table itself; where one of their names is new, that is a statement more.
    """
    specs = [JobSpec(identifier="a", queue_name=f"q{n % 2}", payload=n) for n in range(1000)]

    assert count_calls(queue, lambda: add_job(queue, "a")) == 1
    assert count_calls(queue, lambda: add_job(queue, "a", job_key="k", queue_name="q0")) == 1
    assert count_calls(queue, lambda: add_jobs(queue, specs)) == 2, "one queue is new"
    assert count_calls(queue, lambda: add_jobs(queue, specs)) == 1
    assert count_calls(queue, lambda: add_jobs(queue, specs, returning=False)) == 1
    keyed = [JobSpec(identifier="a", job_key=f"k{n}") for n in range(1000)]
    assert count_calls(queue, lambda: add_jobs(queue, keyed)) == 1
    assert count_calls(queue, lambda: add_jobs(queue, keyed, returning=False)) == 1
    new = [JobSpec(identifier="b"), JobSpec(identifier="c")]
    assert count_calls(queue, lambda: add_jobs(queue, new)) == 2
    assert count_calls(queue, lambda: add_jobs(queue, new)) == 1


def test_jobs_that_go_straight_to_the_table_have_every_option(
    queue: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are what add_jobs would have made of them."""
    specs = [
        JobSpec(identifier="a"),
        JobSpec(
            identifier="b", payload={"ü": ['"', None]}, queue_name="q", run_at=IN_2030,
            max_attempts=3, priority=-5, flags=['"', "\\", "{ü}"],
        ),
        JobSpec(identifier="b", payload="\0", queue_name="q", flags=[]),
    ]  # fmt: skip
    returned = add_jobs(queue, specs)
    monkeypatch.setattr(bulk, "MANY", 1)
    queue.execute('listen "jobs:insert"')
    for _ in range(2):  # the second time a name is new
        queue.execute("truncate graphile_worker._private_jobs")
        assert add_jobs(queue, specs, returning=False) == 3
        loaded = [found.job for found in find_jobs(queue)]
        assert [shape(job) for job in sorted(loaded, key=by_id)] == [shape(job) for job in returned]
        *_, notify = queue.notifies(timeout=5, stop_after=1)
        assert json.loads(notify.payload)["count"] == 3
        queue.execute("delete from graphile_worker._private_tasks where identifier = 'b'")
        returned = add_jobs(queue, specs)


def test_jobs_go_through_add_jobs_where_the_schema_is_newer(queue: Connection) -> None:
    """The table may have become another by then; the newest revision that is known is not newer."""
    newest = worker_migrations().latest
    specs = [JobSpec(identifier="a")] * bulk.MANY
    add_job(queue, "a")
    assert count_calls(queue, lambda: add_jobs(queue, specs, returning=False)) == 1
    queue.execute("insert into graphile_worker.migrations (id) values (%s)", [newest + 1])
    assert count_calls(queue, lambda: add_jobs(queue, specs, returning=False)) == 2
    assert len(find_jobs(queue)) == 1 + 2 * bulk.MANY


def by_id(job: Job) -> int:
    return job.id


def shape(job: Job) -> tuple[object, ...]:
    """Return what a spec has said of a job."""
    when = job.run_at if job.run_at.year == 2030 else "now"
    return (
        job.task_identifier, job.payload, job.queue_name, when, job.max_attempts, job.priority,
        job.flags, job.key,
    )  # fmt: skip


def test_no_spec_asks_nothing_of_the_database(queue: Connection) -> None:
    """Nothing is added, and no worker is woken."""
    queue.execute('listen "jobs:insert"')
    assert count_calls(queue, lambda: add_jobs(queue, [])) == 0
    assert add_jobs(queue, []) == []
    assert add_jobs(queue, [], returning=False) == 0
    assert list(queue.notifies(timeout=0)) == []


def test_workers_are_told_how_many_jobs_there_are(queue: Connection) -> None:
    queue.execute('listen "jobs:insert"')
    add_jobs(queue, [JobSpec(identifier="a")] * 3)
    (message,) = queue.notifies(timeout=5, stop_after=1)
    assert json.loads(message.payload)["count"] == 3


def test_the_transaction_stays_the_callers(queue_database: Target) -> None:
    """Nothing is committed, and a rollback takes the jobs back."""
    with connect(queue_database, autocommit=False) as connection:
        add_job(connection, "a")
        add_jobs(connection, [JobSpec(identifier="a")])
        assert connection.info.transaction_status is psycopg.pq.TransactionStatus.INTRANS
        assert count_jobs(queue_database) == 0
        connection.rollback()
        assert count_jobs(queue_database) == 0
        add_job(connection, "a")
        connection.commit()
        assert count_jobs(queue_database) == 1


def test_the_callers_settings_stay_as_they_are(queue: Connection) -> None:
    queue.execute("load 'plpgsql'")  # whose own settings are there from then on
    queue.execute("set datestyle = 'German'; set timezone = 'Asia/Kolkata'; set search_path = ''")
    statement = "select name, setting from pg_catalog.pg_settings order by name"
    before = queue.execute(statement).fetchall()
    job = add_job(queue, "a", run_at=IN_2030)
    assert queue.execute(statement).fetchall() == before
    assert job.run_at == IN_2030
    assert job.run_at.utcoffset() == timedelta(hours=5, minutes=30)


@dataclass
class Whatever:
    anything: object


@pytest.mark.parametrize("factory", [dict_row, namedtuple_row, scalar_row, class_row(Whatever)])
def test_the_callers_rows_may_be_of_any_kind(queue_database: Target, factory: Any) -> None:
    with psycopg.connect(queue_database.conninfo, row_factory=factory) as connection:
        connection.cursor_factory = psycopg.ClientCursor
        job = add_job(connection, "a", {"n": 1})
        jobs = add_jobs(connection, [JobSpec(identifier="a", payload={"n": 2})])
    assert [job.payload, jobs[0].payload] == [{"n": 1}, {"n": 2}]


@pytest.mark.parametrize("threshold", [None, 0, 5])
def test_prepared_statements_are_the_callers_choice(
    queue_database: Target, threshold: int | None
) -> None:
    """Poolers dislike them; a connection that has them off sends none."""
    with psycopg.connect(queue_database.conninfo, prepare_threshold=threshold) as connection:
        for n in range(8):
            assert add_job(connection, "a", n).payload == n
        prepared = connection.execute("select count(*) from pg_prepared_statements").fetchone()
    assert prepared == ((0,) if threshold is None else (1,)) or threshold == 0


def test_in_a_pipeline(queue: Connection) -> None:
    with queue.pipeline():
        queue.execute("select 1")
        job = add_job(queue, "a", 1)
        jobs = add_jobs(queue, [JobSpec(identifier="a", payload=2)])
    assert [job.payload, jobs[0].payload] == [1, 2]


def test_another_schema_with_a_hostile_name(database: Target) -> None:
    migrate(database, worker_migrations(), HOSTILE)
    with connect(database) as connection:
        job = add_job(connection, "a", 1, queue_name="q", schema=HOSTILE)
        jobs = add_jobs(connection, [JobSpec(identifier="a", payload=2)], schema=HOSTILE)
        found = find_jobs(connection, schema=HOSTILE)
    assert [each.job for each in found] == [job, *jobs]


def test_without_the_worker_schema_the_error_says_how_to_install_it(
    database: Target, connection: Connection
) -> None:
    with pytest.raises(SchemaNotFoundError, match=r"kongtask migrate") as raised:
        add_job(connection, "a")
    assert isinstance(raised.value.__cause__, psycopg.Error)
    with pytest.raises(SchemaNotFoundError, match='"elsewhere"'):
        add_jobs(connection, [JobSpec(identifier="a")], schema="elsewhere")


def test_lists_that_cannot_be_merged_are_an_error_of_the_job(queue: Connection) -> None:
    """Lists are appended as jsonb, which takes less than json."""
    add_job(queue, "a", ["\0"], job_key="k")
    with pytest.raises(JobSpecError, match="NUL character"):
        add_job(queue, "a", [1], job_key="k")


def test_a_bad_argument_leaves_the_transaction_usable(queue_database: Target) -> None:
    """It is found before the database is asked."""
    with connect(queue_database, autocommit=False) as connection:
        add_job(connection, "a")
        with pytest.raises(JobSpecError):
            add_job(connection, "a", priority=70000)
        with pytest.raises(JobSpecError):
            add_jobs(connection, [JobSpec(identifier="a", payload=object())])
        with pytest.raises(TypeError, match="nonsense"):
            add_job(connection, "a", nonsense=1)  # type: ignore[call-overload]  # on purpose
        connection.commit()
    assert count_jobs(queue_database) == 1


def test_the_transactions_own_errors_stay_the_drivers(queue_database: Target) -> None:
    """Code that repeats a transaction looks for its driver's errors."""
    with connect(queue_database, autocommit=False) as connection:
        with pytest.raises(psycopg.errors.UndefinedColumn):
            connection.execute("select nonsense")
        with pytest.raises(psycopg.errors.InFailedSqlTransaction):
            add_job(connection, "a")


@pytest.mark.parametrize("wrong", [None, 7, "postgres://localhost/shop"])
def test_what_is_no_connection_is_refused(wrong: Any) -> None:
    with pytest.raises(UsageError, match=r"kongtask cannot use a .*; give a Connection"):
        add_job(wrong, "a")


def test_a_cursor_is_no_connection(queue: Connection) -> None:
    with pytest.raises(UsageError, match=r"kongtask cannot use a psycopg\.Cursor"):
        add_job(queue.cursor(), "a")  # type: ignore[call-overload]  # on purpose


def test_on_every_server(each_database: Target) -> None:
    migrate(each_database, worker_migrations(), "graphile_worker")
    with connect(each_database) as connection:
        job: Job = add_job(connection, "a", {"n": 1}, queue_name="q", flags=["f"], run_at=IN_2030)
        jobs = add_jobs(connection, [JobSpec(identifier="b"), JobSpec(identifier="c", job_key="k")])
        assert {found.job.id: found.job for found in find_jobs(connection)} == {
            each.id: each for each in (job, *jobs)
        }
