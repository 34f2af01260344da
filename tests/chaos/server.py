"""The servers of a run: the one that is used, and a replica that can take its place."""

from __future__ import annotations

import shutil
from contextlib import ExitStack, suppress
from pathlib import Path
from time import monotonic, sleep

from psycopg.conninfo import make_conninfo

from kongtask.database.connection import Connection, Target, connect
from kongtask.database.embedded import embedded_binaries
from kongtask.errors import EmbeddedServerError
from tests.conftest import FAST
from tests.worker.own_server import OwnServer

from .history import OPERATOR

#: What a client was told is written must survive the server's processes, not the machine.
_SETTINGS = {**FAST, "synchronous_commit": "on", "max_connections": "80"}

#: The database, and the role that owns it: workers and producers connect as it, so the server keeps
#: some connections for its operator.
_DATABASE, _ROLE = "queue", "app"

#: Seconds that a replica has to catch up.
_IN_VAIN = 30.0


class Server(OwnServer):
    """A server that can be lost, and replaced."""

    def crash(self) -> None:
        """End all of its processes without a checkpoint."""
        self.stop("immediate")

    def promote(self) -> None:
        """Let this replica be a server that takes writes."""
        self._run("pg_ctl", "promote", "-D", str(self.data), "-w")

    def copy(self, primary: Server) -> None:
        """Become a replica of another server, before it is entered."""
        self._make_folder(self.home)
        self._run(
            "pg_basebackup", "-D", str(self.data), "-d", primary.target().conninfo, "-R",
            "-X", "stream", "-c", "fast",
        )  # fmt: skip


class Servers:
    """A server and, where a run wants one, its replica.

    Args:
        home: a folder that the servers' user can enter.
        has_replica: whether there is a replica, for which each commit waits.

    Attributes:
        all: the servers; the first one takes writes until it is lost.
        current: the one that takes writes.
    """

    def __init__(self, home: Path, *, has_replica: bool) -> None:
        binaries = embedded_binaries()
        program = binaries[max(binaries)]
        self._stack = ExitStack()
        self.current = self._stack.enter_context(Server(program, home / "first", _SETTINGS))
        self.all = [self.current]
        with connect(self.current.target()) as connection:
            connection.execute(f"create role {_ROLE} login".encode())
            connection.execute(f"create database {_DATABASE} owner {_ROLE}".encode())
        if has_replica:
            replica = Server(program, home / "second", _SETTINGS)
            replica.copy(self.current)
            self.all.append(self._stack.enter_context(replica))
            self._wait_for_replica()

    def fail_over(self) -> None:
        """Lose the primary for good; its replica takes its place."""
        primary, self.current = self.all
        primary.crash()
        self.current.promote()

    def target(self) -> Target:
        """Return the database on the server that takes writes, as workers connect to it."""
        return _as(self.current, user=_ROLE)

    def targets(self) -> list[Target]:
        """Return the database on each server, as workers connect to it."""
        return [_as(server, user=_ROLE) for server in self.all]

    def operator(self) -> Connection:
        """Connect as the one who repairs what nobody else would."""
        return connect(_as(self.current, application_name=OPERATOR))

    def close(self) -> None:
        """Stop the servers."""
        with suppress(EmbeddedServerError):  # of the one that was lost
            self._stack.close()
        for server in self.all:
            shutil.rmtree(server.socket_folder, ignore_errors=True)

    def _wait_for_replica(self) -> None:
        deadline = monotonic() + _IN_VAIN
        with self.operator() as connection:
            connection.execute(b"alter system set synchronous_standby_names = '*'")
            connection.execute(b"select pg_reload_conf()")
            state = b"select from pg_stat_replication where sync_state = 'sync'"
            while connection.execute(state).fetchone() is None:
                assert monotonic() < deadline, "the replica does not catch up"
                sleep(0.05)


def _as(server: Server, **parameters: str) -> Target:
    conninfo = make_conninfo(server.target(_DATABASE).conninfo, **parameters)
    return Target(conninfo=conninfo, source="the chaos harness")
