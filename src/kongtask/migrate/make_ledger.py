"""Making a schema and its ledger, and giving a ledger from elsewhere what it lacks."""

from __future__ import annotations

from collections.abc import Sequence

import psycopg

from kongtask.database.connection import Connection, failure
from kongtask.errors import DatabaseFailedError, KongtaskError
from kongtask.migrate.files import Migration, MigrationSet
from kongtask.migrate.ledger import (
    Ledger,
    adopt_sql,
    complete_ledger_sql,
    create_ledger_sql,
    create_schema_sql,
)
from kongtask.migrate.session import execute, set_locally, transaction
from kongtask.names import quote_identifier

#: Somebody else has made the same schema or table at the same time.
_COLLISIONS = frozenset({"23505", "42P06", "42P07", "42710"})


def make_ledger(
    connection: Connection,
    migrations: MigrationSet,
    schema: str,
    ledger: Ledger,
    *,
    is_patient: bool = True,
) -> bool:
    """Make what is missing of a schema and its ledger.

    The schema is made only if it was not found: a role without CREATE on the database may migrate
    one that exists, and ``create schema if not exists`` would refuse it that.

    Args:
        connection: the database.
        migrations: the set that the ledger is for.
        schema: the schema.
        ledger: what was found.
        is_patient: False makes a collision an error.

    Returns:
        False if somebody else was faster; look again.

    Raises:
        KongtaskError: the server refused it.
    """
    statements = [create_ledger_sql(schema, migrations)]
    if not ledger.has_schema:
        statements.insert(0, create_schema_sql(schema))
    try:
        with transaction(connection):
            for text in statements:
                execute(connection, text)
    except psycopg.Error as error:
        if error.sqlstate in _COLLISIONS and is_patient:
            return False
        raise _cannot_make(connection, schema, ledger, error) from error
    return True


def complete_ledger(
    connection: Connection,
    schema: str,
    ledger: Ledger,
    unsummed: Sequence[Migration],
    *,
    lock_timeout: float,
) -> None:
    """Give a user's ledger from elsewhere the columns it lacks, and the sums of applied files."""
    statements = [
        *complete_ledger_sql(schema, ledger),
        *(adopt_sql(schema, migration) for migration in unsummed),
    ]
    if not statements:
        return
    with transaction(connection):
        set_locally(connection, schema, lock_timeout)
        for text in statements:
            execute(connection, text)


def _cannot_make(
    connection: Connection, schema: str, ledger: Ledger, error: psycopg.Error
) -> KongtaskError:
    translated = failure(error, f"creating the schema {schema} and its ledger")
    if error.sqlstate != "42501":
        return translated
    user, name = quote_identifier(connection.info.user), quote_identifier(schema)
    database = quote_identifier(connection.info.dbname)
    remedy = (
        f"grant create on schema {name} to {user}"
        if ledger.has_schema
        else f"create schema {name} authorization {user} (or: grant create on database {database} "
        f"to {user})"
    )
    return DatabaseFailedError(
        f"{translated}; somebody with the right to may run: {remedy}", sqlstate=error.sqlstate
    )
