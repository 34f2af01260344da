"""Are both schemas there, and at which revision?"""

from __future__ import annotations

from collections.abc import Iterator

from kongtask.migrate import extension_migrations, status, worker_migrations
from kongtask.monitoring.doctor.diagnosis import Diagnosis
from kongtask.monitoring.doctor.look import Look


def examine_worker_schema(look: Look) -> Iterator[Diagnosis]:
    """Compare the worker schema with kongtask's own migrations."""
    found = status(look.connection, worker_migrations(), look.schema)
    subject = f"schema {look.schema}"
    if not found.revision:
        yield Diagnosis.of(
            "worker-schema-missing",
            f'the worker schema "{look.schema}" is not in this database: no job can be added or '
            "run",
            f"run: {look.command('migrate')}",
            subject=subject,
        )
        return
    if found.problem is not None:
        yield Diagnosis.of("worker-schema-unusable", str(found.problem), subject=subject)
        return
    for warning in found.warnings:
        yield Diagnosis.of(
            "worker-schema-newer", warning, "install a newer kongtask", subject=subject
        )
    if found.behind:
        yield Diagnosis.of(
            "worker-schema-behind",
            f'the worker schema "{look.schema}" is at revision {found.revision}, and the newest is '
            f"{found.latest}; workers run on both",
            f"run: {look.command('migrate')}",
            subject=subject,
        )


def examine_extension_schema(look: Look) -> Iterator[Diagnosis]:
    """Compare the schema beside it with its migrations."""
    found = status(look.connection, extension_migrations(look.schema), look.extension)
    subject = f"schema {look.extension}"
    if not found.revision:
        yield Diagnosis.of(
            "extension-schema-missing",
            f'the schema "{look.extension}" is missing, so no pool registers, and the jobs of a '
            "worker that dies are freed after four hours and not within seconds",
            f"run as a role that may create schemas: {look.command('migrate')}",
            subject=subject,
        )
    elif found.behind or found.problem is not None:
        reason = f" ({found.problem})" if found.problem else ""
        yield Diagnosis.of(
            "extension-schema-behind",
            f'the schema "{look.extension}" is at revision {found.revision}, and the newest is '
            f"{found.latest}{reason}: what has come since cannot be used",
            f"run: {look.command('migrate')}",
            subject=subject,
        )
