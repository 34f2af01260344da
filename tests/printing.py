"""What kongtask prints of definitions itself, printed by PostgreSQL instead."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import LiteralString
from unittest.mock import patch

from kongtask.schema.catalog import session
from kongtask.schema.catalog.queries import load_query

#: Of queries in which a definition may come as numbers, what never lets it; and the same for
#: indexes of which one is printed for all that are alike, and for expressions that are printed
#: without their table.
_CHANGES: dict[str, dict[LiteralString, LiteralString]] = {
    "indexes": {
        "as is_plain": "and false as is_plain",
        "end as likeness": "|| null end as likeness",
    },
    "constraints": {"as is_plain": "and false as is_plain"},
    "triggers": {"as is_plain": "and false as is_plain"},
    "relations": {"pt.partstrat::text as strategy": "null::text as strategy"},
    "columns": {"else 0 end": "else ad.adrelid end"},
}


@contextmanager
def printed_by_postgresql() -> Iterator[None]:
    """Let PostgreSQL print every definition, while it lasts."""

    def changed(name: str, major: int) -> LiteralString:
        text = load_query(name, major)
        for old, new in _CHANGES.get(name, {}).items():
            assert text.count(old) == 1
            text = text.replace(old, new)
        return text

    with patch.object(session, "load_query", changed):
        yield
