"""The sides of a comparison: what a word on the command line names, read into the model."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kongtask.cli.base import note
from kongtask.cli.revisions import migrated_database
from kongtask.errors import FileFailedError, SchemaNotFoundError, UsageError
from kongtask.files import read_text

if TYPE_CHECKING:
    from kongtask.database.connection import Connection, Target
    from kongtask.schema.model import Database
    from kongtask.settings import Settings

FORMS = (
    "a connection (URI or key=value), a .sql or .json file, migration:N, git:REF[:PATH] or env:NAME"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One side of a comparison.

    Attributes:
        label: what was asked for, without secrets.
        database: the schemas to compare.
        everything: these, and the other schemas that they lean on.
        major: the version of the server that printed it; None where a document does not tell.
        file: the file that it was read from.
        target: the live database that it was read from.
    """

    label: str
    database: Database
    everything: Database
    major: int | None = None
    file: Path | None = None
    target: Target | None = None


def read_sides(
    old: str, new: str, settings: Settings, schemas: Sequence[str] = ()
) -> tuple[Side, Side]:
    """Read both sides of a comparison.

    Args:
        old: one of the forms in ``FORMS``.
        new: the same.
        settings: the project's settings.
        schemas: names; without any, those that each side says it has, else those that the other
            one says, else the default schema.

    Raises:
        KongtaskError: as for :func:`read_side`.
    """
    if schemas:
        return read_side(old, settings, schemas), read_side(new, settings, schemas)
    one, other = _told(old, settings), _told(new, settings)
    return _read_like(old, one or other, settings), _read_like(new, other or one, settings)


def _read_like(text: str, names: Sequence[str], settings: Settings) -> Side:
    """Read a side with the schemas that were told, or its only one, which has another name."""
    try:
        return read_side(text, settings, names)
    except SchemaNotFoundError:
        if len(names) == 1:
            with suppress(SchemaNotFoundError):
                return read_side(text, settings)
        raise


def _told(text: str, settings: Settings) -> list[str]:
    """Return the schemas that a file says it has; none for another side."""
    from kongtask.schema.document import decode
    from kongtask.schema.export import parse_export, parse_needs

    if text.startswith("git:"):
        _, content = _in_commit(text.removeprefix("git:"), settings, ())
    elif text.endswith((".sql", ".json")):
        content = read_text(Path(text)) or ""
    else:
        return []
    if _is_document(content):
        return [schema.name for schema in decode(content).schemas]
    return parse_needs(parse_export(content).header)[0]


def _is_document(content: str) -> bool:
    """Tell whether a file's content is a document, which begins with a brace, and not SQL."""
    return content.lstrip().startswith("{")


def read_side(text: str, settings: Settings, schemas: Sequence[str] = ()) -> Side:
    """Read what a word on the command line names.

    Args:
        text: one of the forms in ``FORMS``.
        settings: the project's settings.
        schemas: names; without any, those that a file says it has, else the default schema.

    Raises:
        UsageError: it is none of the forms, or there is no such environment.
        FileFailedError: the file is not there, or cannot be read.
        KongtaskError: reading the database, the document or the migrations failed.
    """
    scheme, _, rest = text.partition(":")
    if scheme == "migration":
        return _migration(rest, settings, schemas)
    if scheme == "git":
        return _git(rest, settings, schemas)
    if scheme == "env":
        return _environment(rest, settings, schemas)
    if text.endswith((".sql", ".json")):
        content = read_text(Path(text))
        if content is None:
            raise FileFailedError(f"there is no file {text}")
        return read_content(text, content, settings, schemas, file=Path(text))
    if "://" in text or "=" in text:
        from kongtask.database.connection import Target

        return read_database_side(Target(conninfo=text, source="the command"), settings, schemas)
    raise UsageError(f'"{text}" names no schema to compare; give {FORMS}')


def read_database_side(
    target: Target, settings: Settings, schemas: Sequence[str], label: str | None = None
) -> Side:
    """Read a live database.

    Args:
        target: the database.
        settings: the project's settings.
        schemas: names; none means the default schema.
        label: what to call it; its server and name if None.
    """
    from kongtask.database.connection import caveat, connect, describe

    names = schemas or [_default(settings)]
    with connect(target) as connection:
        warning = caveat(connection)
        if warning is not None:
            note(f"warning: {warning}")
        return _read(label or describe(connection), connection, names, target=target)


def read_content(
    label: str,
    content: str,
    settings: Settings,
    schemas: Sequence[str],
    *,
    file: Path | None = None,
    server: Target | None = None,
) -> Side:
    """Read the content of a file: SQL, which is run in a scratch database, or a document.

    Args:
        label: what to call it.
        content: the text.
        settings: the project's settings.
        schemas: names; none means those that the file says it has, else the default schema.
        file: where it was read from.
        server: a database of the server to run SQL on; the embedded server serves if None.
    """
    if _is_document(content):
        return _document(label, content, schemas, file)
    from kongtask.schema.export import parse_export, parse_needs
    from kongtask.schema.reload import loaded

    export = parse_export(content)
    own, needs = parse_needs(export.header)
    with loaded(export.body, needs, server) as connection:
        return _read(label, connection, schemas or own or [_default(settings)], file=file)


def _document(label: str, content: str, schemas: Sequence[str], file: Path | None) -> Side:
    from kongtask.schema.document import decode

    everything = decode(content)
    names = {schema.name for schema in everything.schemas}
    missing = sorted(set(schemas) - names)
    if missing:
        raise UsageError(f'{label} holds no schema "{missing[0]}"; it has {", ".join(names)}')
    database = everything.only(schemas or names)
    return Side(label=label, database=database, everything=everything, file=file)


def _migration(number: str, settings: Settings, schemas: Sequence[str]) -> Side:
    from kongtask.database.connection import connect

    if not number.isascii() or not (number.isdigit() or number == "latest"):
        raise UsageError(f'"migration:{number}": give a number, or migration:latest')
    names = schemas or [_default(settings)]
    to = None if number == "latest" else int(number)
    with migrated_database(settings, names, to) as scratch, connect(scratch) as connection:
        return _read(f"migration:{number}", connection, names)


def _git(text: str, settings: Settings, schemas: Sequence[str]) -> Side:
    """Read a file as it was in a commit: ``REF:PATH``, or ``REF`` for the committed export."""
    label, content = _in_commit(text, settings, schemas)
    return read_content(label, content, settings, schemas)


def _in_commit(text: str, settings: Settings, schemas: Sequence[str]) -> tuple[str, str]:
    """Return what to call a file of a commit, and its content."""
    ref, _, path = text.partition(":")
    if not ref or ref.startswith("-"):
        raise UsageError(f'"git:{text}": give a commit, and a path: git:main:schema/shop.sql')
    name = schemas[0] if schemas else _default(settings)
    file = Path(path) if path else settings.schema(name).committed
    # A path that begins with a dot is one below the working folder, not below the repository's top.
    place = os.path.relpath(file)
    command = ["git", "show", f"{ref}:./{place}"]
    try:
        found = subprocess.run(command, capture_output=True, check=False)  # noqa: S603 # no shell
    except OSError as error:
        raise UsageError(f"git:{text}: git cannot be run: {error}") from error
    if found.returncode:
        reason = found.stderr.decode(errors="replace").strip().removeprefix("fatal: ")
        raise FileFailedError(f"git has no {file} in {ref}: {reason}")
    return f"git:{ref}:{file}", found.stdout.decode()


def environment_target(name: str, settings: Settings) -> Target:
    """Return the database of a named environment.

    Raises:
        UsageError: there is none of that name.
    """
    from kongtask.database.connection import Target

    conninfo = settings.environments.get(name)
    if conninfo is None:
        known = ", ".join(settings.environments) or "none"
        raise UsageError(
            f'there is no environment "{name}" in [tool.kongtask.environments]; configured: {known}'
        )
    return Target(conninfo=conninfo, source=f"environment {name}")


def _environment(name: str, settings: Settings, schemas: Sequence[str]) -> Side:
    target = environment_target(name, settings)
    return read_database_side(target, settings, schemas, label=f"env:{name}")


def _read(
    label: str,
    connection: Connection,
    names: Sequence[str],
    *,
    file: Path | None = None,
    target: Target | None = None,
) -> Side:
    from kongtask.schema.reload import read_with_what_it_needs

    everything = read_with_what_it_needs(connection, names)
    return Side(
        label=label,
        database=everything.only(names),
        everything=everything,
        major=connection.info.server_version // 10000,
        file=file,
        target=target,
    )


def _default(settings: Settings) -> str:
    from kongtask.settings import default_schema_name

    return default_schema_name(settings)
