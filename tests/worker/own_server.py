"""A server of one test's own, which may go away."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from kongtask.database.embedded import LocalServer, embedded_binaries
from kongtask.migrate import migrate, worker_migrations
from kongtask.names import WORKER_SCHEMA
from tests.conftest import FAST, public_folder


class OwnServer(LocalServer):
    """A server of one test's own, which goes away and comes back."""

    def stop(self, mode: str) -> None:
        self._run("pg_ctl", "stop", "-D", str(self.data), "-m", mode, "-w")

    def start(self) -> None:
        self._start()


@contextmanager
def own_migrated_server() -> Iterator[OwnServer]:
    """Run a server with a migrated database, which writes out what it says it has written.

    What it does not say so of, as claims, is still to be written when it crashes.
    """
    binaries = embedded_binaries()
    with public_folder() as home:
        settings = {**FAST, "synchronous_commit": "on", "wal_writer_delay": "10s"}
        server = OwnServer(binaries[max(binaries)], home / "server", settings)
        with server:
            migrate(server.target(), worker_migrations(), WORKER_SCHEMA)
            yield server
        shutil.rmtree(server.socket_folder, ignore_errors=True)
