"""The embedded server and scratch databases: shared, stopped by the last user, nothing left."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest

from kongtask.database.connection import Target, connect
from kongtask.database.embedded import EMBEDDED_MAJOR, LocalServer, embedded_server
from kongtask.database.scratch import SCRATCH_PREFIX, scratch_database
from kongtask.errors import EmbeddedServerError
from tests.conftest import public_folder, server_binaries
from tests.programs import ENVIRON, run


@pytest.fixture
def home() -> Iterator[Path]:
    """The folder of a server of the test's own."""
    with public_folder() as folder:
        yield folder / "server"


def is_up(home: Path) -> bool:
    return (home / "data" / "postmaster.pid").exists()


def test_the_last_user_stops_the_server_and_its_data_stay(home: Path) -> None:
    binaries = server_binaries()[EMBEDDED_MAJOR]
    with LocalServer(binaries, home) as first:
        with connect(first.target()) as connection:
            connection.execute("create table kept (id int)")
        with LocalServer(binaries, home):
            pass
        assert is_up(home)
    assert not is_up(home)
    with LocalServer(binaries, home) as again, connect(again.target()) as connection:
        assert connection.execute("select count(*) from kept").fetchone() == (0,)


def test_many_processes_may_start_it_at_once(home: Path) -> None:
    code = (
        "import sys; from pathlib import Path\n"
        "from kongtask.database.connection import connect\n"
        "from kongtask.database.embedded import LocalServer\n"
        "with LocalServer(Path(sys.argv[1]), Path(sys.argv[2])) as server:\n"
        "    with connect(server.target()) as c: print(c.execute('select 1').fetchone())\n"
    )
    binaries = server_binaries()[EMBEDDED_MAJOR]
    with ThreadPoolExecutor(6) as pool:
        done = list(pool.map(lambda _: run(sys.executable, "-c", code, binaries, home), range(6)))
    assert [one.stdout for one in done] == ["(1,)\n"] * 6, [one.stderr for one in done]
    assert not is_up(home)


def test_a_killed_user_leaves_a_server_that_the_next_one_stops(home: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path\n"
        "from kongtask.database.embedded import LocalServer\n"
        "with LocalServer(Path(sys.argv[1]), Path(sys.argv[2])):\n"
        "    print('up', flush=True); time.sleep(60)\n"
    )
    binaries = server_binaries()[EMBEDDED_MAJOR]
    child = subprocess.Popen(
        [sys.executable, "-c", code, str(binaries), str(home)],
        stdout=subprocess.PIPE, text=True, env=ENVIRON,
    )  # fmt: skip
    assert child.stdout is not None
    assert child.stdout.readline() == "up\n"
    child.send_signal(signal.SIGKILL)
    child.wait()
    child.stdout.close()
    assert is_up(home)
    with LocalServer(binaries, home):
        pass
    assert not is_up(home)


def test_only_its_user_can_enter_the_socket_folder(home: Path) -> None:
    with LocalServer(server_binaries()[EMBEDDED_MAJOR], home) as server:
        assert server.socket_folder.stat().st_mode & 0o077 == 0


def test_a_long_path_gets_a_short_socket_folder(home: Path) -> None:
    deep = home / ("x" * 60) / ("y" * 60)
    for folder in (home, deep.parent):
        folder.mkdir(mode=0o755)
    with LocalServer(server_binaries()[EMBEDDED_MAJOR], deep) as server:
        assert len(str(server.socket_folder)) < 80
        with connect(server.target()) as connection:
            assert connection.execute("select 1").fetchone() == (1,)


def test_the_callers_libpq_variables_are_not_meant_for_it(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        "PGPORT": "1", "PGHOSTADDR": "127.0.0.1", "PGUSER": "nobody", "PGDATABASE": "nothing",
        "PGOPTIONS": "-c search_path=nowhere", "PGTARGETSESSIONATTRS": "standby",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    server = LocalServer(server_binaries()[EMBEDDED_MAJOR], home)
    with server, connect(server.target()) as connection:
        assert connection.execute("show search_path").fetchone() == ('"$user", public',)


def test_an_unknown_major_is_an_error_that_names_the_known_ones() -> None:
    with pytest.raises(EmbeddedServerError, match="comes in version 16, 18, not 12"):
        embedded_server(12)


def scratch_names(server: Target) -> set[str]:
    with connect(server) as connection:
        rows = connection.execute("select datname from pg_database").fetchall()
    return {name for (name,) in rows if name.startswith(SCRATCH_PREFIX)}


def test_a_scratch_database_is_dropped_after_an_error_and_with_sessions_in_it(
    server: Target,
) -> None:
    before = scratch_names(server)
    left_open = None
    with suppress(ZeroDivisionError), scratch_database(server) as scratch:
        left_open = connect(scratch)
        left_open.execute(f"select {1 // 0}")
    assert left_open is not None
    assert scratch_names(server) <= before
    with pytest.raises(psycopg.OperationalError):
        left_open.execute("select 1")
    left_open.close()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_an_ended_command_leaves_no_scratch_database(server: Target, number: int) -> None:
    """After SIGKILL nobody can clean up; whoever makes the next scratch database does."""
    code = (
        "import sys, time\n"
        "from kongtask.cli.base import _exit_codes\n"
        "from kongtask.database.connection import Target\n"
        "from kongtask.database.scratch import scratch_database\n"
        "with _exit_codes(), scratch_database(Target(conninfo=sys.argv[1], source='')) as s:\n"
        "    print(s.conninfo, flush=True); time.sleep(60)\n"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", code, server.conninfo],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=ENVIRON,
    )  # fmt: skip
    assert child.stdout is not None
    made = child.stdout.readline()
    assert SCRATCH_PREFIX in made
    child.send_signal(number)
    child.wait(timeout=30)
    child.stdout.close()
    if number == signal.SIGKILL:
        _wait_for_sessions(server, made)
        with scratch_database(server):
            pass
    assert not [name for name in scratch_names(server) if name in made]


def test_a_live_scratch_database_is_nobodys_leftover(server: Target) -> None:
    with scratch_database(server) as mine:
        with scratch_database(server):
            pass
        with connect(mine) as connection:
            assert connection.execute("select 1").fetchone() == (1,)


def _wait_for_sessions(server: Target, conninfo: str) -> None:
    """Wait until the server has noticed that the killed client's session is gone."""
    match = re.search(rf"{SCRATCH_PREFIX}(\d+)_", conninfo)
    assert match is not None
    pid = int(match[1])
    with connect(server) as connection:
        for _ in range(300):
            alive = connection.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity where pid = %s", [pid]
            ).fetchone()
            if alive is None:
                return
            connection.execute("select pg_sleep(0.1)")
    raise AssertionError(f"session {pid} stays")
