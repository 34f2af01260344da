"""A relay between a worker and its server that goes wrong on demand."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from time import sleep

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from kongtask.database.connection import Target


class Relay:
    """A relay on a port of this machine.

    Attributes:
        conninfo: of the database, by way of the relay.
        is_swallowing: whether what arrives is thrown away, on connections old and new.
        is_refusing: whether new connections are closed at once.
        is_deaf: whether notifications are thrown away, and nothing else.
        keepalive: seconds after which the server notices that the client of a frozen connection has
            gone; None for never.
    """

    def __init__(self, database: Target) -> None:
        given = conninfo_to_dict(database.conninfo)
        self._host, self._port = str(given["host"]), str(given["port"])
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._links: list[socket.socket] = []
        self._connections: list[_Connection] = []
        self._cut_on: bytes | None = None
        self._freeze_on: tuple[bytes, bool] | None = None
        self.is_swallowing = self.is_refusing = self.is_deaf = False
        self.keepalive: float | None = None
        self.was_cut, self.was_refused = threading.Event(), threading.Event()
        self.was_frozen = threading.Event()
        self.conninfo = make_conninfo(
            database.conninfo, host="127.0.0.1", hostaddr="127.0.0.1",
            port=self._listener.getsockname()[1], sslmode="disable", gssencmode="disable",
        )  # fmt: skip
        _start(self._accept)

    def cut_answer_to(self, text: bytes) -> None:
        """Let the next statement with some text reach the server, and its answer be cut off."""
        self.was_cut.clear()
        self._cut_on = text

    def freeze_on(self, text: bytes, *, is_delivered: bool) -> None:
        """Freeze the connection of the next statement with some text.

        Args:
            text: what the statement has in it.
            is_delivered: whether the statement still reaches the server.
        """
        self.was_frozen.clear()
        self._freeze_on = text, is_delivered

    def freeze(self) -> None:
        """Throw away from now on what arrives on today's connections; both ends think they live."""
        for connection in self._connections:
            connection.is_frozen = True

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
                server = None if self.is_refusing else self._connect()
                if server is None:
                    self.was_refused.set()
                    client.close()
                    continue
                self._links += client, server
                connection = _Connection()
                self._connections.append(connection)
                _start(self._pass_on, client, server, connection, True)
                _start(self._pass_on, server, client, connection, False)

    def _connect(self) -> socket.socket | None:
        """Connect to the server; None where it is away."""
        is_local = self._host.startswith("/")
        server = socket.socket(socket.AF_UNIX if is_local else socket.AF_INET)
        path = f"{self._host}/.s.PGSQL.{self._port}"
        try:
            server.connect(path if is_local else (self._host, int(self._port)))
        except OSError:
            server.close()
            return None
        return server

    def _pass_on(
        self,
        source: socket.socket,
        sink: socket.socket,
        connection: _Connection,
        is_to_server: bool,
    ) -> None:
        messages = _Messages()
        with suppress(OSError):
            while data := source.recv(65536):
                if not is_to_server:
                    data = messages.take(data, is_deaf=self.is_deaf)
                if self.is_swallowing or connection.is_frozen:
                    continue
                if is_to_server and self._freeze_on is not None and self._freeze_on[0] in data:
                    is_delivered, self._freeze_on = self._freeze_on[1], None
                    connection.is_frozen = True
                    self.was_frozen.set()
                    if not is_delivered:
                        continue
                if is_to_server and self._cut_on is not None and self._cut_on in data:
                    self._cut_on = None
                    connection.is_doomed = True
                if connection.is_doomed and not is_to_server:
                    sink.sendall(data[: len(data) // 2])
                    break
                sink.sendall(data)
        if connection.is_frozen:
            if not is_to_server or self.keepalive is None:
                return  # the server is not told that the client has gone
            sleep(self.keepalive)
        for link in (source, sink):
            with suppress(OSError):
                link.shutdown(socket.SHUT_RDWR)
        if connection.is_doomed:
            self.was_cut.set()


class _Connection:
    """What becomes of a connection.

    Attributes:
        is_doomed: whether it is cut in the midst of the next answer.
        is_frozen: whether what arrives is thrown away.
    """

    def __init__(self) -> None:
        self.is_doomed = self.is_frozen = False


class _Messages:
    """A server's messages, of which notifications can be left out.

    A message is a letter and its length, which counts itself, in four bytes.
    """

    def __init__(self) -> None:
        self._waiting = b""

    def take(self, data: bytes, *, is_deaf: bool) -> bytes:
        """Take some bytes; return the messages that are whole now."""
        self._waiting += data
        begin, kept = 0, []
        while len(self._waiting) >= begin + 5:
            end = begin + 1 + int.from_bytes(self._waiting[begin + 1 : begin + 5], "big")
            if end > len(self._waiting):
                break
            if not (is_deaf and self._waiting[begin : begin + 1] == b"A"):
                kept.append(self._waiting[begin:end])
            begin = end
        self._waiting = self._waiting[begin:]
        return b"".join(kept)


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
