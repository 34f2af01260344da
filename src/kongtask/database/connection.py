"""Which server a command means, and connecting to it.

Order: flag, ``DATABASE_URL``, libpq's own variables, the project's settings, the embedded server.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, LiteralString

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.pq import PGconn, Ping

from kongtask.errors import (
    ConnectionFailedError,
    DatabaseFailedError,
    KongtaskError,
    ServerNotSupportedError,
    UsageError,
)
from kongtask.settings import Settings

Connection = psycopg.Connection[tuple[Any, ...]]
AsyncConnection = psycopg.AsyncConnection[tuple[Any, ...]]

#: Any of these names a server to libpq; the others (PGPASSWORD, PGSSLMODE, …) only refine it.
_LIBPQ_SERVER_VARIABLES = ("PGSERVICE", "PGHOST", "PGHOSTADDR", "PGPORT", "PGDATABASE", "PGUSER")

#: The oldest major version that kongtask works on.
OLDEST_MAJOR = 13

#: The newest major version whose catalog kongtask knows.
NEWEST_MAJOR = 18

#: Seconds to wait for one host to answer, unless the conninfo or PGCONNECT_TIMEOUT says otherwise.
CONNECT_TIMEOUT = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A database to work on.

    Attributes:
        conninfo: a libpq connection string; empty means libpq's own variables.
        source: what named it, for people: ``-conn``, ``DATABASE_URL``, …
    """

    conninfo: str
    source: str

    def at_database(self, name: str) -> Target:
        """Return the same server with another database."""
        _parse(self)
        return Target(conninfo=make_conninfo(self.conninfo, dbname=name), source=self.source)


def find_target(
    flag: str | None, settings: Settings, environ: Mapping[str, str] = os.environ
) -> Target | None:
    """Return the database that the user named, or None if nothing names one.

    Args:
        flag: the value of ``-conn``, or None where it was not given.
        settings: the project's settings.
        environ: the environment.

    Raises:
        UsageError: something names a server with an empty value.
    """
    if flag is not None:
        return _named(flag, "-conn")
    if "DATABASE_URL" in environ:
        return _named(environ["DATABASE_URL"], "DATABASE_URL")
    libpq = [name for name in _LIBPQ_SERVER_VARIABLES if name in environ]
    for name in libpq:
        if not environ[name].strip():
            raise UsageError(f"{name} is set but empty; unset it or give it a value")
    if libpq:
        return Target(conninfo="", source=", ".join(libpq))
    if settings.connection is not None:
        return _named(settings.connection, f"connection in {settings.file}")
    return None


def _named(conninfo: str, source: str) -> Target:
    if not conninfo.strip():
        raise UsageError(
            f"{source} is empty: give a connection string, "
            'for instance "postgres://user@localhost/database", or leave it out'
        )
    return Target(conninfo=conninfo, source=source)


def connect(target: Target, *, autocommit: bool = True) -> Connection:
    """Open a connection.

    Args:
        target: the database.
        autocommit: False begins a transaction with the first statement.

    Raises:
        UsageError: libpq does not understand the conninfo.
        ConnectionFailedError: the server does not answer or refuses the login.
        ServerNotSupportedError: its version is below 13.
    """
    arguments = _arguments(target)
    try:
        connection: Connection = psycopg.connect(
            target.conninfo, autocommit=autocommit, **arguments
        )
    except psycopg.Error as error:
        raise _connection_failed(target, error) from error
    try:
        _check_version(connection.info)
    except ServerNotSupportedError:
        connection.close()
        raise
    return connection


async def connect_async(target: Target, *, autocommit: bool = True) -> AsyncConnection:
    """Open a connection for asyncio; as :func:`connect` in everything else."""
    arguments = _arguments(target)
    try:
        connection: AsyncConnection = await psycopg.AsyncConnection.connect(
            target.conninfo, autocommit=autocommit, **arguments
        )
    except psycopg.Error as error:
        raise _connection_failed(target, error) from error
    try:
        _check_version(connection.info)
    except ServerNotSupportedError:
        await connection.close()
        raise
    return connection


def connect_beside(connection: Connection) -> Connection:
    """Open another connection to the same server and database, as the same role.

    Raises:
        ConnectionFailedError: the server takes no more connections, or none that are like it.
    """
    info = connection.info
    given = {**info.get_parameters(), "host": info.host, "port": str(info.port)}
    if info.password:
        given["password"] = info.password
    if given.get("hostaddr"):
        given["hostaddr"] = info.hostaddr
    return connect(Target(conninfo=make_conninfo("", **given), source="the first connection"))


def cut(connection: Connection | psycopg.AsyncConnection[Any]) -> None:
    """Cut a connection on which others may be waiting: they get an error."""
    with (
        suppress(OSError, psycopg.Error),  # it has ended by itself
        socket.socket(fileno=os.dup(connection.fileno())) as link,
    ):
        link.shutdown(socket.SHUT_RDWR)


def connect_when_ready(target: Target, *, wait: float, autocommit: bool = True) -> Connection:
    """Open a connection, trying again until the server answers.

    Args:
        target: the database.
        wait: how long to try, in seconds; 0 tries once.
        autocommit: as in :func:`connect`.

    Raises:
        ConnectionFailedError: the last attempt's error, when the time is up. A refused login is
            raised at once: waiting does not mend a password.
    """
    deadline = time.monotonic() + wait
    pause = 0.1
    has_answered = False
    while True:
        try:
            return connect(target, autocommit=autocommit)
        except ConnectionFailedError:
            left = deadline - time.monotonic()
            # Twice: it may have come up between a vain attempt and the question whether it is up.
            if left <= 0 or has_answered:
                raise
            has_answered = _accepts_connections(target)
            time.sleep(min(pause, left))
            pause = min(pause * 1.5, 2.0)


def _accepts_connections(target: Target) -> bool:
    """Ask whether a server is up, whatever it thinks of the login.

    libpq keeps the SQLSTATE of a refused login to itself, and its message is in the server's
    language; but PQping() tells a refusal from a server that is starting or not there.
    """
    timeout = {"connect_timeout": CONNECT_TIMEOUT, **_parse(target)}["connect_timeout"]
    conninfo = make_conninfo(target.conninfo, connect_timeout=timeout)
    return PGconn.ping(conninfo.encode()) not in {Ping.REJECT, Ping.NO_RESPONSE}


def describe(connection: Connection) -> str:
    """Say which server and database a connection uses, without any password."""
    info = connection.info
    place = info.host if info.host.startswith("/") else f"{info.host}:{info.port}"
    major, minor = divmod(info.server_version, 10000)
    return (
        f'database "{info.dbname}" as "{info.user}" on {place or "local socket"} '
        f"(PostgreSQL {major}.{minor})"
    )


def caveat(connection: Connection) -> str | None:
    """Return a warning where the server is newer than kongtask, else None."""
    major = connection.info.server_version // 10000
    if major <= NEWEST_MAJOR:
        return None
    return (
        f"PostgreSQL {major} is newer than this kongtask, which knows {OLDEST_MAJOR} to "
        f"{NEWEST_MAJOR}: objects of new kinds are refused, new attributes of known ones are not "
        "seen; look for a newer kongtask"
    )


def failure(error: psycopg.Error, doing: str) -> KongtaskError:
    """Translate a driver's error: the one place that reads them.

    Args:
        error: what psycopg raised.
        doing: what was being done, for the sentence: ``"reading the schema"``.
    """
    if error.sqlstate is None or error.sqlstate.startswith(("08", "57P")):
        return ConnectionFailedError(f"the connection was lost while {doing}: {_first_line(error)}")
    return DatabaseFailedError(f"{doing}: {_first_line(error)}", sqlstate=error.sqlstate)


def compose(text: LiteralString, **names: str) -> sql.Composed:
    """Return a statement with quoted identifiers in the place of ``{name}``."""
    return sql.SQL(text).format(**{key: sql.Identifier(value) for key, value in names.items()})


def _arguments(target: Target) -> dict[str, Any]:
    """Return what a connection is opened with, besides the conninfo."""
    arguments: dict[str, Any] = {
        "prepare_threshold": None,  # statements run once here, and poolers dislike named ones
        "fallback_application_name": "kongtask",
        "client_encoding": "UTF8",
    }
    if "connect_timeout" not in _parse(target) and "PGCONNECT_TIMEOUT" not in os.environ:
        arguments["connect_timeout"] = CONNECT_TIMEOUT
    return arguments


def _check_version(info: psycopg.ConnectionInfo) -> None:
    version = info.server_version
    if version < OLDEST_MAJOR * 10000:
        raise ServerNotSupportedError(
            f"this server runs PostgreSQL {version // 10000}; "
            f"kongtask needs {OLDEST_MAJOR} or newer"
        )


def _first_line(error: psycopg.Error) -> str:
    message = error.diag.message_primary or str(error)
    return message.strip().splitlines()[0] if message.strip() else type(error).__name__


def _parse(target: Target) -> dict[str, Any]:
    """Let libpq read the conninfo; refuse it where an error of libpq's could show a password.

    A password with an unescaped ``@``, ``/`` or ``:`` spills into the host or port of a URI, and
    libpq's message would quote it. So such a message is not repeated, nor provoked.
    """
    try:
        given = conninfo_to_dict(target.conninfo)
    except psycopg.Error:
        given = {"host": "@"}
    host, port = str(given.get("host", "")), str(given.get("port", ""))
    if "@" in host or (port and not port.replace(",", "").isdigit()):
        raise UsageError(
            f"{target.source} is not a connection string that libpq understands; it looks like "
            '"postgres://user@host:5432/database" or "host=… dbname=… user=…", '
            "with special characters in a URI written as %XX"
        )
    return given


def _connection_failed(target: Target, error: psycopg.Error) -> ConnectionFailedError:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    text = "; ".join(dict.fromkeys(lines)) or type(error).__name__
    return ConnectionFailedError(f"cannot connect (server from {target.source}): {text}")
