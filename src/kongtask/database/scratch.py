"""Scratch databases: made for one piece of work, always dropped.

The name holds the process id of the server session that made the database, and that session stays
open as long as the database is needed. So whatever run finds a scratch database whose session is
gone knows that its maker was killed, and removes it.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from kongtask.database.connection import Connection, Target, compose, connect, failure

SCRATCH_PREFIX = "kongtask_scratch_"

_LEFTOVERS = r"""
select d.datname
from pg_catalog.pg_database d
where d.datname ~ '^kongtask_scratch_[0-9]+_[0-9a-f]+$'
  and pg_catalog.pg_has_role(d.datdba, 'USAGE')
  and not exists (
    select 1 from pg_catalog.pg_stat_activity a
    where a.pid = split_part(d.datname, '_', 3)::int or a.datname = d.datname
  )
"""


def may_create_databases(connection: Connection) -> bool:
    """Tell whether the connection's role may create databases on a server that takes writes."""
    row = connection.execute(
        "select not pg_catalog.pg_is_in_recovery() and (rolcreatedb or rolsuper) "
        "from pg_catalog.pg_roles where rolname = current_user"
    ).fetchone()
    return bool(row and row[0])


@contextmanager
def scratch_database(server: Target) -> Iterator[Target]:
    """Make an empty database, and drop it at the end.

    Args:
        server: any database of the server, with a role that may create databases.

    Yields:
        The new database.

    Raises:
        DatabaseFailedError: the role may not create databases.
    """
    with connect(server) as keeper:
        name = f"{SCRATCH_PREFIX}{keeper.info.backend_pid}_{secrets.token_hex(6)}"
        try:
            _remove_leftovers(keeper)
            keeper.execute(compose("create database {name} template template0", name=name))
        except psycopg.Error as error:
            raise failure(error, "creating a scratch database") from error
        try:
            yield server.at_database(name)
        finally:
            _drop(server, keeper, name)


def _drop(server: Target, keeper: Connection, name: str) -> None:
    statement = compose("drop database if exists {name} with (force)", name=name)
    try:
        keeper.execute(statement)
    except psycopg.Error:
        # The keeper's connection may be what broke; if a new one fails too, the next run sweeps.
        with connect(server) as other:
            other.execute(statement)


def _remove_leftovers(keeper: Connection) -> None:
    for (name,) in keeper.execute(_LEFTOVERS).fetchall():
        try:
            keeper.execute(compose("drop database if exists {name}", name=name))
        except psycopg.errors.ObjectInUse:
            continue  # somebody looks at it; the next run will try again
