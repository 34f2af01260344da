"""Steps: each is what one place of the file says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from enum import IntEnum
from functools import cached_property
from types import MappingProxyType

from msgspec import Struct

from kongtask.schema.model import (
    BaseType,
    Constraint,
    DatabaseObject,
    Domain,
    Index,
    OperatorFamily,
    Policy,
    RangeType,
    Ref,
    Relation,
    Routine,
    Rule,
    Schema,
    SchemaObject,
    Sequence,
    Trigger,
    View,
)

NO_PARTS: Mapping[Ref, frozenset[Ref]] = MappingProxyType({})


class Phase(IntEnum):
    """Sections of the file, in their order."""

    SCHEMAS = 0
    EXTENSIONS = 1
    LANGUAGES = 2
    ACCESS_METHODS = 3
    FOREIGN_DATA_WRAPPERS = 4
    SERVERS = 5
    USER_MAPPINGS = 6
    COLLATIONS = 7
    TYPES = 8
    CASTS = 9
    TRANSFORMS = 10
    SEQUENCES = 11
    TABLES = 12
    CONSTRAINTS = 13
    FOREIGN_KEYS = 14
    INDEXES = 15
    STATISTICS = 16
    VIEWS = 17
    FUNCTIONS = 18
    TRIGGERS = 19
    RULES = 20
    POLICIES = 21
    OPERATORS = 22
    CONVERSIONS = 23
    TEXT_SEARCH = 24
    PUBLICATIONS = 25
    EVENT_TRIGGERS = 26

    @cached_property
    def title(self) -> str:
        """The section's heading."""
        return self.name.replace("_", " ").capitalize()


class Ownership(Struct, frozen=True):
    """``ALTER SEQUENCE … OWNED BY``, which needs both the sequence and the table."""

    sequence: Sequence


class Attachment(Struct, frozen=True):
    """``ALTER INDEX … ATTACH PARTITION`` for the index of a partition's constraint."""

    index: Index


class Members(Struct, frozen=True):
    """``ALTER OPERATOR FAMILY … ADD``, which needs the operators and functions."""

    family: OperatorFamily


class CloneComment(Struct, frozen=True):
    """The comment on a clone of a partitioned table's foreign key."""

    constraint: Constraint


class Shell(Struct, frozen=True):
    """A stand-in, so that what an object needs and what needs the object can exist."""

    item: View | BaseType | RangeType | Routine


class Default(Struct, frozen=True):
    """A column's or domain's default that had to wait for what it uses."""

    text: str
    column: str | None = None


Item = (
    SchemaObject
    | DatabaseObject
    | Schema
    | Constraint
    | Default
    | Trigger
    | Rule
    | Policy
    | Ownership
    | Attachment
    | Members
    | CloneComment
    | Shell
)


class Step(Struct, frozen=True, kw_only=True):
    """One block of the file.

    Attributes:
        key: the step's identity, which other steps require.
        phase: the section that it belongs to.
        place: its place inside the section: schema, name of the owner, then of the part. Python
            compares strings as the C collation does.
        item: what is made.
        owner: the relation or domain that a part belongs to.
        requires: what must come before.
        parts: defaults and constraints that the step makes too, with what each requires.
    """

    key: Ref
    phase: Phase
    place: tuple[str, str, int, str]
    item: Item
    owner: Relation | Domain | None = None
    requires: frozenset[Ref] = frozenset()
    parts: Mapping[Ref, frozenset[Ref]] = NO_PARTS

    def all_requires(self) -> Iterator[Ref]:
        """Yield what must come before the step and its parts."""
        yield from self.requires
        for requires in filter(None, self.parts.values()):
            yield from requires


def makers_of(steps: Iterable[Step]) -> dict[Ref, Ref]:
    """Return the step that makes each part, by their keys."""
    return {part: step.key for step in steps for part in step.parts}


def all_behind(key: Ref, steps: Mapping[Ref, Step], makers: Mapping[Ref, Ref]) -> set[Ref]:
    """Return the keys of a step and of all that it needs, directly or not.

    Args:
        key: the step's.
        steps: all steps by their keys.
        makers: the keys of the steps that make parts, as ``makers_of`` has them.
    """
    found, waiting = {key}, [key]
    while waiting:
        for ref in steps[waiting.pop()].all_requires():
            maker = ref if ref in steps else makers.get(ref)
            if maker is not None and maker not in found:
                found.add(maker)
                waiting.append(maker)
    return found
