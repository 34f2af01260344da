"""Clones of a partitioned table's indexes and constraints that only have another name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kongtask.names import qualify, quote_identifier
from kongtask.schema.diff.inventory import Entry
from kongtask.schema.model import Constraint, Index, Ref


def renamed_clones(before: Mapping[Ref, Entry], after: Mapping[Ref, Entry]) -> dict[Ref, Ref]:
    """Return the clones that belong to the same parent under another name: old -> new."""
    missing = {_family(entry): ref for ref, entry in after.items() if ref not in before}
    missing.pop(None, None)
    return {
        ref: missing[_family(entry)]
        for ref, entry in before.items()
        if ref not in after and _family(entry) in missing
    }


def rename_statements(clones: Mapping[Ref, Ref], known: Mapping[Ref, Entry]) -> Iterator[str]:
    """Yield the statements that rename clones."""
    for old, new in clones.items():
        if isinstance(known[old].item, Index):
            name = qualify(old.schema, old.name)
            yield f"ALTER INDEX {name} RENAME TO {quote_identifier(new.name)};"
        else:
            yield (
                f"ALTER TABLE {qualify(old.schema, old.name)} RENAME CONSTRAINT "
                f"{quote_identifier(old.detail)} TO {quote_identifier(new.detail)};"
            )


def _family(entry: Entry) -> Any:
    """Return what a clone shares with itself under another name; None for all else."""
    item = entry.item
    if isinstance(item, Index | Constraint) and item.parent is not None:
        return entry.owner, item.parent
    return None
