"""The SQL of each object, line by line with its migrations, out of the blocks of an export."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from kongtask.schema.diff.changes import PARTS
from kongtask.schema.diff.inventory import Entry
from kongtask.schema.history import BlamedBlock
from kongtask.schema.model import Domain, Ref, Relation, Table

#: Lines with the migration that wrote each; None of the empty line between two statements.
Lines = tuple[tuple[str, int | None], ...]

#: Whether a name is the one of a part's owner; its schema, and the name.
_Place = tuple[bool, str, str]

#: What the keys of an object's further steps have behind its own detail.
_FURTHER = re.compile(r" ?(?:members|owned by|attached)\Z")


def definitions(blocks: Iterable[BlamedBlock], entries: dict[Ref, Entry]) -> dict[Ref, Lines]:
    """Return what an export says of each object, the statements of its parts behind its own.

    Args:
        blocks: of the export.
        entries: the objects and parts that it is of.
    """
    wholes = dict(_wholes(entries))
    found: dict[Ref, list[BlamedBlock]] = {}
    for block in blocks:
        # Sections about many objects are told where these are; a stand-in says nothing new.
        if block.key is not None and not block.key.detail.endswith(" shell"):
            found.setdefault(_whole(block.key, entries, wholes), []).append(block)
    return {ref: _joined(parts) for ref, parts in found.items()}


def _whole(key: Ref, entries: dict[Ref, Entry], wholes: dict[_Place, Ref]) -> Ref:
    """Return the object that a block is about: it, or what it is a part of."""
    for ref in (key, replace(key, detail=_FURTHER.sub("", key.detail))):
        entry = entries.get(ref)
        if entry is not None:
            return entry.owner or ref
    return wholes[key.kind in PARTS, key.schema, key.name]


def _wholes(entries: dict[Ref, Entry]) -> Iterator[tuple[_Place, Ref]]:
    """Yield what the owners of parts, and the tables of keys' indexes, are called by."""
    for ref, entry in entries.items():
        if isinstance(entry.item, Relation | Domain):
            yield (True, ref.schema, ref.name), ref
        if isinstance(entry.item, Table):
            for constraint in entry.item.constraints:
                if constraint.index is not None:
                    yield (False, ref.schema, constraint.index.name), ref


def _joined(blocks: Iterable[BlamedBlock]) -> Lines:
    lines = list[tuple[str, int | None]]()
    for block in blocks:
        if lines:
            lines.append(("", None))
        lines += block.lines
    return tuple(lines)
