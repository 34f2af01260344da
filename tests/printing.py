"""What kongtask prints of definitions itself, printed by PostgreSQL instead."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import LiteralString
from unittest.mock import patch

from kongtask.schema.catalog import session
from kongtask.schema.catalog.queries import load_query

#: Of queries in which a definition may come as numbers, what never lets it; and the same for
#: expressions that are printed without their table.
_CHANGES: dict[str, tuple[LiteralString, LiteralString]] = {
    "indexes": ("as is_plain", "and false as is_plain"),
    "constraints": ("as is_plain", "and false as is_plain"),
    "triggers": ("as is_plain", "and false as is_plain"),
    "columns": ("else 0 end", "else ad.adrelid end"),
}


@contextmanager
def printed_by_postgresql() -> Iterator[None]:
    """Let PostgreSQL print every definition, while it lasts."""

    def changed(name: str, major: int) -> LiteralString:
        text = load_query(name, major)
        if name not in _CHANGES:
            return text
        old, new = _CHANGES[name]
        assert text.count(old) == 1
        return text.replace(old, new)

    with patch.object(session, "load_query", changed):
        yield
