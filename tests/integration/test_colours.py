"""Colour: on a terminal only, and nowhere where NO_COLOR asks for none."""

from __future__ import annotations

import os
import pty
import subprocess
from pathlib import Path

import pytest

from kongtask.database.connection import Connection, Target
from tests.programs import ENVIRON, run


def on_terminal(*command: str, cwd: Path, environ: dict[str, str]) -> str:
    """Run a program whose output and errors go to a terminal, and return what that received."""
    ours, theirs = pty.openpty()
    try:
        done = subprocess.Popen(
            command, cwd=cwd, env={**ENVIRON, "TERM": "xterm", **environ},
            stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs,
        )  # fmt: skip
        os.close(theirs)
        received = b""
        while True:
            try:
                part = os.read(ours, 65536)
            except OSError:  # Linux's way to say that the other side is closed
                break
            if not part:
                break
            received += part
        done.wait(timeout=60)
        return received.decode()
    finally:
        os.close(ours)


@pytest.mark.parametrize(
    ("environ", "is_coloured"), [({}, True), ({"NO_COLOR": ""}, True), ({"NO_COLOR": "1"}, False)]
)
def test_a_terminal_has_colours_unless_it_is_not_to(
    environ: dict[str, str],
    is_coloured: bool,
    tmp_path: Path,
    database: Target,
    connection: Connection,
) -> None:
    connection.execute("create schema shop; create table shop.log (line text)")
    command = ("kongtask", "schema", "lint", "--schema-only", "-schema", "shop", "-conn")
    found = on_terminal(*command, database.conninfo, cwd=tmp_path, environ=environ)
    assert "no-primary-key" in found
    assert ("\x1b[" in found) is is_coloured
    failed = on_terminal(*command, "", cwd=tmp_path, environ=environ)
    assert "-conn is empty" in failed
    assert ("\x1b[" in failed) is is_coloured


def test_what_is_no_terminal_has_no_colours(
    tmp_path: Path, database: Target, connection: Connection
) -> None:
    connection.execute("create schema shop; create table shop.log (line text)")
    command = ("kongtask", "schema", "lint", "--schema-only", "-schema", "shop", "-conn")
    done = run(*command, database.conninfo, cwd=tmp_path)
    assert "no-primary-key" in done.stdout
    assert "\x1b[" not in done.stdout + done.stderr
