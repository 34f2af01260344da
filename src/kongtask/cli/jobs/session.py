"""The connection of a command that works on jobs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg

from kongtask.cli.base import note
from kongtask.cli.target import command_target
from kongtask.database.connection import Connection, connect, describe, failure
from kongtask.settings import load_settings, worker_schema_name


@dataclass(frozen=True, slots=True, kw_only=True)
class JobSession:
    """A connection, in autocommit mode, and the worker schema that a command means."""

    connection: Connection
    schema: str


@contextmanager
def job_session(conn: str | None, schema: str | None, doing: str) -> Iterator[JobSession]:
    """Open the database that a command means, and say which it is.

    Args:
        conn: the value of ``-conn``, or None.
        schema: the value of ``-schema``, or None.
        doing: what is being done, for an error.

    Raises:
        KongtaskError: no database is named, it does not answer, or it refuses a statement.
    """
    settings = load_settings()
    name = schema if schema is not None else worker_schema_name(settings)
    with command_target(conn, settings) as target, connect(target) as connection:
        note(f"using {describe(connection)}, from {target.source}")
        try:
            yield JobSession(connection=connection, schema=name)
        except psycopg.Error as error:
            raise failure(error, doing) from error
