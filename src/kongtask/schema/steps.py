"""The model -> the steps that build it: one step for what one place of the file says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum
from types import MappingProxyType

from kongtask.schema import partitions
from kongtask.schema.model import (
    BaseType,
    Column,
    Constraint,
    ConstraintKind,
    Domain,
    Index,
    Kind,
    Policy,
    RangeType,
    Ref,
    Relation,
    Rule,
    Schema,
    SchemaObject,
    Sequence,
    Table,
    Trigger,
    View,
)


class Phase(IntEnum):
    """Sections of the file, in their order."""

    SCHEMAS = 0
    COLLATIONS = 1
    TYPES = 2
    SEQUENCES = 3
    TABLES = 4
    FOREIGN_KEYS = 5
    INDEXES = 6
    STATISTICS = 7
    VIEWS = 8
    FUNCTIONS = 9
    TRIGGERS = 10
    RULES = 11
    POLICIES = 12

    @property
    def title(self) -> str:
        """The section's heading."""
        return self.name.replace("_", " ").capitalize()


@dataclass(frozen=True, slots=True)
class Ownership:
    """``ALTER SEQUENCE … OWNED BY``, which needs both the sequence and the table."""

    sequence: Sequence


@dataclass(frozen=True, slots=True)
class Shell:
    """A stand-in for a view or a type, so that what it needs and is needed by can exist."""

    item: View | BaseType | RangeType


Item = SchemaObject | Schema | Constraint | Column | Trigger | Rule | Policy | Ownership | Shell


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One block of the file.

    Attributes:
        key: the step's identity, which other steps require.
        phase: the section that it belongs to.
        place: its place inside the section: schema, name of the owner, then of the part.
        item: what is made.
        owner: the relation or domain that a part belongs to.
        requires: what must come before.
        parts: defaults and constraints that the step makes too, with what each requires.
        one_by_one: a partitioned index whose children are created and attached each for itself.
    """

    key: Ref
    phase: Phase
    place: tuple[bytes, bytes, int, bytes]
    item: Item
    owner: SchemaObject | None = None
    requires: frozenset[Ref] = frozenset()
    parts: Mapping[Ref, frozenset[Ref]] = field(default_factory=dict)
    one_by_one: bool = False


def build_steps(schemas: tuple[Schema, ...], detached: frozenset[Ref]) -> list[Step]:
    """Return the steps that make some schemas, in no particular order.

    Args:
        schemas: what to make.
        detached: parts of tables and domains (defaults, checks) to leave for later steps.
    """
    return [step for schema in schemas for step in _schema_steps(schema, detached)]


def shell_of(step: Step) -> Step | None:
    """Return the step that makes a stand-in for a step's item, or None if it can have none."""
    item = step.item
    if not isinstance(item, View | BaseType | RangeType):
        return None
    if isinstance(item, View) and item.kind is not Kind.VIEW:
        return None
    key = Ref(step.key.kind, step.key.schema, step.key.name, "shell")
    return Step(key=key, phase=step.phase, place=step.place, item=Shell(item))


def _schema_steps(schema: Schema, detached: frozenset[Ref]) -> Iterator[Step]:
    yield Step(
        key=Ref(Kind.SCHEMA, schema.name, schema.name),
        phase=Phase.SCHEMAS,
        place=(schema.name.encode(), b"", 0, b""),
        item=schema,
    )
    yield from _whole(Phase.COLLATIONS, schema.collations)
    for types in (schema.enums, schema.composites, schema.ranges, schema.base_types):
        yield from _whole(Phase.TYPES, types)
    for domain in schema.domains:
        yield from _domain_steps(domain, detached)
    for sequence in schema.sequences:
        yield from _sequence_steps(sequence)
    one_by_one = partitions.explicit_index_parents(schema.tables)
    for table in schema.tables:
        yield from _table_steps(table, detached, one_by_one)
    for view in schema.views:
        yield from _whole(Phase.VIEWS, (view,))
        yield from _part_steps(view)
        yield from (_index_step(view, index) for index in view.indexes if index.is_valid)
    yield from _whole(Phase.STATISTICS, schema.statistics)
    yield from _whole(Phase.FUNCTIONS, schema.routines)
    yield from _whole(Phase.FUNCTIONS, schema.aggregates)


def _whole(
    phase: Phase,
    items: Iterable[SchemaObject],
    parts: Mapping[Ref, frozenset[Ref]] = MappingProxyType({}),
) -> Iterator[Step]:
    for item in items:
        key = item.ref
        yield Step(
            key=key,
            phase=phase,
            place=(key.schema.encode(), key.name.encode(), 0, key.detail.encode()),
            item=item,
            requires=item.requires,
            parts=parts,
        )


def _domain_steps(domain: Domain, detached: frozenset[Ref]) -> Iterator[Step]:
    parts: dict[Ref, frozenset[Ref]] = {}
    for constraint in domain.constraints:
        key = Ref(Kind.CONSTRAINT, domain.schema, domain.name, constraint.name)
        if key in detached or not constraint.valid:
            yield _step(domain, Phase.TYPES, key, constraint, constraint.requires)
        else:
            parts[key] = constraint.requires
    yield from _whole(Phase.TYPES, (domain,), parts)


def _sequence_steps(sequence: Sequence) -> Iterator[Step]:
    yield from _whole(Phase.SEQUENCES, (sequence,))
    if sequence.owned_by is not None:
        table, _ = sequence.owned_by
        yield Step(
            key=Ref(Kind.SEQUENCE, sequence.schema, sequence.name, "owned by"),
            phase=Phase.TABLES,
            place=(table.schema.encode(), table.name.encode(), 1, sequence.name.encode()),
            item=Ownership(sequence),
            requires=frozenset({sequence.ref, table}),
        )


def _table_steps(
    table: Table, detached: frozenset[Ref], one_by_one: frozenset[Ref]
) -> Iterator[Step]:
    requires, parts = set(table.requires), {}
    for column in table.columns:
        key = table.part(Kind.DEFAULT, column.name)
        if key in detached:
            yield _step(table, Phase.TABLES, key, column, column.default_requires)
        elif column.generated:  # cannot be added later without moving the column
            requires |= column.default_requires
            parts[key] = frozenset[Ref]()
        elif column.default is not None:
            parts[key] = column.default_requires
    for constraint in table.constraints:
        key = table.part(Kind.CONSTRAINT, constraint.name)
        is_foreign = constraint.kind is ConstraintKind.FOREIGN_KEY
        if partitions.is_implied_constraint(table, constraint):
            parts[key] = frozenset()
        elif is_foreign or not constraint.valid or key in detached:
            phase = Phase.FOREIGN_KEYS if is_foreign else Phase.TABLES
            yield _step(table, phase, key, constraint, constraint.requires)
        else:
            parts[key] = constraint.requires
    yield from _whole(Phase.TABLES, (replace(table, requires=frozenset(requires)),), parts)
    for index in table.indexes:
        if index.is_valid and (index.parent is None or index.parent in one_by_one):
            yield _index_step(table, index, one_by_one=index.ref in one_by_one)
    yield from _part_steps(table)
    for policy in table.policies:
        key = table.part(Kind.POLICY, policy.name)
        yield _step(table, Phase.POLICIES, key, policy, policy.requires)


def _index_step(owner: Relation, index: Index, *, one_by_one: bool = False) -> Step:
    parent = {index.parent} if index.parent else set()
    return Step(
        key=index.ref,
        phase=Phase.INDEXES,
        place=(owner.schema.encode(), owner.name.encode(), 0, index.name.encode()),
        item=index,
        owner=owner,
        requires=index.requires | parent | {owner.ref},
        one_by_one=one_by_one,
    )


def _part_steps(owner: Relation) -> Iterator[Step]:
    for trigger in owner.triggers:
        key = owner.part(Kind.TRIGGER, trigger.name)
        yield _step(owner, Phase.TRIGGERS, key, trigger, trigger.requires)
    for rule in owner.rules:
        key = owner.part(Kind.RULE, rule.name)
        yield _step(owner, Phase.RULES, key, rule, rule.requires)


def _step(
    owner: Relation | Domain, phase: Phase, key: Ref, item: Item, requires: frozenset[Ref]
) -> Step:
    return Step(
        key=key,
        phase=phase,
        place=(owner.schema.encode(), owner.name.encode(), 1, key.detail.encode()),
        item=item,
        owner=owner,
        requires=requires | {owner.ref},
    )
