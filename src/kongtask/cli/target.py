"""The database a command works on: the named one, or the project's own on the embedded server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from kongtask.database.connection import Target, compose, connect, failure, find_target
from kongtask.database.embedded import embedded_binaries, embedded_server, project_database
from kongtask.errors import UsageError
from kongtask.settings import Settings

_NO_DATABASE = (
    "no database is named, and the embedded PostgreSQL is not installed. Name a database with "
    '-conn "postgres://user@localhost/database", DATABASE_URL, libpq\'s variables (PGHOST, '
    "PGDATABASE, PGSERVICE, …) or `connection` in [tool.kongtask] of pyproject.toml; or install "
    "the embedded one: pip install 'kongtask[embedded]'"
)

#: Somebody else has made the database since we looked.
_MADE_MEANWHILE = frozenset({"42P04", "23505"})


@contextmanager
def command_target(conn: str | None, settings: Settings) -> Iterator[Target]:
    """Find the database that a command means; start the embedded server if none is named.

    Args:
        conn: the value of ``-conn``, or None where it was not given.
        settings: the project's settings.

    Yields:
        The named database; else the project's database on the embedded server, which is made if
        missing, and whose server stays up until the block ends.

    Raises:
        UsageError: no database is named and there is no embedded server, or a name is empty.
    """
    named = find_target(conn, settings)
    if named is not None:
        yield named
        return
    if not embedded_binaries():
        raise UsageError(_NO_DATABASE)
    with embedded_server() as server:
        name = project_database(settings)
        create_database(server.target(), name)
        yield server.target(name)


def create_database(server: Target, name: str) -> None:
    """Create a database unless there is one of that name.

    Args:
        server: any database of the server.
        name: the database to make.
    """
    with connect(server) as connection:
        try:
            found = connection.execute(
                "select 1 from pg_catalog.pg_database where datname = %s", [name]
            ).fetchone()
            if found is None:
                connection.execute(compose("create database {name} template template0", name=name))
        except psycopg.Error as error:
            if error.sqlstate not in _MADE_MEANWHILE:
                raise failure(error, f'creating the database "{name}"') from error
