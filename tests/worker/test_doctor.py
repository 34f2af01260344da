"""``kongtask doctor``: each finding provoked, what it says to do done, and health told as such."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from subprocess import CompletedProcess

import psycopg
import pytest

from kongtask.database.connection import Connection, Target, connect
from kongtask.database.locks import pools_namespace
from kongtask.errors import UsageError
from kongtask.jobs import pause, permanently_fail_jobs, resume
from kongtask.migrate import install_extension, migrate, worker_migrations
from kongtask.monitoring.doctor import RULES, Diagnosis, Thresholds, examine
from kongtask.rules import Level
from tests.conftest import public_folder
from tests.pgbouncer import pgbouncer
from tests.programs import run

from .lively_process import lively
from .queue import Queue
from .test_pools_command import register
from .test_recovery import until

NODES = "pool-0123456789abcdef01"


def doctor(database: Target | Queue, *arguments: str) -> CompletedProcess[str]:
    return run("kongtask", "doctor", *arguments, "-conn", database.conninfo, cwd=Path("/"))


def found(connection: Connection, **options: object) -> dict[str, Diagnosis]:
    """Return what the doctor finds, by rule."""
    return {diagnosis.rule: diagnosis for diagnosis in examine(connection, **options)}  # type: ignore[arg-type]


def one(connection: Connection, rule: str, **options: object) -> Diagnosis:
    """Return the only finding."""
    diagnoses = found(connection, **options)
    assert list(diagnoses) == [rule]
    return diagnoses[rule]


def obey(connection: Connection, hint: str) -> None:
    """Run the statements of a hint, after the words before them."""
    for statement in hint.partition(": ")[2].split("; "):
        connection.execute(statement.encode())


def command_in(hint: str) -> list[str]:
    """Return the words of the command that a hint ends with."""
    command = re.search(r"kongtask ([a-z]+( [\w-]+)*)$", hint)
    assert command is not None, hint
    return command[1].split()


@pytest.fixture
def role(queue: Queue) -> Iterator[str]:
    """A role without any rights, dropped afterwards."""
    name = f"nobody_{os.getpid()}"
    queue.connection.execute(f"create role {name}".encode())
    yield name
    queue.connection.execute(b"reset role")
    queue.connection.execute(f"drop owned by {name}".encode())
    queue.connection.execute(f"drop role {name}".encode())


def test_nothing_is_found_where_all_is_well(extended: Queue) -> None:
    job = extended.add("hang", queue_name="q")
    extended.add("hang", run_at=datetime(2030, 1, 1, tzinfo=UTC))
    with lively(extended.conninfo) as worker:
        worker.until("hang", job)
        done = doctor(extended)
    assert (done.returncode, done.stdout) == (0, "nothing found\n")


def test_nothing_is_found_in_a_worker_schema_of_another_name(database: Target) -> None:
    migrate(database, worker_migrations(), 'my "queue"')
    install_extension(database, 'my "queue"')
    with connect(database) as connection:
        assert examine(connection, schema='my "queue"') == []


def test_commands_in_hints_name_a_schema_that_is_not_the_default(database: Target) -> None:
    with connect(database) as connection:
        diagnosis = one(connection, "worker-schema-missing", schema="my_queue")
    assert diagnosis.hint == "run: kongtask migrate -schema my_queue"


def test_every_rule_is_provoked_here() -> None:
    text = Path(__file__).read_text()
    assert [rule for rule in RULES if f'"{rule}"' not in text] == []


def test_a_worker_schema_that_is_missing(database: Target) -> None:
    done = doctor(database)
    assert done.returncode == 1
    assert "error: " in done.stdout
    assert "[worker-schema-missing]" in done.stdout
    assert "hint: run: kongtask migrate" in done.stdout
    assert run("kongtask", "migrate", "-conn", database.conninfo, cwd=Path("/")).returncode == 0
    assert doctor(database).stdout == "nothing found\n"


@pytest.mark.parametrize(
    ("revision", "is_breaking", "rule"),
    [(99, True, "worker-schema-unusable"), (99, False, "worker-schema-newer")],
)
def test_a_worker_schema_that_is_newer(
    extended: Queue, revision: int, is_breaking: bool, rule: str
) -> None:
    extended.connection.execute(
        b"insert into graphile_worker.migrations (id, breaking) values (%s, %s)",
        [revision, is_breaking],
    )
    assert "at revision 99" in one(extended.connection, rule).message or is_breaking


def test_a_worker_schema_that_is_behind_is_worth_a_note(database: Target) -> None:
    migrate(database, worker_migrations(), "graphile_worker", to=18)
    install_extension(database, "graphile_worker")
    with connect(database) as connection:
        diagnosis = one(connection, "worker-schema-behind")
    assert diagnosis.message.startswith('the worker schema "graphile_worker" is at revision 18')
    assert doctor(database).returncode == 0


def test_without_the_schema_beside_it(queue: Queue) -> None:
    diagnosis = one(queue.connection, "extension-schema-missing")
    assert "after four hours" in diagnosis.message
    assert run(
        "kongtask", *command_in(diagnosis.hint), "-conn", queue.conninfo, cwd=Path("/")
    ).returncode == 0  # fmt: skip
    assert examine(queue.connection) == []


def test_the_schema_beside_it_is_behind(extended: Queue) -> None:
    extended.connection.execute(b"delete from kongtask.migrations where id > 1")
    assert "is at revision 1," in one(extended.connection, "extension-schema-behind").message


def test_a_role_without_rights_gets_them_by_the_hints(extended: Queue, role: str) -> None:
    connection = extended.connection
    messages = {each.message for each in examine(connection, role=role)}
    assert any(f'the role "{role}" cannot claim jobs: it lacks ' in text for text in messages)
    assert any("row-level security hides all rows" in text for text in messages)
    for diagnosis in examine(connection, role=role):
        assert diagnosis.rule == "missing-right"
        if not diagnosis.message.startswith("row-level"):
            obey(connection, diagnosis.hint)
    hidden = one(connection, "missing-right", role=role)
    connection.execute(hidden.hint.rpartition(": ")[2].encode())
    assert examine(connection, role=role) == []
    extended.add("task")
    connection.execute(f"set role {role}".encode())
    extended.add("other task", queue_name="q")


def test_a_role_that_sees_no_jobs(extended: Queue, role: str) -> None:
    connection = extended.connection
    connection.execute(f"grant usage on schema graphile_worker, kongtask to {role}".encode())
    for schema in ("graphile_worker", "kongtask"):
        connection.execute(f"grant select on all tables in schema {schema} to {role}".encode())
    extended.add("task")
    connection.execute(f"set role {role}".encode())
    diagnoses = found(connection)
    assert set(diagnoses) == {"jobs-hidden", "missing-right", "not-examined"}
    assert "row-level security hides the jobs" in diagnoses["jobs-hidden"].message
    assert "may not read sequences" in diagnoses["not-examined"].message


def test_a_role_that_there_is_not(extended: Queue) -> None:
    with pytest.raises(UsageError, match='no role "nobody"'):
        examine(extended.connection, role="nobody")


def test_a_sequence_near_its_end_goes_on_below_zero(extended: Queue) -> None:
    connection = extended.connection
    connection.execute(b"select setval('graphile_worker.job_queues_id_seq', 1100000000)")
    diagnosis = one(connection, "sequence-near-end")
    assert (diagnosis.level, "51% of its numbers" in diagnosis.message) == (Level.WARNING, True)
    connection.execute(b"select setval('graphile_worker.job_queues_id_seq', 2147483647)")
    diagnosis = one(connection, "sequence-near-end")
    assert (diagnosis.level, "; 0 are left" in diagnosis.message) == (Level.ERROR, True)
    obey(connection, diagnosis.hint)
    extended.add("task", queue_name="q")
    assert extended.jobs("job_queue_id") == [-2147483648]
    assert "sequence-near-end" not in found(connection)


@pytest.mark.parametrize(("hours", "direction"), [(-1, "behind"), (1, "ahead of")])
def test_clocks_that_differ(extended: Queue, hours: int, direction: str) -> None:
    diagnosis = one(
        extended.connection, "clock-skew",
        clock=lambda: datetime.now(UTC) + timedelta(hours=hours),
    )  # fmt: skip
    assert re.search(rf"clock is 3\d\d\d\.\d s {direction} the server's", diagnosis.message)


def test_a_pooler_in_transaction_mode(extended: Queue) -> None:
    database = Target(conninfo=extended.conninfo, source="test")
    with (
        public_folder() as folder,
        pgbouncer(database, folder) as pooled,
        connect(pooled) as connection,
    ):
        diagnosis = one(connection, "transaction-pooling")
    assert diagnosis.level is Level.NOTE
    assert "--no-prepared-statements --no-listen" in diagnosis.hint


def test_few_connections_are_left(extended: Queue, role: str) -> None:
    connection = extended.connection
    thresholds = Thresholds(connections=0)
    assert found(connection, thresholds=thresholds)["connections-near-limit"].subject == (
        "the server"
    )
    name = connection.info.dbname
    connection.execute(f"alter database {name} connection limit 1".encode())
    diagnosis = one(connection, "connections-near-limit")
    assert diagnosis.message.startswith(f'1 of the 1 connections of the database "{name}"')
    connection.execute(f"alter database {name} connection limit -1".encode())
    connection.execute(f"alter role {role} connection limit 0".encode())
    subjects = [each.subject for each in examine(connection, role=role)]
    assert f'the role "{role}"' in subjects


def test_an_old_transaction_is_named_with_what_ends_it(extended: Queue) -> None:
    thresholds = Thresholds(old_transaction=timedelta())
    assert examine(extended.connection, thresholds=thresholds) == []
    with (
        suppress(psycopg.errors.AdminShutdown),
        connect(Target(conninfo=extended.conninfo, source="test")) as other,
    ):
        other.execute("begin isolation level repeatable read")
        other.execute("select from graphile_worker._private_jobs")
        diagnosis = one(extended.connection, "old-transaction", thresholds=thresholds)
        assert f"(process {other.info.backend_pid}, kongtask)" in diagnosis.message
        extended.connection.execute(diagnosis.hint.partition(": ")[2].encode())
        until(lambda: examine(extended.connection, thresholds=thresholds) == [])


def emptied(queue: Queue) -> Connection:
    """Fill the table and delete all but a few jobs; no vacuum comes."""
    connection = queue.connection
    connection.execute(
        b"alter table graphile_worker._private_jobs set (autovacuum_enabled = false)"
    )
    queue.fill("task", 20_000)
    connection.execute(b"delete from graphile_worker._private_jobs where id % 2000 <> 0")
    register(connection, "pool-a", tasks=["task"])
    return connection


def test_a_table_that_nobody_vacuums(extended: Queue) -> None:
    connection = emptied(extended)
    until(lambda: found(connection))
    diagnosis = one(connection, "table-not-vacuumed")
    assert "has 19,990 dead rows beside 10 live ones" in diagnosis.message
    assert "no vacuum has run ever" in diagnosis.message
    connection.execute(diagnosis.hint.partition(": ")[2].partition(";")[0].encode())
    until(lambda: found(connection) == {})


def test_a_table_and_an_index_that_are_much_larger_than_need_be(extended: Queue) -> None:
    connection = emptied(extended)
    thresholds = Thresholds(large_bytes=100_000, dead_rows=100_000)
    diagnoses = found(connection, thresholds=thresholds)
    assert set(diagnoses) == {"table-bloated", "index-bloated"}
    obey(connection, diagnoses["index-bloated"].hint)
    assert "index-bloated" not in found(connection, thresholds=thresholds)
    statement = diagnoses["table-bloated"].hint.partition(": ")[2].partition(";")[0]
    connection.execute(statement.encode())
    assert found(connection, thresholds=thresholds) == {}


def test_a_dead_pool_whose_jobs_nobody_frees(extended: Queue) -> None:
    register(extended.connection, "pool-a", seen="1 hour")
    diagnosis = one(extended.connection, "pool-dead")
    assert diagnosis.message.startswith("the pool pool-a on h (process 1) is dead")
    assert command_in(diagnosis.hint) == ["unlock", "pool-a"]


def test_a_pool_that_says_nothing_and_keeps_its_lock(extended: Queue) -> None:
    register(extended.connection, "pool-a", mode="lock", seen="1 hour")
    with connect(Target(conninfo=extended.conninfo, source="test")) as other:
        namespace = pools_namespace("graphile_worker")
        other.execute("select pg_advisory_lock(%s, 1)", [namespace])
        assert one(extended.connection, "pool-late").hint.endswith("kill -9 1")
    until(lambda: set(found(extended.connection)) == {"pool-dead"})


def test_jobs_that_no_live_pool_takes(extended: Queue) -> None:
    connection = extended.connection
    extended.add("send")
    diagnosis = one(connection, "no-live-pool")
    assert diagnosis.level is Level.WARNING
    assert diagnosis.message.startswith("1 job is due, and no pool of workers is alive")
    register(connection, "pool-a", tasks=["other"])
    diagnosis = one(connection, "task-without-pool")
    assert diagnosis.message.startswith('1 job waits for the task "send", and no live pool has it')
    register(connection, "pool-b", tasks=["send"])
    assert found(connection) == {}


def test_jobs_that_no_live_pool_takes_may_be_nodes(extended: Queue) -> None:
    connection = extended.connection
    held = extended.add("held")
    lock(connection, held, NODES, "now()")
    extended.add("send")
    diagnoses = found(connection)
    assert set(diagnoses) == {"no-live-pool", "unknown-owner"}
    assert diagnoses["no-live-pool"].level is Level.NOTE
    register(connection, "pool-a", tasks=["other"])
    assert found(connection)["task-without-pool"].level is Level.NOTE


def lock(connection: Connection, job: int, owner: str, since: str) -> None:
    """Lock a job, and its queue, as a pool does."""
    connection.execute(
        f"""
        with locked as (
          update graphile_worker._private_jobs
          set locked_by = %(owner)s, locked_at = {since}, attempts = 1
          where id = %(job)s
          returning job_queue_id
        )
        update graphile_worker._private_job_queues as queues
        set locked_by = %(owner)s, locked_at = {since}
        from locked where queues.id = locked.job_queue_id
        """.encode(),
        {"owner": owner, "job": job},
    )


@pytest.mark.parametrize(
    ("owner", "looks"),
    [
        (NODES, "like a pool of Node's Graphile Worker"),
        ("otpool-0123456789abcdef01", "like a pool of Node's Graphile Worker"),
        ("worker-0123456789abcdef01", "Graphile Worker before its version 0.17"),
        ("me", "neither kongtask's nor of the form that Node's"),
    ],
)
def test_locks_of_somebody_who_is_not_registered(extended: Queue, owner: str, looks: str) -> None:
    lock(extended.connection, extended.add("send"), owner, "now()")
    diagnosis = one(extended.connection, "unknown-owner")
    assert diagnosis.message.startswith(f"{owner} has locked 1 job since ")
    assert looks in diagnosis.message
    command = command_in(diagnosis.hint)
    assert run("kongtask", *command, "-conn", extended.conninfo, cwd=Path("/")).returncode == 0
    assert extended.locks() == 0


def test_locks_that_nobody_has_freed_in_time(extended: Queue) -> None:
    lock(extended.connection, extended.add("send"), NODES, "now() - interval '5 hours'")
    assert "counts as abandoned" in one(extended.connection, "lock-expired").message


def test_a_queue_that_is_locked_though_nobody_executes_a_job_of_it(extended: Queue) -> None:
    connection = extended.connection
    register(connection, "pool-a", tasks=["send"])
    extended.add("send", queue_name="it's")
    update = b"""
        update graphile_worker._private_job_queues
        set locked_by = %s, locked_at = now() - interval '1 hour'
    """
    connection.execute(update, ["pool-a"])
    diagnosis = one(connection, "queue-stuck")
    assert 'the queue "it\'s" has been locked by pool-a since' in diagnosis.message
    assert "nobody executes a job of it: 1 job of it cannot run" in diagnosis.message
    connection.execute(diagnosis.hint.partition(": ")[2].encode())
    assert found(connection) == {}
    connection.execute(update, [NODES])
    diagnosis = found(connection)["queue-stuck"]
    command = command_in(diagnosis.hint)
    assert run("kongtask", *command, "-conn", extended.conninfo, cwd=Path("/")).returncode == 0
    assert found(connection) == {}


def test_jobs_that_wait_behind_one_that_takes_long(extended: Queue) -> None:
    connection = extended.connection
    register(connection, "pool-a", tasks=["send"])
    first = extended.add("send", queue_name="mail")
    lock(connection, first, "pool-a", "now() - interval '1 hour'")
    assert found(connection) == {}, "nobody waits"
    extended.add("send", queue_name="mail")
    extended.add("send", queue_name="mail")
    diagnosis = one(connection, "queue-stuck")
    assert "2 jobs wait for the one that is executed" in diagnosis.message
    assert "kongtask jobs list --state locked --queue mail" in diagnosis.hint


def test_a_job_that_has_been_due_for_long(extended: Queue) -> None:
    register(extended.connection, "pool-a", tasks=["send"])
    job = extended.add("send", run_at=datetime.now(UTC) - timedelta(hours=1), queue_name="q")
    diagnosis = one(extended.connection, "jobs-overdue")
    assert diagnosis.message.startswith(f'job {job} for "send", of the queue "q", has been due')


def test_what_is_paused(extended: Queue) -> None:
    connection = extended.connection
    extended.add("send", queue_name="my mail", run_at=datetime(2030, 1, 1, tzinfo=UTC))
    pause(connection, "queue", "my mail")
    diagnosis = one(connection, "paused")
    assert diagnosis.message.startswith('the queue "my mail" has been paused since 2')
    assert diagnosis.hint.endswith("kongtask resume --queue 'my mail'")
    resume(connection, "queue", "my mail")
    pause(connection, "all")
    diagnosis = one(connection, "paused")
    assert diagnosis.message.startswith("everything has been paused since 2")
    assert diagnosis.hint.endswith("kongtask resume --all")


def test_failed_jobs(extended: Queue) -> None:
    connection = extended.connection
    ids = [extended.add("send") for _ in range(2)]
    permanently_fail_jobs(connection, ids, "no")
    diagnosis = one(connection, "failed-jobs")
    assert diagnosis.level is Level.NOTE
    assert "2 jobs are out of attempts and will not run again by themselves: " in diagnosis.message
    assert "send (2)" in diagnosis.message
    assert one(connection, "failed-jobs", thresholds=Thresholds(failed_jobs=1)).level is (
        Level.WARNING
    )
    assert run(
        "kongtask", *command_in(diagnosis.hint), "-conn", extended.conninfo, cwd=Path("/")
    ).returncode == 0  # fmt: skip
    assert found(connection) == {}


def test_what_takes_too_long_is_told_and_hinders_nothing_else(extended: Queue) -> None:
    register(extended.connection, "pool-a", seen="1 hour")
    with connect(Target(conninfo=extended.conninfo, source="test")) as other, other.transaction():
        other.execute("lock table graphile_worker._private_jobs in access exclusive mode")
        diagnoses = found(extended.connection, timeout=0.1)
        assert set(diagnoses) == {"pool-dead", "not-examined"}
        assert diagnoses["not-examined"].message == (
            "jobs could not be examined: the server has not answered within 0.1 s, so the look "
            "was ended; it may be busy, or somebody has locked the tables: give it longer with "
            "--timeout"
        )


def test_nothing_is_changed(extended: Queue) -> None:
    """Even where it would be a mistake of ours, the server refuses."""
    extended.add("send")
    extended.connection.execute(b"set default_transaction_read_only = on")
    assert set(found(extended.connection)) == {"no-live-pool"}


def test_findings_as_json_and_for_github(extended: Queue) -> None:
    extended.add("send")
    done = doctor(extended, "--json")
    document = json.loads(done.stdout)
    assert document["summary"] == {"error": 0, "warning": 1, "note": 0}
    (finding,) = document["findings"]
    assert (finding["rule"], finding["level"]) == ("no-live-pool", "warning")
    assert finding["hint"].startswith("start a worker: ")
    assert doctor(extended, "--format", "github").stdout.startswith("::warning title=no-live-pool")


def test_rules_and_levels_that_are_not_wanted(extended: Queue) -> None:
    extended.add("send")
    done = doctor(extended, "--exclude", "no-live-pool,failed-jobs")
    assert (done.returncode, done.stdout) == (0, "nothing found\n")
    done = doctor(extended, "--level", "error")
    assert (done.returncode, done.stdout) == (0, "nothing found\n")
    done = doctor(extended, "--exclude", "no-such")
    assert done.returncode == 2
    assert 'there is no rule "no-such"' in done.stderr
