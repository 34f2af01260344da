"""Two databases as steps under the same identities, and what became of each step."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from kongtask.schema.diff.compare import Scope, attribute_changes
from kongtask.schema.diff.inventory import inventory
from kongtask.schema.model import (
    CompositeType,
    Database,
    Domain,
    Kind,
    OperatorFamily,
    Ref,
    Relation,
    Sequence,
    Table,
    View,
)
from kongtask.schema.render import placed_steps
from kongtask.schema.render.context import Context
from kongtask.schema.steps import (
    Attachment,
    CloneComment,
    Default,
    Members,
    Ownership,
    Shell,
    Step,
    makers_of,
)

#: Rights and labels have statements of their own.
_ELSEWHERE = frozenset(
    {"owner", "grants", "default_privileges", "extension_members", "security_labels"}
)


class State(Struct, frozen=True, kw_only=True):
    """One of the two databases.

    Attributes:
        steps: by key, in an order in which they can be made.
        context: what rendering them takes.
        known: all objects and parts, also those that come with others without a step.
        makers: the step that makes each part, by their keys.
    """

    steps: Mapping[Ref, Step]
    context: Context
    known: Mapping[Ref, Any]
    makers: Mapping[Ref, Ref]

    def needs(self, step: Step) -> Iterator[Ref]:
        """Yield the keys of the steps that a step requires."""
        for ref in step.all_requires():
            key = ref if ref in self.steps else self.makers.get(ref)
            if key is not None and key != step.key:
                yield key

    def dependents(self) -> dict[Ref, list[Step]]:
        """Return the steps that require each step."""
        found: defaultdict[Ref, list[Step]] = defaultdict(list)
        for step in self.steps.values():
            for key in set(self.needs(step)):
                found[key].append(step)
        return found


def states(old: Database, new: Database) -> tuple[State, State]:
    """Take two databases apart into steps that can be compared one by one."""
    before, after = inventory(old), inventory(new)
    detached = frozenset(_parts_of_kept(before, after))
    one, other = (
        _state(database, known, detached) for database, known in ((old, before), (new, after))
    )
    return one, other


def _parts_of_kept(before: Mapping[Ref, Any], after: Mapping[Ref, Any]) -> Iterator[Ref]:
    """Yield the defaults and constraints of what both databases have."""
    for known in (before, after):
        for ref, entry in known.items():
            if ref.kind is Kind.CONSTRAINT and entry.owner in before and entry.owner in after:
                yield ref
            elif ref.kind is Kind.COLUMN and ref in before and ref in after:
                yield replace(ref, kind=Kind.DEFAULT)
            elif ref.kind is Kind.DOMAIN and ref in before and ref in after:
                yield Ref(Kind.DEFAULT, ref.schema, ref.name, ref.name)


def _state(database: Database, known: Mapping[Ref, Any], detached: frozenset[Ref]) -> State:
    placed, context = placed_steps(database, detached)
    steps = [item.step for item in placed]
    return State(
        steps={step.key: step for step in steps},
        context=context,
        known=known,
        makers=makers_of(steps),
    )


def changed_attributes(old: Step, new: Step, scope: Scope) -> frozenset[str]:
    """Return the names of the attributes in which what two steps make differs."""
    one, other = old.item, new.item
    if type(one) is not type(other):
        return frozenset({"definition"})
    if isinstance(other, Default | Ownership | Members | Attachment | CloneComment | Shell):
        return frozenset() if _content(one) == _content(other) else frozenset({"definition"})
    left_out = scope.left_out() | _ELSEWHERE
    if isinstance(other, Domain):
        left_out |= {"default"}
    elif isinstance(other, Sequence):
        left_out |= {"owned_by"}
    elif isinstance(other, OperatorFamily):
        left_out |= {"members"}
    found = {x.name.partition(".")[0] for x in attribute_changes(one, other, left_out)}
    if isinstance(other, Relation | CompositeType) and _columns(old) != _columns(new):
        found.add("columns")
    return frozenset(found)


def _columns(step: Step) -> Any:
    """Return what a step says of its columns, in an order that does not count."""
    item = step.item
    columns: tuple[Any, ...] = getattr(item, "columns", ())
    kept = {key.detail for key in step.parts if key.kind is Kind.DEFAULT}
    found = {}
    for column in columns:
        is_said = not isinstance(item, Table | View) or column.generated or column.name in kept
        values = {x: getattr(column, x) for x in column.__struct_fields__ if x not in _UNSAID}
        found[column.name] = values | {"default": column.default if is_said else None}
    return found


_UNSAID = _ELSEWHERE | {"default_requires", "is_usual_storage", "is_inherited", "requires"}


def _content(item: Any) -> Any:
    """Return what a step that is no object of its own says."""
    if isinstance(item, Default):
        return item.text
    if isinstance(item, Ownership):
        return item.sequence.owned_by
    if isinstance(item, Members):
        return tuple(member.definition for member in item.family.members)
    if isinstance(item, Attachment):
        return item.index.parent
    return item.constraint.comment if isinstance(item, CloneComment) else None
