"""Where a schema stands: its files beside its ledger."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

import psycopg

from kongtask.database.connection import Connection, failure
from kongtask.errors import MigrationError
from kongtask.migrate.files import MigrationSet
from kongtask.migrate.ledger import Ledger, LedgerRow, read_ledger
from kongtask.migrate.plan import make_plan


class State(Enum):
    """What has become of a migration."""

    APPLIED = "applied"
    PENDING = "pending"
    CHANGED = "changed since it was applied"
    UNFINISHED = "unfinished"
    NEWER = "applied, no file here"


@dataclass(frozen=True, slots=True, kw_only=True)
class MigrationStatus:
    """One migration's line.

    Attributes:
        number: its number.
        is_breaking: whether it is a breaking one.
        applied_at: when it was applied, or None.
        state: what has become of it.
    """

    number: int
    is_breaking: bool
    applied_at: datetime | None
    state: State


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """Where a schema stands.

    Attributes:
        schema: the schema.
        revision: the greatest applied number; 0 for none.
        latest: the last file's number.
        migrations: every migration that is applied or has a file.
        warnings: what the user should know though it hinders nothing.
        problem: why the schema cannot be migrated as it is, or None.
    """

    schema: str
    revision: int
    latest: int
    migrations: tuple[MigrationStatus, ...]
    warnings: tuple[str, ...]
    problem: MigrationError | None

    @property
    def behind(self) -> int:
        """How many migrations are still to be applied."""
        waiting = {State.PENDING, State.UNFINISHED}
        return sum(1 for migration in self.migrations if migration.state in waiting)


def status(connection: Connection, migrations: MigrationSet, schema: str) -> Status:
    """Compare a schema with its files; changes nothing.

    Args:
        connection: the database.
        migrations: the files.
        schema: the schema; it need not exist.

    Raises:
        MigrationError: the schema has a table ``migrations`` that is no ledger.
        DatabaseFailedError: the role may not read the ledger.
    """
    try:
        ledger = read_ledger(connection, schema)
    except psycopg.Error as error:
        raise failure(error, f"reading the ledger of the schema {schema}") from error
    problem: MigrationError | None = None
    warnings: tuple[str, ...] = ()
    try:
        warnings = make_plan(migrations, ledger, schema).warnings
    except MigrationError as error:
        problem = error
    return Status(
        schema=schema,
        revision=ledger.revision,
        latest=migrations.latest,
        migrations=_lines(migrations, ledger),
        warnings=warnings,
        problem=problem,
    )


def _lines(migrations: MigrationSet, ledger: Ledger) -> tuple[MigrationStatus, ...]:
    numbers = {row.number for row in ledger.rows} | {m.number for m in migrations.migrations}
    return tuple(_line(migrations, ledger, number) for number in sorted(numbers))


def _line(migrations: MigrationSet, ledger: Ledger, number: int) -> MigrationStatus:
    row, file = ledger.row(number), migrations.get(number)
    return MigrationStatus(
        number=number,
        is_breaking=row.is_breaking if row else bool(file and file.is_breaking),
        applied_at=row.applied_at if row else None,
        state=_applied_state(migrations, row) if row else _waiting_state(ledger, number),
    )


def _applied_state(migrations: MigrationSet, row: LedgerRow) -> State:
    file = migrations.get(row.number)
    if row.number > migrations.latest:
        return State.NEWER
    if file and row.sha256 is not None and row.sha256 != file.sha256:
        return State.CHANGED
    return State.APPLIED


def _waiting_state(ledger: Ledger, number: int) -> State:
    return State.UNFINISHED if ledger.note and ledger.note.number == number else State.PENDING
