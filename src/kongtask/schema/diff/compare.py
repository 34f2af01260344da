"""Two databases -> what differs between them, object by object and attribute by attribute."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from kongtask.schema.diff.changes import Action, AttributeChange, Change, Difference
from kongtask.schema.diff.impact import impact_of
from kongtask.schema.diff.inventory import PART_FIELDS, Entry, column_names, inventory
from kongtask.schema.diff.renames import suggest_renames
from kongtask.schema.document import plain
from kongtask.schema.model import Database, Schema, View
from kongtask.schema.model.base import Value

#: Attributes that follow from others: an object's needs come with its definition.
_DERIVED = frozenset(
    {"requires", "default_requires", "column_requires", "signature_requires", "is_usual_storage",
     "search_path", "is_inherited", "requirements", "outside_tables"}
)  # fmt: skip

_COMMENTS = frozenset({"comment", "type_comment", "multirange_comment"})
_OWNERS = frozenset({"owner"})
_PRIVILEGES = frozenset({"grants", "default_privileges", "extension_members"})
_SCHEMA_ATTRIBUTES = (
    "comment", "owner", "grants", "security_labels", "default_privileges", "extension_members",
)  # fmt: skip


class Scope(Struct, frozen=True, kw_only=True):
    """What counts as a difference.

    Attributes:
        comments: other comments.
        owners: other owners.
        privileges: other grants.
        column_order: the same columns in another order.
    """

    comments: bool = True
    owners: bool = False
    privileges: bool = False
    column_order: bool = True

    def left_out(self) -> frozenset[str]:
        """Return the attributes that do not count."""
        return (
            _DERIVED
            | (frozenset() if self.comments else _COMMENTS)
            | (frozenset() if self.owners else _OWNERS)
            | (frozenset() if self.privileges else _PRIVILEGES)
        )


EVERYTHING_BUT_RIGHTS = Scope()


def compare(old: Database, new: Database, scope: Scope = EVERYTHING_BUT_RIGHTS) -> Difference:
    """Tell what differs between two databases.

    Args:
        old: the first side.
        new: the second side; changes lead from the first to this one.
        scope: what counts as a difference.

    Returns:
        The difference; false where there is none.
    """
    before, after = inventory(old), inventory(new)
    changes = tuple(_changes(before, after, scope))
    return Difference(changes=changes, renames=tuple(suggest_renames(changes, before, after)))


def attribute_changes(old: Any, new: Any, left_out: frozenset[str]) -> Iterator[AttributeChange]:
    """Yield the attributes in which two values of one class differ."""
    names = _SCHEMA_ATTRIBUTES if isinstance(new, Schema) else new.__struct_fields__
    for name in names:
        if name in left_out or name in PART_FIELDS:
            continue
        one, other = getattr(old, name), getattr(new, name)
        if one == other:
            continue
        if isinstance(one, Value) and isinstance(other, Value):
            for inner in attribute_changes(one, other, left_out):
                yield AttributeChange(name=f"{name}.{inner.name}", old=inner.old, new=inner.new)
        else:
            yield AttributeChange(name=name, old=plain(one), new=plain(other))


def _changes(before: dict[Any, Entry], after: dict[Any, Entry], scope: Scope) -> Iterator[Change]:
    left_out = scope.left_out()
    for ref, entry in before.items():
        if ref not in after:
            yield Change(
                action=Action.REMOVED,
                ref=ref,
                owner=entry.owner,
                impact=impact_of(Action.REMOVED, entry.item, None, ()),
            )
    for ref, entry in after.items():
        earlier = before.get(ref)
        if earlier is None:
            yield Change(
                action=Action.ADDED,
                ref=ref,
                owner=entry.owner,
                impact=impact_of(Action.ADDED, None, entry.item, ()),
            )
            continue
        attributes = tuple(_entry_changes(earlier.item, entry.item, left_out, scope))
        if attributes:
            yield Change(
                action=Action.CHANGED,
                ref=ref,
                owner=entry.owner,
                attributes=attributes,
                impact=impact_of(Action.CHANGED, earlier.item, entry.item, attributes),
            )


def _entry_changes(
    old: Any, new: Any, left_out: frozenset[str], scope: Scope
) -> Iterator[AttributeChange]:
    if old == new:
        return
    if type(old) is not type(new):  # one kind of type has become another
        yield AttributeChange(name="definition", old=plain(old), new=plain(new))
        return
    yield from attribute_changes(old, new, left_out)
    if scope.column_order and not isinstance(new, View):
        one, other = column_names(old), column_names(new)
        if sorted(one) == sorted(other) and one != other:
            yield AttributeChange(name="column_order", old=list(one), new=list(other))
