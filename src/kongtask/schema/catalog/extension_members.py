"""What somebody granted on what extensions own."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any

from kongtask.names import qualify, quote_identifier
from kongtask.schema.catalog.source import Source
from kongtask.schema.model import ExtensionMember


def extension_members(source: Source, schema: str | None) -> tuple[ExtensionMember, ...]:
    """Return the objects of extensions with grants that the extension did not make.

    Args:
        source: the snapshot.
        schema: where they are, or None for what no schema owns.
    """
    rows = (row for row in source.rows["extension_members"] if row.schema == schema)
    return tuple(sorted(_granted(source, rows), key=lambda member: member.target.encode()))


def _granted(source: Source, rows: Iterator[Any]) -> Iterator[ExtensionMember]:
    for row in rows:
        parts = (source.grants(row.catalog, row.oid, part) for part in (0, *row.columns))
        grants = tuple(chain.from_iterable(parts))
        if grants:
            yield ExtensionMember(target=f"{row.kind} {_name(row)}", grants=grants)


def _name(row: Any) -> str:
    if row.schema is None:
        return quote_identifier(row.name)
    arguments = "" if row.arguments is None else f"({row.arguments})"
    return f"{qualify(row.schema, row.name)}{arguments}"
