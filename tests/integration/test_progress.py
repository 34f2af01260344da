"""A person at a terminal sees how far an export is; a program and a pipe see nothing of it."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
from pathlib import Path

import pytest

from kongtask.database.connection import Connection, Target, connect
from tests.programs import ENVIRON, run

BAR = "reading the catalog ["
ERASED = "\r\x1b[K"

#: Printing the view's definition waits for the lock; what comes after is worth a line.
BLOCKED = """
create schema app;
create table app.t (id int primary key);
create view app.v as select * from app.t;
"""


def at_a_terminal(*command: str | Path) -> tuple[subprocess.Popen[bytes], int]:
    """Start a program whose stderr is a terminal."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [str(word) for word in command],
        stdout=subprocess.DEVNULL, stderr=theirs, env=ENVIRON,
    )  # fmt: skip
    os.close(theirs)
    return process, ours


def shown(terminal: int) -> str:
    """Return all that a terminal has shown, when its program has ended."""
    text = b""
    try:
        while data := os.read(terminal, 65536):
            text += data
    except OSError:  # how Linux says that nobody is at the other end any more
        pass
    finally:
        os.close(terminal)
    return text.decode()


def waits_for_a_lock(watcher: Connection) -> int:
    """Return the process of the session that waits for the lock, once there is one."""
    while True:
        row = watcher.execute(
            "select pid from pg_stat_activity where datname = current_database()"
            " and application_name = 'kongtask' and wait_event_type = 'Lock'"
        ).fetchone()
        if row is not None:
            return int(row[0])


def test_a_person_sees_a_line_that_is_gone_in_the_end(database: Target, tmp_path: Path) -> None:
    file = tmp_path / "app.sql"
    with connect(database) as blocker, connect(database) as watcher:
        blocker.execute(BLOCKED.encode())
        blocker.execute("begin; lock table app.t in access exclusive mode")
        process, terminal = at_a_terminal(
            "schema-dump", "-conn", database.conninfo, "-schema", "app", "-o", file
        )
        waits_for_a_lock(watcher)
        watcher.execute("select pg_sleep(0.5)")  # longer than the patience
        blocker.execute("rollback")
    text = shown(terminal)
    assert process.wait() == 0
    assert BAR in text
    assert text.rindex(ERASED) > text.rindex(BAR)
    assert text.endswith(f'wrote {file}: schema "app", {file.stat().st_size} bytes\r\n')


def test_a_pipe_gets_nothing_of_it(database: Target) -> None:
    with connect(database) as connection:
        connection.execute(BLOCKED.encode())
    done = run("schema-dump", "-conn", database.conninfo, "-schema", "app", "-o", "-", "--prove")
    assert done.returncode == 0
    assert "\r" not in done.stderr
    assert "catalog" not in done.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_export_leaves_no_file(
    database: Target, tmp_path: Path, number: signal.Signals
) -> None:
    file = tmp_path / "app.sql"
    with connect(database) as blocker, connect(database) as watcher:
        blocker.execute(BLOCKED.encode())
        blocker.execute("begin; lock table app.t in access exclusive mode")
        process, terminal = at_a_terminal(
            "schema-dump", "-conn", database.conninfo, "-schema", "app", "-o", file
        )
        pid = waits_for_a_lock(watcher)
        process.send_signal(number)
        code, text = process.wait(timeout=30), shown(terminal)
        gone = "select count(*) from pg_stat_activity where pid = %s and state = 'active'"
        while watcher.execute(gone, [pid]).fetchone() != (0,):
            pass
    assert code == 128 + number
    assert "Traceback" not in text
    assert list(tmp_path.iterdir()) == []
