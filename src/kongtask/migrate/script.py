"""What a run would do, as an SQL script that does it."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg

from kongtask.database.connection import Connection, failure
from kongtask.migrate.files import MigrationSet
from kongtask.migrate.ledger import (
    NOTES,
    Ledger,
    adopt_sql,
    announce_sql,
    complete_ledger_sql,
    create_ledger_sql,
    create_schema_sql,
    read_ledger,
    record_sql,
)
from kongtask.migrate.plan import Plan, check_target_schema, make_plan
from kongtask.migrate.prepared import Prepared, prepare
from kongtask.migrate.session import RESET, milliseconds, search_path
from kongtask.migrate.sql_text import Kind, tokenize
from kongtask.migrate.unfinished import check_note
from kongtask.names import qualify


def dry_run(
    connection: Connection,
    migrations: MigrationSet,
    schema: str,
    *,
    to: int | None = None,
    lock_timeout: float,
) -> str:
    """Return the SQL that :func:`migrate` would run on this database now; changes nothing.

    Args:
        connection: the database.
        migrations: the set.
        schema: the schema.
        to: the last migration; the latest if None.
        lock_timeout: as for :func:`migrate`.

    Returns:
        A script for ``psql -v ON_ERROR_STOP=1``; empty if there is nothing to do.
    """
    check_target_schema(schema)
    try:
        ledger = read_ledger(connection, schema)
    except psycopg.Error as error:
        raise failure(error, f"reading the ledger of the schema {schema}") from error
    plan = make_plan(migrations, ledger, schema, to=to)
    ready = [prepare(migrations, migration, schema) for migration in plan.pending]
    if ready:
        check_note(ready[0], ledger.note)
    parts = list(_preparation(migrations, ledger, plan, schema))
    for prepared in ready:
        if prepared.migration.is_transactional:
            parts += _in_transaction(migrations, prepared, schema, lock_timeout)
        else:
            parts += _one_by_one(migrations, ledger, prepared, schema)
    return "\n".join(parts) + "\n" if parts else ""


def _preparation(
    migrations: MigrationSet, ledger: Ledger, plan: Plan, schema: str
) -> Iterator[str]:
    if not ledger.has_schema:
        yield f"{create_schema_sql(schema)};\n"
    if not ledger.exists:
        yield f"{create_ledger_sql(schema, migrations)};\n"
    elif not migrations.is_worker:
        for text in complete_ledger_sql(schema, ledger):
            yield f"{text};\n"
        for migration in plan.unsummed:
            yield f"{adopt_sql(schema, migration)};\n"


def _in_transaction(
    migrations: MigrationSet, prepared: Prepared, schema: str, lock_timeout: float
) -> Iterator[str]:
    yield f"-- {prepared.migration.name}"
    yield "begin isolation level read committed;"
    yield f"set local search_path to {search_path(schema)};"
    yield f"set local lock_timeout to '{milliseconds(lock_timeout)}';"
    yield "set local standard_conforming_strings to on;"
    yield f"{record_sql(schema, migrations, prepared.migration)};"
    yield _closed(prepared)
    yield f"{announce_sql(prepared.migration) if migrations.is_worker else RESET};"
    yield "commit;\n"


def _one_by_one(
    migrations: MigrationSet, ledger: Ledger, prepared: Prepared, schema: str
) -> Iterator[str]:
    note = ledger.note if ledger.note and ledger.note.number == prepared.migration.number else None
    done = len(note.done) if note else 0
    yield f"-- {prepared.migration.name}, outside a transaction"
    if note:
        yield f"-- the first {done} of its statements are done"
    yield f"set search_path to {search_path(schema)};"
    yield "set standard_conforming_strings to on;"
    for statement in prepared.statements[done:]:
        yield f"{statement.text};"
    yield "begin;"
    yield f"{RESET};"
    yield f"{record_sql(schema, migrations, prepared.migration)};"
    if note:
        yield f"drop table {qualify(schema, NOTES)};"
    yield "commit;\n"


def _closed(prepared: Prepared) -> str:
    """Return a migration's text with a semicolon behind its last statement."""
    text = prepared.text.text.rstrip()
    if not prepared.statements:
        return text
    last = prepared.statements[-1]
    end = last.start + len(last.text)
    rest = text[end:]
    if any(token.kind is Kind.SYMBOL for token in tokenize(rest)):
        return text
    return f"{text[:end]};{rest}"
