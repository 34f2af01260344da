"""Pairs of a removed and an added object that look like one under another name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from msgspec import Struct

from kongtask.schema.diff.changes import Action, Change, Rename
from kongtask.schema.diff.inventory import Entry
from kongtask.schema.model import Kind, Ref, Relation

_KINDS = frozenset({Kind.TABLE, Kind.COLUMN, Kind.INDEX, Kind.CONSTRAINT, Kind.TYPE, Kind.DOMAIN,
                    Kind.SEQUENCE, Kind.FUNCTION, Kind.VIEW})  # fmt: skip

#: What may differ in two objects that are one: names, and what follows from them.
_IGNORED = frozenset(
    {"name", "comment", "requires", "default_requires", "signature_requires", "column_requires",
     "default", "identity", "owned_by", "index"}
)  # fmt: skip


def suggest_renames(
    changes: Iterable[Change], before: Mapping[Ref, Entry], after: Mapping[Ref, Entry]
) -> Iterator[Rename]:
    """Yield pairs whose objects are the same but for the name; each object is in one at most.

    A pair is suggested only where no other object could be meant.
    """
    removed: dict[Any, list[Ref]] = {}
    added: dict[Any, list[Ref]] = {}
    for change in changes:
        if change.ref.kind not in _KINDS or change.action is Action.CHANGED:
            continue
        gone = change.action is Action.REMOVED
        entry = (before if gone else after)[change.ref]
        likeness = (change.ref.kind, change.ref.schema, change.owner, _likeness(entry.item))
        (removed if gone else added).setdefault(likeness, []).append(change.ref)
    for likeness, old in removed.items():
        new = added.get(likeness, [])
        if len(old) == len(new) == 1:
            yield Rename(old=old[0], new=new[0])


def _likeness(item: Any) -> Any:
    """Return what two objects have in common that differ in their names alone."""
    if isinstance(item, Relation):
        return item.kind, tuple((column.name, _likeness(column)) for column in item.columns)
    names = (name for name in item.__struct_fields__ if name not in _IGNORED)
    return type(item).__name__, *((name, _hashable(getattr(item, name))) for name in names)


def _hashable(value: Any) -> Any:
    return repr(value) if isinstance(value, Struct) else value
