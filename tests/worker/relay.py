"""A relay between a worker and its server that goes wrong on demand."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from kongtask.database.connection import Target


class Relay:
    """A relay on a port of this machine.

    Attributes:
        conninfo: of the database, by way of the relay.
        is_swallowing: whether what arrives is thrown away, on connections old and new.
    """

    def __init__(self, database: Target) -> None:
        given = conninfo_to_dict(database.conninfo)
        self._host, self._port = str(given["host"]), str(given["port"])
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._links: list[socket.socket] = []
        self._cut_on: bytes | None = None
        self.is_swallowing = False
        self.was_cut = threading.Event()
        self.conninfo = make_conninfo(
            database.conninfo, host="127.0.0.1", hostaddr="127.0.0.1",
            port=self._listener.getsockname()[1], sslmode="disable", gssencmode="disable",
        )  # fmt: skip
        _start(self._accept)

    def cut_answer_to(self, text: bytes) -> None:
        """Let the next statement with some text reach the server, and its answer be cut off."""
        self.was_cut.clear()
        self._cut_on = text

    def close(self) -> None:
        """Cut all connections."""
        for link in (self._listener, *self._links):
            with suppress(OSError):
                link.shutdown(socket.SHUT_RDWR)
            link.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = self._connect()
                self._links += client, server
                doomed = threading.Event()
                _start(self._pass_on, client, server, doomed, True)
                _start(self._pass_on, server, client, doomed, False)

    def _connect(self) -> socket.socket:
        if not self._host.startswith("/"):
            return socket.create_connection((self._host, int(self._port)))
        server = socket.socket(socket.AF_UNIX)
        server.connect(f"{self._host}/.s.PGSQL.{self._port}")
        return server

    def _pass_on(
        self,
        source: socket.socket,
        sink: socket.socket,
        doomed: threading.Event,
        is_to_server: bool,
    ) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                if self.is_swallowing:
                    continue
                if is_to_server and self._cut_on is not None and self._cut_on in data:
                    self._cut_on = None
                    doomed.set()
                if doomed.is_set() and not is_to_server:
                    sink.sendall(data[: len(data) // 2])
                    break
                sink.sendall(data)
        for link in (source, sink):
            with suppress(OSError):
                link.shutdown(socket.SHUT_RDWR)
        if doomed.is_set():
            self.was_cut.set()


@contextmanager
def relay_to(database: Target) -> Iterator[Relay]:
    """Relay to a database as long as the block lasts."""
    relay = Relay(database)
    try:
        yield relay
    finally:
        relay.close()


def _start(function: object, *args: object) -> None:
    threading.Thread(target=function, args=args, daemon=True).start()  # type: ignore[arg-type]
