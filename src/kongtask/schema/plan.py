"""The model -> the steps that build it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from msgspec.structs import replace

from kongtask.errors import UnsupportedObjectError
from kongtask.schema.model import (
    Column,
    Constraint,
    ConstraintKind,
    Database,
    Domain,
    Index,
    Kind,
    Ref,
    Relation,
    Schema,
    SchemaObject,
    Sequence,
    Table,
    View,
)
from kongtask.schema.partitions import Partitioning, attachment_key
from kongtask.schema.plan_bodies import after_bodies
from kongtask.schema.plan_casts import after_casts
from kongtask.schema.plan_database import database_steps, schemas_of_extensions
from kongtask.schema.steps import (
    NO_PARTS,
    Attachment,
    CloneComment,
    Default,
    Item,
    Members,
    Ownership,
    Phase,
    Step,
)


def build_steps(
    database: Database, partitioning: Partitioning, detached: frozenset[Ref]
) -> list[Step]:
    """Return the steps that make schemas and the rest, in no particular order.

    Args:
        database: what to make.
        partitioning: how its partitioned tables are put together.
        detached: parts of tables and domains (defaults, checks) to leave for later steps.
    """
    build = _Builder(partitioning, detached)
    steps = list(database_steps(database))
    made_by = schemas_of_extensions(database)
    for schema in database.schemas:
        steps.append(_schema(schema, made_by.get(schema.name, frozenset())))
        steps += build.schema(schema)
    return after_bodies(after_casts(steps, database.casts), database)


class _Builder:
    def __init__(self, partitioning: Partitioning, detached: frozenset[Ref]) -> None:
        self._partitioning, self._detached = partitioning, detached

    def schema(self, schema: Schema) -> Iterator[Step]:
        yield from _whole(Phase.COLLATIONS, schema.collations)
        for types in (schema.enums, schema.composites, schema.ranges, schema.base_types):
            yield from _whole(Phase.TYPES, types)
        for domain in schema.domains:
            yield from self._domain(domain)
        for sequence in schema.sequences:
            yield from _sequence(sequence)
        for table in schema.tables:
            yield from self._table(table)
        for view in schema.views:
            yield from self._view(view)
        yield from _whole(Phase.STATISTICS, schema.statistics)
        yield from _whole(Phase.FUNCTIONS, (*schema.routines, *schema.aggregates))
        yield from _operators(schema)
        yield from _whole(Phase.CONVERSIONS, schema.conversions)
        for text_search in (
            schema.text_search_parsers, schema.text_search_templates,
            schema.text_search_dictionaries, schema.text_search_configurations,
        ):  # fmt: skip
            yield from _whole(Phase.TEXT_SEARCH, text_search)

    def _domain(self, domain: Domain) -> Iterator[Step]:
        parts: dict[Ref, frozenset[Ref]] = {}
        key = domain.part(Kind.DEFAULT, domain.name)
        if domain.default is not None and key in self._detached:
            default = Default(domain.default)
            yield _part(domain, Phase.TYPES, key, default, domain.default_requires)
        else:
            parts[key] = domain.default_requires
        for constraint in domain.constraints:
            key = domain.part(Kind.CONSTRAINT, constraint.name)
            if key in self._detached or not constraint.valid:
                yield _part(domain, Phase.TYPES, key, constraint, constraint.requires)
            else:
                parts[key] = constraint.requires
        yield _step(Phase.TYPES, domain, parts=parts)

    def _table(self, table: Table) -> Iterator[Step]:
        requires = table.requires
        parts: dict[Ref, frozenset[Ref]] = {}
        for column in table.columns:
            if column.default is None:
                continue
            key = table.part(Kind.DEFAULT, column.name)
            if column.generated:  # cannot be added later without moving the column
                requires |= column.default_requires
                parts[key] = frozenset()
            elif key in self._detached:
                yield _default(table, Phase.TABLES, key, column)
            else:
                parts[key] = column.default_requires
        yield from self._constraints(table, parts)
        yield _step(Phase.TABLES, table, requires, parts)
        for index in table.indexes:
            is_made = index.parent is not None and index.parent not in self._partitioning.one_by_one
            if index.is_valid and not is_made:
                yield _index(table, index)
        yield from _behaviour(table)
        for policy in table.policies:
            key = table.part(Kind.POLICY, policy.name)
            yield _part(table, Phase.POLICIES, key, policy, policy.requires)

    def _constraints(self, table: Table, parts: dict[Ref, frozenset[Ref]]) -> Iterator[Step]:
        """Yield the constraints that are statements of their own; put the others into ``parts``."""
        indexed = set[str]()
        for constraint in table.constraints:
            key = table.part(Kind.CONSTRAINT, constraint.name)
            if self._partitioning.is_clone(table, constraint):
                parts[key] = frozenset()
                if constraint.kind is ConstraintKind.FOREIGN_KEY and constraint.comment is not None:
                    yield self._clone_comment(table, constraint)
                continue
            # CREATE TABLE takes two keys on the same columns for one.
            on = constraint.definition[constraint.definition.find("(") :]
            is_twin = constraint.index is not None and on in indexed
            if is_twin or self._is_separate(key, constraint):
                yield self._constraint(table, key, constraint)
            else:
                parts[key] = constraint.requires
                parts |= _index_parts(table, constraint)
                indexed.update({on} if constraint.index is not None else ())
            if self._partitioning.is_attached_key(constraint):
                yield _attachment(table, constraint)

    def _clone_comment(self, table: Table, constraint: Constraint) -> Step:
        if constraint.name != constraint.parent:
            raise UnsupportedObjectError(
                f"foreign key {constraint.name} on {table.schema}.{table.name} has a comment, and "
                "is a partition's clone under another name than the one that a load gives it"
            )
        key = table.part(Kind.CONSTRAINT, f"{constraint.name} comment")
        made_by = frozenset({self._partitioning.cloned_from(table, constraint)})
        return _part(table, Phase.FOREIGN_KEYS, key, CloneComment(constraint), made_by)

    def _is_separate(self, key: Ref, constraint: Constraint) -> bool:
        return (
            constraint.kind is ConstraintKind.FOREIGN_KEY
            or not constraint.valid
            or key in self._detached
            or self._partitioning.is_alone(constraint)
            or (constraint.index is not None and bool(constraint.index.search_path))
        )

    def _constraint(self, table: Table, key: Ref, constraint: Constraint) -> Step:
        if constraint.kind is ConstraintKind.FOREIGN_KEY:
            # A partitioned index that its partitions lack is no key to refer to.
            attached = frozenset(self._partitioning.attachments(constraint.requires))
            return _part(table, Phase.FOREIGN_KEYS, key, constraint, constraint.requires | attached)
        # It goes down to the partitions: they must be there, or bring it themselves.
        below = frozenset(item.ref for item in self._partitioning.descendants(table.ref))
        requires = constraint.requires | below
        step = _part(table, Phase.CONSTRAINTS, key, constraint, requires)
        return replace(step, parts=_index_parts(table, constraint))

    def _view(self, view: View) -> Iterator[Step]:
        parts: dict[Ref, frozenset[Ref]] = {}
        for column in view.columns:
            if column.default is None:
                continue
            key = view.part(Kind.DEFAULT, column.name)
            if key in self._detached:
                yield _default(view, Phase.VIEWS, key, column)
            else:
                parts[key] = column.default_requires
        yield _step(Phase.VIEWS, view, parts=parts)
        for index in view.indexes:
            if index.is_valid:
                yield _index(view, index)
        yield from _behaviour(view)


def _schema(schema: Schema, requires: frozenset[Ref]) -> Step:
    place = (schema.name, "", 0, "")
    return Step(key=schema.ref, phase=Phase.SCHEMAS, place=place, item=schema, requires=requires)


def _whole(phase: Phase, items: Iterable[SchemaObject]) -> Iterator[Step]:
    for item in items:
        yield _step(phase, item)


def _step(
    phase: Phase,
    item: SchemaObject,
    requires: frozenset[Ref] | None = None,
    parts: Mapping[Ref, frozenset[Ref]] = NO_PARTS,
) -> Step:
    key = item.ref
    return Step(
        key=key,
        phase=phase,
        place=(key.schema, key.name, 0, key.detail),
        item=item,
        requires=item.requires if requires is None else requires,
        parts=parts,
    )


def _part(
    owner: Relation | Domain, phase: Phase, key: Ref, item: Item, requires: frozenset[Ref]
) -> Step:
    return Step(
        key=key,
        phase=phase,
        place=(owner.schema, owner.name, 1, key.detail),
        item=item,
        owner=owner,
        requires=requires | {owner.ref},
    )


def _default(owner: Relation, phase: Phase, key: Ref, column: Column) -> Step:
    assert column.default is not None, "only a default is left for later"
    default = Default(column.default, column.name)
    return _part(owner, phase, key, default, column.default_requires)


def _sequence(sequence: Sequence) -> Iterator[Step]:
    yield _step(Phase.SEQUENCES, sequence)
    if sequence.owned_by is not None:
        table, _ = sequence.owned_by
        yield Step(
            key=Ref(Kind.SEQUENCE, sequence.schema, sequence.name, "owned by"),
            phase=Phase.TABLES,
            place=(table.schema, table.name, 1, sequence.name),
            item=Ownership(sequence),
            requires=frozenset({sequence.ref, table}),
        )


def _index(owner: Relation, index: Index) -> Step:
    above = {index.parent} if index.parent else set()
    return Step(
        key=index.ref,
        phase=Phase.INDEXES,
        place=(owner.schema, owner.name, 0, index.name),
        item=index,
        owner=owner,
        requires=index.requires | above | {owner.ref},
    )


def _index_parts(table: Table, constraint: Constraint) -> dict[Ref, frozenset[Ref]]:
    """Return a key's index, for partitions' indexes that are attached to it."""
    if table.partition_key is None or constraint.index is None:
        return {}
    return {constraint.index.ref: frozenset()}


def _attachment(table: Table, constraint: Constraint) -> Step:
    index = constraint.index
    assert index is not None
    assert index.parent is not None
    needs = frozenset({index.parent, table.part(Kind.CONSTRAINT, constraint.name)})
    return _part(table, Phase.INDEXES, attachment_key(index), Attachment(index), needs)


def _behaviour(owner: Relation) -> Iterator[Step]:
    for trigger in owner.triggers:
        key = owner.part(Kind.TRIGGER, trigger.name)
        yield _part(owner, Phase.TRIGGERS, key, trigger, trigger.requires)
    for rule in owner.rules:
        key = owner.part(Kind.RULE, rule.name)
        yield _part(owner, Phase.RULES, key, rule, rule.requires)


def _operators(schema: Schema) -> Iterator[Step]:
    yield from _whole(Phase.OPERATORS, (x for x in schema.operators if not x.is_shell))
    yield from _whole(Phase.OPERATORS, schema.operator_families)
    for class_ in schema.operator_classes:
        members = (member.requires for member in class_.members)
        yield _step(Phase.OPERATORS, class_, class_.requires.union(*members))
    for family in schema.operator_families:
        if family.members:
            key = replace(family.ref, detail=f"{family.method} members")
            yield Step(
                key=key,
                phase=Phase.OPERATORS,
                place=(family.schema, family.name, 1, key.detail),
                item=Members(family),
                requires=frozenset({family.ref}).union(*(m.requires for m in family.members)),
            )
