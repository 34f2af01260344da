"""``kongtask pools``: which pools are there, and which of them live."""

from __future__ import annotations

import json
import os
import signal
import socket
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from kongtask import __version__
from kongtask.database.connection import Connection
from kongtask.monitoring import Pool, find_pools
from tests.programs import run

from .lively_process import lively
from .queue import Queue
from .test_recovery import until


def kongtask(queue: Queue, *arguments: str) -> CompletedProcess[str]:
    return run("kongtask", *arguments, "-conn", queue.conninfo, cwd=Path("/"))


def states(queue: Queue) -> dict[str, str]:
    return {pool.pool_id: pool.state for pool in find_pools(queue.connection)}


def register(
    connection: Connection, pool_id: str, mode: str = "heartbeat", seen: str = "0 seconds",
    **columns: Any,
) -> None:  # fmt: skip
    """Enter a pool as one does that was last seen some time ago."""
    given = {"recovered_at": None, "tasks": ["send"], **columns}
    names = "".join(f", {name}" for name in given)
    values = "".join(f", %({name})s" for name in given)
    connection.execute(
        f"""
        insert into kongtask.pools (
          pool_id, lock_key, mode, host, process_id, version, given_back_tasks, most_deaths,
          concurrency, late_after, last_seen_at{names}
        )
        values (
          %(pool_id)s, 1, %(mode)s, 'h', 1, '1', '{{}}', 3, 10, '30 seconds',
          now() - %(seen)s::interval{values}
        )
        """.encode(),
        {"pool_id": pool_id, "mode": mode, "seen": seen, **given},
    )


def test_a_pool_is_alive_then_late_then_dead(queue: Queue) -> None:
    job = queue.add("hang")
    with lively(queue.conninfo, only=["hang", "note"]) as worker:
        owner = worker.until("hang", job)[0]
        (pool,) = json.loads(kongtask(queue, "pools", "--json").stdout)["pools"]
        assert pool | {"started_at": "", "last_seen_at": ""} == {
            "pool_id": owner, "state": "alive", "mode": "lock", "host": socket.gethostname(),
            "process_id": worker.process.pid, "version": __version__, "tasks": ["hang", "note"],
            "concurrency": pool["concurrency"], "wanted_concurrency": None, "started_at": "",
            "last_seen_at": "", "recovered_at": None, "jobs": 1,
        }  # fmt: skip
        worker.send(signal.SIGSTOP)
        assert until(lambda: states(queue)[owner] == "late")
        worker.send(signal.SIGKILL)
        assert until(lambda: states(queue)[owner] == "dead")
    with lively(queue.conninfo) as other:
        other.until("recovered", owner)
        until(lambda: states(queue)[owner] == "recovered")
        assert sorted(states(queue).values()) == ["alive", "recovered"]


def test_pools_as_a_table(extended: Queue) -> None:
    register(extended.connection, "pool-a", tasks=["send", "sum"], wanted_concurrency=4)
    register(extended.connection, "pool-b", seen="31 seconds")
    done = kongtask(extended, "pools")
    assert done.returncode == 0
    head, *rows = done.stdout.splitlines()
    assert head.split("  ")[0] == "pool"
    assert [row.split()[:4] for row in rows] == [
        ["pool-a", "alive", "h", "1"],
        ["pool-b", "dead", "h", "1"],
    ]
    assert "10 → 4" in rows[0]
    assert rows[0].endswith("send, sum")
    assert kongtask(extended, "pools", "list").stdout.splitlines()[0] == head


def test_no_pools_are_said_to_be_none(extended: Queue) -> None:
    done = kongtask(extended, "pools")
    assert (done.returncode, len(done.stdout.splitlines())) == (0, 1)
    assert "no pool is registered" in done.stderr


def test_without_their_schema_an_error_says_what_makes_it(queue: Queue) -> None:
    done = kongtask(queue, "pools")
    assert done.returncode == 2
    assert "`kongtask migrate` makes it" in done.stderr


def test_pools_of_the_first_revision_are_read_too(extended: Queue) -> None:
    extended.connection.execute("alter table kongtask.pools drop column wanted_concurrency")
    register(extended.connection, "pool-a")
    (pool,) = find_pools(extended.connection)
    assert isinstance(pool, Pool)
    assert (pool.state, pool.wanted_concurrency) == ("alive", None)


def test_a_role_that_may_see_pools_and_not_jobs(extended: Queue) -> None:
    role = f"watcher_{os.getpid()}"
    connection = extended.connection
    register(connection, "pool-a")
    connection.execute(f"create role {role} login".encode())
    try:
        environ = {"PGOPTIONS": f"-c role={role}"}
        refused = run("kongtask", "pools", "-conn", extended.conninfo.replace("options=''", ""),
                      cwd=Path("/"), environ=environ)  # fmt: skip
        assert refused.returncode == 2
        assert f'the role "{role}" may not see the pools: grant usage' in refused.stderr
        connection.execute(f"grant usage on schema kongtask to {role}".encode())
        connection.execute(f"grant select on kongtask.pools to {role}".encode())
        done = run("kongtask", "pools", "-conn", extended.conninfo.replace("options=''", ""),
                   cwd=Path("/"), environ=environ)  # fmt: skip
        assert done.returncode == 0
        assert done.stdout.splitlines()[1].split()[:2] == ["pool-a", "alive"]
        assert "how many jobs they have locked is not known" in done.stderr
    finally:
        connection.execute(f"drop owned by {role}".encode())
        connection.execute(f"drop role {role}".encode())


@pytest.mark.parametrize("arguments", [["pools", "lst"], ["pools", "--jsno"]])
def test_what_is_misspelt_is_an_error(extended: Queue, arguments: list[str]) -> None:
    done = kongtask(extended, *arguments)
    assert done.returncode == 2
    assert "No such" in done.stderr
