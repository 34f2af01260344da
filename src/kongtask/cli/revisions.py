"""Scratch databases that the migrations of a project's schemas have made, at any revision."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from kongtask.cli.base import note
from kongtask.names import WORKER_SCHEMA, extension_schema_name

if TYPE_CHECKING:
    from kongtask.database.connection import Target
    from kongtask.migrate import MigrationSet
    from kongtask.settings import Settings


def migration_set(settings: Settings, schema: str) -> MigrationSet:
    """Return the migrations of a schema: as configured for that name, else kongtask's own."""
    from kongtask.migrate import extension_migrations, load_migrations, worker_migrations

    folder = settings.schema(schema).migrations
    if folder is not None:
        return load_migrations(folder)
    served = served_schema(settings, schema)
    if served is not None:
        return extension_migrations(served)
    if settings.migrations is not None and schema != WORKER_SCHEMA:
        note(
            f'warning: the project configures no migrations for "{schema}": this is the worker '
            "schema under that name"
        )
    return worker_migrations()


def served_schema(settings: Settings, schema: str) -> str | None:
    """Return the worker schema that a schema is beside; None where it is one itself, or a user's.

    Only beside the usual worker schema, and the one that is configured, are names known for such.
    """
    if settings.schema(schema).migrations is not None:
        return None
    known = (WORKER_SCHEMA, settings.default_schema)
    return next((name for name in known if extension_schema_name(name) == schema), None)


@contextmanager
def migrated_database(
    settings: Settings,
    schemas: Iterable[str],
    to: int | None = None,
    *,
    because: str = "",
) -> Iterator[Target]:
    """Make a scratch database from migrations; it is dropped at the end.

    Args:
        settings: the project's settings.
        schemas: whose migrations to run.
        to: the last migration to apply; the latest if None.
        because: why, for the note that says so.

    Yields:
        The scratch database, on the embedded server.
    """
    from kongtask.database.embedded import embedded_server
    from kongtask.database.scratch import scratch_database
    from kongtask.migrate import migrate

    with embedded_server() as server, scratch_database(server.target()) as scratch:
        for schema in schemas:
            migrations = migration_set(settings, schema)
            note(f"{because}migrating a scratch database with {migrations.origin}")
            migrate(scratch, migrations, schema, to=to)
        yield scratch
