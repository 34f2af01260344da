"""What is refused: unknown names, and what kongtask would otherwise lose in silence."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from kongtask.errors import SchemaNotFoundError, UnsupportedObjectError, UsageError

if TYPE_CHECKING:
    from kongtask.schema.catalog.index import ObjectId
    from kongtask.schema.catalog.session import Snapshot
    from kongtask.schema.catalog.source import Source


def refuse_system_schemas(names: Iterable[str]) -> None:
    """Raise a UsageError where a schema belongs to PostgreSQL itself."""
    for name in names:
        if name.startswith("pg_") or name == "information_schema":
            raise UsageError(f'"{name}" belongs to PostgreSQL itself; every database has its own')


def check_names(catalog: Snapshot, asked: Iterable[str], found: set[str]) -> None:
    """Raise a SchemaNotFoundError where a schema is not there."""
    for name in asked:
        if name in found:
            continue
        there = [row.name for row in catalog.rows("schema_names")]
        near = difflib.get_close_matches(name, there, n=3)
        hint = (
            f"did you mean {' or '.join(near)}?"
            if near
            else f"there are {', '.join(there[:10])}"
            if there
            else "the database has none"
        )
        raise SchemaNotFoundError(f'there is no schema "{name}" in this database; {hint}')


def check_members(catalog: Snapshot, source: Source) -> None:
    """Raise an UnsupportedObjectError where a schema holds what nobody has registered."""
    unknown = source.index.missing(source.rows["members"])
    if unknown:
        raise UnsupportedObjectError(
            "the schema holds objects that kongtask cannot export yet: "
            + _described(catalog, unknown)
        )


def check_all_read(catalog: Snapshot, source: Source) -> None:
    """Raise an UnsupportedObjectError where a comment or security label has not been read."""
    unread = source.unread()
    if unread:
        raise UnsupportedObjectError(
            "there are comments or security labels that kongtask cannot export yet, on "
            + _described(catalog, unread)
        )


def _described(catalog: Snapshot, objects: Sequence[ObjectId]) -> str:
    classes, oids = zip(*objects, strict=True)
    described = catalog.rows("descriptions", classes=list(classes), objects=list(oids))
    return "; ".join(row[0] or "an object that was dropped meanwhile" for row in described)
