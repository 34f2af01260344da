"""The ledger: the table ``migrations`` of a schema, which tells what has been applied.

A worker schema's ledger is Graphile Worker's, to the letter. A user's has one column more, the
file's sum. While a ``--! no-transaction`` file is under way, a note of how far it came stands in
the table ``migrations_unfinished`` beside it, which is gone again when the file is done.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import psycopg
from psycopg.pq import TransactionStatus

from kongtask.database.connection import Connection, compose
from kongtask.errors import MigrationError
from kongtask.migrate.files import Migration, MigrationSet
from kongtask.migrate.rust_port import REGISTRY
from kongtask.names import qualify, quote_identifier, quote_literal

LEDGER = "migrations"
NOTES = "migrations_unfinished"

_COLUMN_TYPES = {"id": "int4", "ts": "timestamptz", "breaking": "bool", "sha256": "text"}


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerRow:
    """An applied migration.

    Attributes:
        number: its number.
        applied_at: when its transaction began.
        is_breaking: whether it was a breaking one.
        sha256: its file's sum; None in a worker's ledger, and where it is not known.
    """

    number: int
    applied_at: datetime
    is_breaking: bool
    sha256: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """How far a ``--! no-transaction`` migration came.

    Attributes:
        number: the migration's number.
        done: the sums of the statements that are done.
        running: the statement that was begun outside a transaction and not seen to end, or None.
    """

    number: int
    done: tuple[str, ...]
    running: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """What a database tells about the migrations of one schema.

    Attributes:
        has_schema: whether the schema exists.
        columns: the columns of the ledger table by name, with their types; empty without a table.
        rows: the applied migrations in order.
        note: the unfinished migration, or None.
        has_worker: whether the schema holds a worker's tables.
        has_registry: whether it holds the registry of workers that the Rust port of Graphile Worker
            brings with its revision 20, which is not Graphile Worker's.
    """

    has_schema: bool = False
    columns: Mapping[str, str]
    rows: tuple[LedgerRow, ...] = ()
    note: Note | None = None
    has_worker: bool = False
    has_registry: bool = False

    @property
    def exists(self) -> bool:
        """Whether there is a ledger table."""
        return bool(self.columns)

    @property
    def has_sums(self) -> bool:
        """Whether it is the ledger of a user's set."""
        return "sha256" in self.columns

    @property
    def revision(self) -> int:
        """The greatest applied number; 0 if none."""
        return max((row.number for row in self.rows), default=0)

    @property
    def breaking_revision(self) -> int:
        """The greatest applied number of a breaking migration; 0 if none."""
        return max((row.number for row in self.rows if row.is_breaking), default=0)

    def row(self, number: int) -> LedgerRow | None:
        """Return the row of a migration, or None if it has not been applied."""
        return next((row for row in self.rows if row.number == number), None)


_LOOK = """
select
  n.oid is not null,
  l.relkind,
  (select pg_catalog.array_agg(array[a.attname::text, t.typname::text] order by a.attnum)
   from pg_catalog.pg_attribute a join pg_catalog.pg_type t on t.oid = a.atttypid
   where a.attrelid = l.oid and a.attnum > 0 and not a.attisdropped),
  exists (select from pg_catalog.pg_class
          where relnamespace = n.oid and relname = '_private_jobs' and relkind = 'r'),
  exists (select from pg_catalog.pg_class
          where relnamespace = n.oid and relname = %s and relkind = 'r'),
  exists (select from pg_catalog.pg_class
          where relnamespace = n.oid and relname = 'migrations_unfinished' and relkind = 'r')
from (values (1)) as one
left join pg_catalog.pg_namespace n on n.nspname = %s
left join pg_catalog.pg_class l on l.relnamespace = n.oid and l.relname = 'migrations'
"""


def read_ledger(connection: Connection, schema: str) -> Ledger:
    """Read a schema's ledger; a missing schema or table gives an empty one.

    Raises:
        MigrationError: the schema has a table ``migrations`` that is something else.
    """
    try:
        return _read_at_once(connection, schema)
    except psycopg.errors.UndefinedTable:
        # Dropped between two looks: a note whose migration has just been finished, for instance.
        return _read_at_once(connection, schema)


def _read_at_once(connection: Connection, schema: str) -> Ledger:
    """Read table and note as of one moment, while other installers go on."""
    if connection.info.transaction_status is not TransactionStatus.IDLE:
        return _read(connection, schema)
    connection.execute("begin isolation level repeatable read read only")
    try:
        return _read(connection, schema)
    finally:
        with contextlib.suppress(psycopg.OperationalError):
            connection.execute("rollback")


def _read(connection: Connection, schema: str) -> Ledger:
    found = connection.execute(_LOOK, [REGISTRY, schema]).fetchone()
    assert found is not None
    has_schema, relkind, described, has_worker, has_registry, has_notes = found
    columns = dict(described or ())
    if relkind is not None:
        _check_shape(schema, relkind, columns)
    return Ledger(
        has_schema=has_schema,
        columns=columns,
        rows=_read_rows(connection, schema, columns) if columns else (),
        note=_read_note(connection, schema) if has_notes else None,
        has_worker=has_worker,
        has_registry=has_registry,
    )


def _check_shape(schema: str, relkind: str, columns: Mapping[str, str]) -> None:
    known = all(_COLUMN_TYPES.get(name) == type_ for name, type_ in columns.items())
    if relkind != "r" or not known or not {"id", "ts"} <= columns.keys():
        raise MigrationError(
            f"{qualify(schema, LEDGER)} is not a ledger of migrations: expected is a table with "
            f"id int, ts timestamptz, breaking boolean, and found is "
            f"{', '.join(f'{name} {type_}' for name, type_ in columns.items()) or 'no table'}; "
            "another tool seems to use the name, so give your migrations a schema of their own"
        )


def _read_rows(
    connection: Connection, schema: str, columns: Mapping[str, str]
) -> tuple[LedgerRow, ...]:
    breaking = "breaking" if "breaking" in columns else "false"
    sha256 = "sha256" if "sha256" in columns else "null"
    query = f"select id, ts, {breaking}, {sha256} from {{schema}}.migrations order by id"
    return tuple(
        LedgerRow(number=number, applied_at=ts, is_breaking=is_breaking, sha256=digest)
        for number, ts, is_breaking, digest in connection.execute(compose(query, schema=schema))
    )


def _read_note(connection: Connection, schema: str) -> Note | None:
    query = compose("select id, done, running from {schema}.migrations_unfinished", schema=schema)
    row = connection.execute(query).fetchone()
    return Note(number=row[0], done=tuple(row[1]), running=row[2]) if row else None


def create_schema_sql(schema: str) -> str:
    """Return the statement that makes a schema."""
    return f"create schema {quote_identifier(schema)}"


def create_ledger_sql(schema: str, migrations: MigrationSet) -> str:
    """Return the statement that makes a schema's ledger."""
    sum_column = "" if migrations.is_worker else ",\n  sha256 text"
    return (
        f"create table {qualify(schema, LEDGER)} (\n"
        "  id int constraint migrations_pkey primary key,\n"
        "  ts timestamptz not null default now(),\n"
        f"  breaking boolean not null default false{sum_column}\n"
        ")"
    )


def complete_ledger_sql(schema: str, ledger: Ledger) -> tuple[str, ...]:
    """Return the statements that give a user's ledger from elsewhere the columns it lacks."""
    table = qualify(schema, LEDGER)
    wanted = {"breaking": "boolean not null default false", "sha256": "text"}
    return tuple(
        f"alter table {table} add column if not exists {name} {definition}"
        for name, definition in wanted.items()
        if name not in ledger.columns
    )


def record_sql(schema: str, migrations: MigrationSet, migration: Migration) -> str:
    """Return the statement that records a migration: the mutex between installers."""
    table = qualify(schema, LEDGER)
    rows = migrations.records(migration)
    if migrations.is_worker:
        values = ", ".join(f"({number}, {str(flag).lower()})" for number, flag in rows)
        return f"insert into {table} (id, breaking) values {values}"
    values = ", ".join(
        f"({number}, {str(flag).lower()}, {quote_literal(migration.sha256)})"
        for number, flag in rows
    )
    return f"insert into {table} (id, breaking, sha256) values {values}"


def adopt_sql(schema: str, migration: Migration) -> str:
    """Return the statement that records the sum of a migration that was applied without one."""
    return (
        f"update {qualify(schema, LEDGER)} set sha256 = {quote_literal(migration.sha256)} "
        f"where id = {migration.number} and sha256 is null"
    )


def announce_sql(migration: Migration) -> str:
    """Return the statement that tells running workers of a migration of their schema."""
    breaking = str(migration.is_breaking).lower()
    payload = f'{{"migrationNumber":{migration.number},"breaking":{breaking}}}'
    return f"select pg_catalog.pg_notify('worker:migrate', {quote_literal(payload)})"
