"""Rows of pg_default_acl -> default privileges."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from kongtask.schema.catalog.classes import CatalogClass
from kongtask.schema.catalog.source import Source
from kongtask.schema.model import DefaultPrivileges

_KINDS = {
    "r": "TABLES", "S": "SEQUENCES", "f": "FUNCTIONS", "T": "TYPES", "n": "SCHEMAS",
    "L": "LARGE OBJECTS",
}  # fmt: skip


def default_privileges(source: Source, rows: Iterable[Any]) -> tuple[DefaultPrivileges, ...]:
    """Return what the future objects of roles give, sorted by role and kind.

    Args:
        source: the snapshot.
        rows: with oid, role and kind.
    """
    built = (
        DefaultPrivileges(
            role=row.role,
            kind=_KINDS[row.kind],
            grants=source.grants(CatalogClass.PG_DEFAULT_ACL, row.oid),
        )
        for row in rows
    )
    return tuple(sorted(built, key=lambda item: (item.role.encode(), item.kind)))
