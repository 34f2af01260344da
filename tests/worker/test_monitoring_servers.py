"""Looking at queues on every version of the server, on a standby, and from every side."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kongtask.database.connection import Target, connect
from kongtask.database.embedded import EMBEDDED_MAJOR, LocalServer
from kongtask.jobs import add_job
from kongtask.migrate import install_extension, migrate, worker_migrations
from kongtask.monitoring import (
    Rates,
    Watch,
    find_pools,
    rates,
    read_counters,
    read_statistics,
)
from kongtask.monitoring.doctor import examine
from tests.conftest import FAST, public_folder, server_binaries
from tests.programs import run

from .test_pools_command import register


def prepare(database: Target) -> None:
    """Make a queue with a job that is due, and pools, one alive and one dead."""
    migrate(database, worker_migrations(), "graphile_worker")
    install_extension(database, "graphile_worker")
    with connect(database) as connection:
        add_job(connection, "send", queue_name="mail")
        register(connection, "pool-a")
        register(connection, "pool-b", seen="1 hour")


def test_every_server(each_database: Target) -> None:
    prepare(each_database)
    with connect(each_database) as connection:
        assert read_statistics(connection).jobs.waiting == 1
        counters = read_counters(connection)
        assert counters is not None
        assert counters.ids == 1
        assert [pool.state for pool in find_pools(connection)] == ["alive", "dead"]
        assert [found.rule for found in examine(connection)] == ["pool-dead"]
        assert Watch("graphile_worker", timeout=10).look(connection).problem is None


@contextmanager
def standby() -> Iterator[Target]:
    """Run a server that follows another, which is away, from a copy of that one's data."""
    with public_folder() as home:
        settings = {**FAST, "wal_level": "replica"}
        server = LocalServer(server_binaries()[EMBEDDED_MAJOR], home / "server", settings)
        with server:
            prepare(server.target())
        # Its owner may be another user than the test's.
        data = server.data
        (data / "standby.signal").touch()
        owner = data.stat()
        subprocess.run(
            ["chown", f"{owner.st_uid}:{owner.st_gid}", data / "standby.signal"], check=True
        )
        with server:
            yield server.target()


@pytest.fixture(scope="module")
def follower() -> Iterator[Target]:
    with standby() as target:
        yield target


def test_a_standby_shows_what_is_in_the_queue(follower: Target) -> None:
    with connect(follower) as connection:
        found = read_statistics(connection)
        assert (found.jobs.waiting, found.due) == (1, 1)
        assert found.queues[0].queue_name == "mail"
        # A standby knows neither locks nor what the primary counts.
        assert {pool.pool_id: pool.state for pool in find_pools(connection)}["pool-b"] == "late"
        counters = read_counters(connection)
    assert counters is not None
    assert counters.is_standby
    assert counters.ids is not None
    later = type(counters)(
        taken_at=counters.taken_at + timedelta(seconds=2), is_standby=True, inserted=0, deleted=0,
        ids=counters.ids + 10,
    )  # fmt: skip
    assert rates(counters, later) == Rates(added=5.0, finished=None)


def test_the_commands_on_a_standby(follower: Target) -> None:
    def kongtask(*arguments: str) -> subprocess.CompletedProcess[str]:
        return run("kongtask", *arguments, "-conn", follower.conninfo, cwd=Path("/"))

    assert kongtask("pools").stdout.count("late") >= 1
    assert "a second " in kongtask("top", "--once", "--interval", "0.1").stdout
    document = json.loads(kongtask("doctor", "--json").stdout)
    rules = {finding["rule"] for finding in document["findings"]}
    assert "not-examined" in rules
    assert rules <= {"not-examined", "jobs-overdue"}, "pools may be late since the copy is old"


def test_a_time_far_away_is_read(each_database: Target) -> None:
    prepare(each_database)
    with connect(each_database) as connection:
        connection.execute(
            "update graphile_worker._private_jobs set run_at = %s", [datetime(1, 1, 1, tzinfo=UTC)]
        )
        oldest = read_statistics(connection).oldest
        assert oldest is not None
        assert oldest.run_at.year == 1
        connection.execute("update graphile_worker._private_jobs set run_at = '-infinity'")
        assert read_statistics(connection).oldest_age > 1e9
        for time in ("infinity", "-infinity"):
            connection.execute(
                "update graphile_worker._private_jobs set locked_at = %s, locked_by = 'x'", [time]
            )
            connection.execute(
                "update graphile_worker._private_job_queues set locked_at = %s, locked_by = 'x'",
                [time],
            )
            assert read_statistics(connection).holders["x"].jobs == 1
            assert "not-examined" not in {found.rule for found in examine(connection)}
