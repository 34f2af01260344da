"""The schema that holds what kongtask adds beside a worker schema: made where that is allowed."""

from __future__ import annotations

from dataclasses import dataclass

from kongtask.database.connection import Target
from kongtask.errors import DatabaseFailedError, MigrationError, MigrationFailedError
from kongtask.migrate.engine import LOCK_TIMEOUT, Outcome, migrate
from kongtask.migrate.events import Report
from kongtask.migrate.files import extension_migrations
from kongtask.names import extension_schema_name

#: What a role lacks that may not make a schema, or may not look into one.
_NOT_ALLOWED = "42501"


@dataclass(frozen=True, slots=True, kw_only=True)
class Extension:
    """What became of the schema beside a worker schema.

    Attributes:
        schema: its name.
        outcome: what was done, or None where it could not be.
        problem: why it could not be, or None.
    """

    schema: str
    outcome: Outcome | None
    problem: str | None


def install_extension(
    target: Target,
    worker_schema: str,
    *,
    lock_timeout: float = LOCK_TIMEOUT,
    report: Report | None = None,
) -> Extension:
    """Bring the schema beside a worker schema up to date; make it where there is none.

    Workers run without it, so a role that may not make it is no error.

    Args:
        target: the database.
        worker_schema: the worker schema that it serves.
        lock_timeout: as for :func:`migrate`.
        report: told what happens, as it happens.

    Raises:
        ConnectionFailedError: no server, a refused login, or a lost connection.
        MigrationFailedError: a statement failed for another reason than a lack of rights.
    """
    schema = extension_schema_name(worker_schema)
    try:
        outcome = migrate(
            target, extension_migrations(worker_schema), schema,
            lock_timeout=lock_timeout, report=report,
        )  # fmt: skip
    except (MigrationFailedError, DatabaseFailedError) as error:
        if error.sqlstate != _NOT_ALLOWED:
            raise
        problem = (
            f"the role may not make or use the schema {schema}, so the jobs of a worker that dies "
            "are freed after four hours and not within seconds; let the owner of the database run "
            "kongtask migrate"
        )
    except MigrationError as error:
        problem = str(error)
    else:
        return Extension(schema=schema, outcome=outcome, problem=None)
    return Extension(schema=schema, outcome=None, problem=problem)
