"""What a comparison of two databases says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import Any

from msgspec import Struct

from kongtask.names import qualify, quote_identifier
from kongtask.schema.model import Kind, Ref

#: Kinds whose name stands beside that of a table, view, type or domain.
PARTS = frozenset(
    {Kind.COLUMN, Kind.DEFAULT, Kind.CONSTRAINT, Kind.TRIGGER, Kind.RULE, Kind.POLICY}
)


class Action(StrEnum):
    """What happened to an object on the way from the first side to the second."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


class AttributeChange(Struct, frozen=True, kw_only=True):
    """One attribute with another value.

    Attributes:
        name: as the model calls it; with dots where it is inside another one.
        old, new: the values, as a JSON document of the model holds them.
    """

    name: str
    old: Any
    new: Any


class Impact(Struct, frozen=True, kw_only=True):
    """What making a change does to a database in use.

    Attributes:
        destroys: what data is lost, or None.
        rewrites: why a table is written anew, or None.
        lock: the table lock that it takes and what that stops, or None.
    """

    destroys: str | None = None
    rewrites: str | None = None
    lock: str | None = None


class Change(Struct, frozen=True, kw_only=True):
    """One object that differs.

    Attributes:
        action: added, removed or changed.
        ref: the object; of the second side where both have it.
        owner: the table, view, type or domain that it is a part of.
        attributes: what differs, of a changed one.
        impact: what making the second side's state of the first's does.
    """

    action: Action
    ref: Ref
    owner: Ref | None = None
    attributes: tuple[AttributeChange, ...] = ()
    impact: Impact = Impact()

    def attribute(self, name: str) -> AttributeChange | None:
        """Return what changed of an attribute, if it did."""
        return next((item for item in self.attributes if item.name == name), None)


class Rename(Struct, frozen=True, kw_only=True):
    """A removed and an added object that are the same but for the name."""

    old: Ref
    new: Ref


class Difference(Struct, frozen=True, kw_only=True):
    """How two databases differ.

    Attributes:
        changes: one for each object that differs, owners before their parts.
        renames: pairs among them that look like one object under another name.
    """

    changes: tuple[Change, ...] = ()
    renames: tuple[Rename, ...] = ()

    def __bool__(self) -> bool:
        """Tell whether there is any difference."""
        return bool(self.changes)

    def top(self) -> Iterator[Change]:
        """Yield the changes, without the parts of what was added or removed as a whole."""
        whole = {x.ref for x in self.changes if x.action is not Action.CHANGED}
        for change in self.changes:
            if change.owner is None or change.owner not in whole:
                yield change


def title(ref: Ref) -> str:
    """Return the words for an object, such as ``column shop.orders.total``."""
    kind = ref.kind.lower()
    if ref.kind is Kind.SCHEMA:
        return f"{kind} {quote_identifier(ref.schema)}"
    if ref.kind is Kind.COLUMN:
        return f"{kind} {qualify(ref.schema, ref.name)}.{quote_identifier(ref.detail)}"
    if ref.kind in PARTS:
        return f"{kind} {quote_identifier(ref.detail)} on {qualify(ref.schema, ref.name)}"
    name = qualify(ref.schema, ref.name) if ref.schema else quote_identifier(ref.name)
    if ref.kind in {Kind.FUNCTION, Kind.PROCEDURE, Kind.AGGREGATE, Kind.OPERATOR}:
        return f"{kind} {name}({ref.detail})"
    return f"{kind} {name}" + (f" ({ref.detail})" if ref.detail else "")


def counts(changes: Iterable[Change]) -> dict[str, int]:
    """Return how many changes of each action there are."""
    found = dict.fromkeys((action.value for action in Action), 0)
    for change in changes:
        found[change.action] += 1
    return found
