"""What is to be done: a pure function of the files and the ledger."""

from __future__ import annotations

from dataclasses import dataclass

from kongtask.errors import BreakingRevisionError, MigrationError, RevisionTooOldError, UsageError
from kongtask.migrate import rust_port
from kongtask.migrate.files import WORKER_BASE, Migration, MigrationSet
from kongtask.migrate.ledger import LEDGER, Ledger
from kongtask.names import check_schema_name, qualify


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a run has to do.

    Attributes:
        pending: the migrations to apply, in order.
        unsummed: applied migrations of a user's set whose sum the ledger does not hold yet.
        revision: the schema's revision before the run; 0 for none.
        warnings: what the user should know though nothing hinders the run.
    """

    pending: tuple[Migration, ...]
    unsummed: tuple[Migration, ...]
    revision: int
    warnings: tuple[str, ...]


def check_target_schema(name: str) -> str:
    """Return the name if it can be a migrated schema's; PostgreSQL's own cannot.

    Raises:
        UsageError: it cannot.
    """
    if name.startswith("pg_") or name == "information_schema":
        raise UsageError(f"the schema {name} is PostgreSQL's own; give another with -schema NAME")
    return check_schema_name(name)


def is_too_old(migrations: MigrationSet, ledger: Ledger) -> bool:
    """Tell whether a schema is at a revision from before the first migration of its set.

    For a worker's schema this may be a Node installer on its way through.
    """
    return 0 < ledger.revision < migrations.first - (0 if migrations.is_worker else 1)


def make_plan(
    migrations: MigrationSet, ledger: Ledger, schema: str, *, to: int | None = None
) -> Plan:
    """Compare the files with the ledger.

    Args:
        migrations: the files.
        ledger: what the database holds.
        schema: the schema's name, for messages.
        to: the last migration to apply; the latest if None.

    Raises:
        BreakingRevisionError: the database has a newer breaking revision.
        RevisionTooOldError: it is older than the first file.
        MigrationError: it belongs to another set, a file has changed since it was applied, a
            migration is missing in the middle of the ledger, or ``to`` cannot be reached.
    """
    _check_owner(migrations, ledger, schema)
    _check_newer(migrations, ledger, schema)
    if is_too_old(migrations, ledger):
        raise _too_old(migrations, ledger, schema)
    if not migrations.is_worker:
        _check_sums(migrations, ledger, schema)
        _check_order(migrations, ledger, schema)
    goal = _check_goal(migrations, ledger, schema, to)
    return Plan(
        pending=tuple(m for m in migrations.migrations if ledger.revision < m.number <= goal),
        unsummed=() if migrations.is_worker else _unsummed(migrations, ledger),
        revision=ledger.revision,
        warnings=_warnings(migrations, ledger, schema),
    )


def _check_owner(migrations: MigrationSet, ledger: Ledger, schema: str) -> None:
    if migrations.is_worker and ledger.has_sums:
        raise MigrationError(
            f"the schema {schema} has a migration set of its own (its ledger holds the sums of "
            "files), so the worker's migrations do not belong there; name that set's folder with "
            "--migrations DIR, or another schema with -schema NAME"
        )
    if not migrations.is_worker and ledger.has_worker and ledger.rows and not ledger.has_sums:
        raise MigrationError(
            f"the schema {schema} holds the worker's own tables and ledger; the migrations in "
            f"{migrations.origin} need a schema of their own: -schema NAME"
        )


def _check_newer(migrations: MigrationSet, ledger: Ledger, schema: str) -> None:
    if ledger.breaking_revision > migrations.latest:
        remedy = (
            "install a newer kongtask" if migrations.is_worker else "take the newer migration files"
        )
        raise BreakingRevisionError(
            f"the schema {schema} is at breaking revision {ledger.breaking_revision}, and "
            f"{migrations.origin} end at {migrations.latest}; {remedy}"
        )


def _too_old(migrations: MigrationSet, ledger: Ledger, schema: str) -> MigrationError:
    at = f"the schema {schema} is at revision {ledger.revision}"
    if migrations.is_worker:
        return RevisionTooOldError(
            f"{at}, from a Graphile Worker before 0.16; kongtask knows {WORKER_BASE} and newer. "
            "Upgrade it first with Graphile Worker's own tool: "
            "npx graphile-worker@0.16.6 --schema-only -c CONNECTION"
        )
    return RevisionTooOldError(
        f"{at}, and {migrations.origin} begin at {migrations.first}; the files from "
        f"{ledger.revision + 1:06}.sql on are needed"
    )


def _check_sums(migrations: MigrationSet, ledger: Ledger, schema: str) -> None:
    changed = []
    for row in ledger.rows:
        file = migrations.get(row.number)
        if file is not None and row.sha256 is not None and row.sha256 != file.sha256:
            changed.append(f"  {file.file}\n    applied: {row.sha256}\n    now:     {file.sha256}")
    if changed:
        raise MigrationError(
            "these files have changed since they were applied to the schema "
            f"{schema}:\n" + "\n".join(changed) + "\n"
            "Restore them from version control, and put the change into a new migration. If it "
            f"changes nothing (a comment, say), record the new sum: update "
            f"{qualify(schema, LEDGER)} set sha256 = '…' where id = …"
        )


def _check_order(migrations: MigrationSet, ledger: Ledger, schema: str) -> None:
    applied = {row.number for row in ledger.rows}
    skipped = [
        migration
        for migration in migrations.migrations
        if migration.number < ledger.revision and migration.number not in applied
    ]
    if skipped:
        raise MigrationError(
            f"{skipped[0].file} has not been applied to the schema {schema}, though it is at "
            f"revision {ledger.revision}; migrations run in order: give the file the number "
            f"{max(migrations.latest, ledger.revision) + 1:06}"
        )


def _check_goal(migrations: MigrationSet, ledger: Ledger, schema: str, to: int | None) -> int:
    if to is None:
        return migrations.latest
    if migrations.get(to) is None:
        raise MigrationError(
            f"there is no migration {to}: {migrations.origin} go from "
            f"{migrations.first} to {migrations.latest}"
        )
    if to < ledger.revision:
        raise MigrationError(
            f"the schema {schema} is at revision {ledger.revision} already; "
            f"there is no way down to {to}"
        )
    return to


def _unsummed(migrations: MigrationSet, ledger: Ledger) -> tuple[Migration, ...]:
    files = (migrations.get(row.number) for row in ledger.rows if row.sha256 is None)
    return tuple(file for file in files if file is not None)


def _warnings(migrations: MigrationSet, ledger: Ledger, schema: str) -> tuple[str, ...]:
    texts = []
    if ledger.revision > migrations.latest:
        texts.append(
            f"the schema {schema} is at revision {ledger.revision}, and {migrations.origin} end at "
            f"{migrations.latest}; none of the newer ones is breaking, so this is no error"
        )
    if migrations.is_worker and ledger.has_registry and ledger.row(rust_port.REVISION):
        texts.append(
            f"the schema {schema} has its revision {rust_port.REVISION} from the Rust port of "
            f"Graphile Worker, which brings a registry of workers ({rust_port.REGISTRY}) and "
            "leaves the functions as they were: kongtask works with it, and registers its workers "
            "there"
        )
    return tuple(texts)
