"""``kongtask migrate``: bring a schema up to date."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from kongtask.cli.base import Command, connection_option, note, option, schema_option
from kongtask.cli.progress import Progress, using
from kongtask.cli.revisions import served_schema
from kongtask.cli.target import command_target
from kongtask.database.connection import Connection, Target, connect_when_ready, describe
from kongtask.errors import EXIT_DIFFERENT, EXIT_DONE, UsageError
from kongtask.migrate import (
    LOCK_TIMEOUT,
    MigrationSet,
    MigrationStatus,
    Outcome,
    Status,
    check_target_schema,
    dry_run,
    extension_migrations,
    install_extension,
    load_migrations,
    migrate,
    status,
    worker_migrations,
)
from kongtask.names import WORKER_SCHEMA
from kongtask.settings import Settings, default_schema_name, load_settings

#: What ``--wait`` means without a number, in seconds.
_WAIT = 30.0


@click.command(cls=Command)
@connection_option
@schema_option
@option("--to", type=click.IntRange(min=1), metavar="N", help="Stop after migration N.")
@option(
    "--dry-run", "as_script", is_flag=True, help="Print the SQL that would run, and change nothing."
)
@option("--status", "show_status", is_flag=True, help="Show each migration; exit 1 if behind.")
@option("--check", is_flag=True, help="Say nothing; exit 1 if behind.")
@option(
    "--migrations", "folder", metavar="DIR", type=click.Path(path_type=Path),
    help="Folder of NNNNNN.sql files. Default: what the project configures for the schema, else "
    "the worker's own migrations.",
)  # fmt: skip
@option(
    "--wait", is_flag=False, flag_value=_WAIT, default=0.0, metavar="[SECONDS]",
    type=click.FloatRange(min=0),
    help=f"Wait for the server to answer, {_WAIT:g} seconds if no number is given.",
)  # fmt: skip
@option(
    "--lock-timeout", default=LOCK_TIMEOUT, metavar="SECONDS", type=click.FloatRange(min=0),
    help=f"How long a migration waits for a lock before it steps back and tries again; 0 is for "
    f"ever. Default: {LOCK_TIMEOUT:g}.",
)  # fmt: skip
@option(
    "--no-extension", is_flag=True,
    help="Leave out the schema that kongtask adds beside a worker schema, which lets workers take "
    "over the jobs of one that died within seconds.",
)  # fmt: skip
@option("--json", "as_json", is_flag=True, help="Print the result or the status as JSON.")
def command(
    *, conn: str | None, schema: str | None, to: int | None, as_script: bool, show_status: bool,
    check: bool, folder: Path | None, wait: float, lock_timeout: float, no_extension: bool,
    as_json: bool,
) -> None:  # fmt: skip
    """Bring a schema up to date with its migrations.

    Any number of these may run at once, beside Graphile Worker's own. A failing migration is
    rolled back, and the error shows its place.

    Exit codes: 0 done or nothing to do, 1 behind (--status, --check), 2 error, 57 the database has
    a newer breaking revision.
    """
    if as_script + show_status + check > 1:
        raise UsageError("--dry-run, --status and --check exclude one another")
    settings = load_settings()
    name, migrations = choose_migrations(settings, schema, folder)
    with command_target(conn, settings) as target:
        if not (as_script or show_status or check):
            progress = Progress(target)
            try:
                outcome = migrate(
                    target, migrations, name,
                    to=to, wait=wait, lock_timeout=lock_timeout, report=progress,
                )  # fmt: skip
            finally:
                progress.end()
            click.echo(_render_outcome(outcome, as_json=as_json))
            if migrations.is_worker and to is None and not no_extension:
                _extend(target, name, lock_timeout)
            return
        with connect_when_ready(target, wait=wait) as connection:
            note(using(describe(connection), target))
            if as_script:
                script = dry_run(connection, migrations, name, to=to, lock_timeout=lock_timeout)
                _print_script(script, connection, name)
                return
            found = status(connection, migrations, name)
    _finish_status(found, is_quiet=check, as_json=as_json)


def _extend(target: Target, worker_schema: str, lock_timeout: float) -> None:
    """Make or update the schema beside a worker schema, and say so where something happened."""
    extension = install_extension(target, worker_schema, lock_timeout=lock_timeout)
    if extension.outcome is None:
        note(f"{click.style('warning:', fg='yellow', bold=True)} {extension.problem}")
    elif extension.outcome.applied:
        note(_render_outcome(extension.outcome, as_json=False))


def choose_migrations(
    settings: Settings, schema: str | None, folder: Path | None
) -> tuple[str, MigrationSet]:
    """Return the schema that a command means, and its migrations.

    Args:
        settings: the project's settings.
        schema: the value of ``-schema``, or None.
        folder: the value of ``--migrations``, or None.

    Raises:
        UsageError: a folder is named, and nothing says for which schema.
        MigrationError: the files are not as they must be.
    """
    name = check_target_schema(schema if schema is not None else _default_schema(settings, folder))
    if folder is None:
        folder = settings.schema(name).migrations
    if folder is not None:
        return name, load_migrations(folder)
    served = served_schema(settings, name)
    return name, worker_migrations() if served is None else extension_migrations(served)


def _default_schema(settings: Settings, folder: Path | None) -> str:
    """Return the schema where none is named; a folder means the one that is configured for it."""
    default = default_schema_name(settings)
    if folder is None:
        return default
    names = [default, *(name for name in settings.schemas if name != default)]
    for name in names:
        configured = settings.schema(name).migrations
        if configured is not None and configured.resolve() == folder.resolve():
            return name
    if default == WORKER_SCHEMA:
        raise UsageError(
            f"--migrations {folder} needs a schema: name it with -schema NAME "
            f"({WORKER_SCHEMA} is for the worker's own migrations)"
        )
    return default


def _render_outcome(outcome: Outcome, *, as_json: bool) -> str:
    if as_json:
        return json.dumps(
            {
                "schema": outcome.schema,
                "previous": outcome.previous,
                "revision": outcome.revision,
                "applied": outcome.applied,
                "warnings": outcome.warnings,
                "seconds": round(outcome.seconds, 3),
            }
        )
    where = f"{outcome.schema} is at revision {outcome.revision}"
    if not outcome.applied:
        return f"{where}; nothing to do"
    applied = ", ".join(str(number) for number in outcome.applied)
    return f"{where}: applied {applied} in {outcome.seconds:.2f} s"


def _print_script(script: str, connection: Connection, schema: str) -> None:
    if not script:
        note(f"the schema {schema} is up to date; nothing to do")
        return
    click.echo(f"-- What `kongtask migrate` would do in database {connection.info.dbname!r} now.")
    click.echo("-- Run it with: psql --set ON_ERROR_STOP=1 --file FILE\n")
    click.echo(script, nl=False)


def _finish_status(found: Status, *, is_quiet: bool, as_json: bool) -> None:
    """Print a status, and leave with its exit code."""
    if not is_quiet:
        click.echo(_status_json(found) if as_json else _status_table(found))
    for warning in found.warnings:
        note(f"{click.style('warning:', fg='yellow', bold=True)} {warning}")
    if found.problem:
        raise found.problem
    sys.exit(EXIT_DIFFERENT if found.behind else EXIT_DONE)


def _status_table(found: Status) -> str:
    rows = [("number", "breaking", "applied at", "state")]
    rows += [_status_row(migration) for migration in found.migrations]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    behind = f"{found.behind} behind" if found.behind else "up to date"
    return "\n".join([*lines, f"{found.schema}: revision {found.revision}, {behind}"])


def _status_row(migration: MigrationStatus) -> tuple[str, str, str, str]:
    at = migration.applied_at
    return (
        f"{migration.number:06}",
        "breaking" if migration.is_breaking else "",
        at.isoformat(sep=" ", timespec="seconds") if at else "",
        migration.state.value,
    )


def _status_json(found: Status) -> str:
    return json.dumps(
        {
            "schema": found.schema,
            "revision": found.revision,
            "latest": found.latest,
            "behind": found.behind,
            "problem": str(found.problem) if found.problem else None,
            "warnings": found.warnings,
            "migrations": [
                {
                    "number": migration.number,
                    "breaking": migration.is_breaking,
                    "applied_at": migration.applied_at and migration.applied_at.isoformat(),
                    "state": migration.state.name.lower(),
                }
                for migration in found.migrations
            ],
        }
    )
