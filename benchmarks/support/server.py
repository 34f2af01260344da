"""The server that benchmarks run on: PostgreSQL's defaults, durable commits, a fresh cluster."""

from __future__ import annotations

import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from kongtask.database.connection import Connection, Target, connect
from kongtask.database.embedded import EMBEDDED_MAJOR, LocalServer, embedded_server

#: What the embedded server has of its own for development goes back to PostgreSQL's default.
SETTINGS = {"synchronous_commit": "on"}

#: What a reader must know to compare figures with other people's.
TOLD = (
    "fsync", "synchronous_commit", "full_page_writes", "wal_level", "shared_buffers",
    "max_wal_size", "autovacuum", "jit",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A running server.

    Attributes:
        target: its first database.
        postmaster: the process id of its first process; None where that is on another machine.
    """

    target: Target
    postmaster: int | None


@contextmanager
def bench_server(conn: str | None = None) -> Iterator[Server]:
    """Start a fresh server, or take the one that is named."""
    if conn is not None:
        yield Server(target=Target(conninfo=conn, source="-conn"), postmaster=None)
        return
    # Whoever gives up waiting for a benchmark is not left with its server.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with tempfile.TemporaryDirectory(prefix="kongtask-bench-") as folder:
        Path(folder).chmod(0o755)
        binaries = embedded_server(EMBEDDED_MAJOR).binaries
        with LocalServer(binaries, Path(folder) / "server", SETTINGS) as server:
            lines = (server.data / "postmaster.pid").read_text().splitlines()
            yield Server(target=server.target(), postmaster=int(lines[0]))


def facts(target: Target) -> dict[str, str]:
    """Return the server's version and the settings that matter, by name."""
    with connect(target) as connection:
        version = connection.info.parameter_status("server_version") or ""
        return {"PostgreSQL": version} | {name: setting(connection, name) for name in TOLD}


def setting(connection: Connection, name: str) -> str:
    """Return a setting as the server prints it."""
    row = connection.execute("select current_setting(%s)", [name]).fetchone()
    assert row is not None
    return str(row[0])
