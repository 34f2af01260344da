"""What a partition shares with its partitioned table, and what a load makes again by itself.

PostgreSQL clones the constraints and indexes of a partitioned table onto its partitions. A clone
under the name that PostgreSQL gives it needs no text of its own (DESIGN, portable text). Where a
clone is not what PostgreSQL would make, the whole family is made one by one: the partitioned
table's index alone, then each partition's, each attached by name.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from kongtask.names import default_relation_name
from kongtask.schema.model import Constraint, ConstraintKind, Index, Kind, Ref, Table

_LABELS = {
    ConstraintKind.PRIMARY_KEY: "pkey",
    ConstraintKind.UNIQUE: "key",
    ConstraintKind.EXCLUSION: "excl",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Partitioning:
    """How the partitioned tables of an export are put together.

    Attributes:
        tables: all tables.
        partitions: the partitions of each partitioned table.
        one_by_one: the partitioned indexes, and the indexes of partitioned tables' constraints,
            whose children are created and attached each for itself.
        attached: the children of those, and the keys of the steps that attach them.
    """

    tables: Mapping[Ref, Table]
    partitions: Mapping[Ref, tuple[Table, ...]]
    one_by_one: frozenset[Ref]
    attached: Mapping[Ref, tuple[tuple[Ref, Ref], ...]]

    @classmethod
    def of(cls, tables: Iterable[Table]) -> Partitioning:
        """Look at all tables of an export."""
        known = {table.ref: table for table in tables}
        partitions: defaultdict[Ref, list[Table]] = defaultdict(list)
        for table in known.values():
            if table.is_partition:
                partitions[table.parents[0]].append(table)
        below = {ref: tuple(found) for ref, found in partitions.items()}
        one_by_one = _one_by_one(known.values(), partitions)
        return cls(
            tables=known,
            partitions=below,
            one_by_one=one_by_one,
            attached=_attached(known.values(), one_by_one),
        )

    def is_clone(self, table: Table, constraint: Constraint) -> bool:
        """Tell whether a constraint comes with the table's parent and needs no statement."""
        if constraint.kind is ConstraintKind.FOREIGN_KEY:
            return constraint.parent is not None
        if constraint.parent is None:
            return not constraint.is_local
        return not self.is_attached_key(constraint) and not is_custom_clone(table, constraint)

    def is_attached_key(self, constraint: Constraint) -> bool:
        """Tell whether a constraint's index is attached by a statement of its own."""
        return constraint.index is not None and constraint.index.parent in self.one_by_one

    def is_alone(self, constraint: Constraint) -> bool:
        """Tell whether a partitioned table's constraint is made without its partitions'."""
        return constraint.index is not None and constraint.index.ref in self.one_by_one

    def attachments(self, indexes: Iterable[Ref]) -> Iterator[Ref]:
        """Yield the keys of the steps after which partitioned indexes are valid."""
        for index in indexes:
            for child, key in self.attached.get(index, ()):
                yield key
                yield from self.attachments([child])

    def follows_parent(self, table: Table) -> bool:
        """Tell whether ``PARTITION OF`` makes the partition as it is.

        It does where the partition has the parent's columns in the parent's order, and no
        constraint that would be made a second time under the parent's name.
        """
        parent = self.tables.get(table.parents[0])
        if parent is None or any(
            constraint.parent is not None
            and not self.is_attached_key(constraint)
            and is_custom_clone(table, constraint)
            for constraint in table.constraints
        ):
            return False
        return [_shape(table, i) for i in range(len(table.columns))] == [
            _shape(parent, i) for i in range(len(parent.columns))
        ]

    def cloned_from(self, table: Table, constraint: Constraint) -> Ref:
        """Return the topmost constraint that a clone comes from."""
        assert constraint.parent is not None, "only a clone comes from another"
        ref = table.parents[0]
        above = self.tables.get(ref)
        for candidate in above.constraints if above is not None else ():
            if candidate.name == constraint.parent and candidate.parent is not None:
                return self.cloned_from(self.tables[ref], candidate)
        return Ref(Kind.CONSTRAINT, ref.schema, ref.name, constraint.parent)

    def descendants(self, table: Ref) -> Iterator[Table]:
        """Yield the partitions of a table, and theirs."""
        for partition in self.partitions.get(table, ()):
            yield partition
            yield from self.descendants(partition.ref)


def is_custom_clone(table: Table, constraint: Constraint) -> bool:
    """Tell whether a key belongs to the parent's, under a name that nobody would give it."""
    if constraint.parent is None or constraint.kind not in _LABELS:
        return False
    is_primary = constraint.kind is ConstraintKind.PRIMARY_KEY
    columns = constraint.index.columns if constraint.index else ()
    usual = default_relation_name(
        table.name, None if is_primary else "_".join(columns), _LABELS[constraint.kind]
    )
    return constraint.name != usual


def _shape(table: Table, position: int) -> tuple[object, ...]:
    column = table.columns[position]
    name = column.not_null.name if column.not_null is not None else None
    return column.name, column.type, column.collation, column.generated, name


def _one_by_one(tables: Iterable[Table], partitions: Mapping[Ref, list[Table]]) -> frozenset[Ref]:
    if not partitions:
        return frozenset()
    tables = tuple(tables)
    parents = {index.ref: index for table in tables for index, _ in _indexes(table)}
    children: defaultdict[Ref, list[Index]] = defaultdict(list)
    found: set[Ref] = set()
    for table in tables:
        for index, constraint in _indexes(table):
            if index.parent is not None:
                children[index.parent].append(index)
                parent = parents.get(index.parent)
                if _is_unlike_a_clone(table, index, constraint, parent):
                    found.add(index.parent)
        found |= _ambiguous(table)
    found |= _incomplete(tables, partitions, children)
    return _connected(found & parents.keys(), parents, children)


def _attached(
    tables: Iterable[Table], one_by_one: frozenset[Ref]
) -> dict[Ref, tuple[tuple[Ref, Ref], ...]]:
    found: defaultdict[Ref, list[tuple[Ref, Ref]]] = defaultdict(list)
    for table in tables if one_by_one else ():
        for index, constraint in _indexes(table):
            if index.parent in one_by_one:
                key = index.ref if constraint is None else attachment_key(index)
                found[index.parent].append((index.ref, key))
    return {parent: tuple(children) for parent, children in found.items()}


def attachment_key(index: Index) -> Ref:
    """Return the key of the step that attaches the index of a partition's constraint."""
    return Ref(Kind.INDEX, index.schema, index.name, "attached")


def _indexes(table: Table) -> Iterator[tuple[Index, Constraint | None]]:
    for index in table.indexes:
        yield index, None
    for constraint in table.constraints:
        if constraint.index is not None:
            yield constraint.index, constraint


def _is_unlike_a_clone(
    table: Table, index: Index, constraint: Constraint | None, parent: Index | None
) -> bool:
    """Tell whether creating the partitioned index would not make this child of it."""
    if constraint is not None:  # a constraint's clone is looked at with its table
        return constraint.parent is None
    usual = default_relation_name(table.name, "_".join(index.columns), "idx")
    return (
        index.name != usual
        or (parent is not None and parent.definition != index.definition)
        or index.comment is not None
        or bool(index.statistics)
        or index.is_clustered
        or index.is_replica_identity
    )


def _ambiguous(table: Table) -> set[Ref]:
    """Return the parents of indexes that have an equal beside them: which one would be attached?"""
    alike: defaultdict[tuple[str, bool], list[tuple[Index, Constraint | None]]] = defaultdict(list)
    for index, constraint in _indexes(table) if table.is_partition else ():
        alike[index.definition, index.is_unique].append((index, constraint))
    return {
        index.parent
        for group in alike.values()
        if len(group) > 1
        for index, constraint in group
        if index.parent is not None and constraint is None
    }


def _incomplete(
    tables: Iterable[Table],
    partitions: Mapping[Ref, list[Table]],
    children: Mapping[Ref, list[Index]],
) -> set[Ref]:
    """Return the partitioned indexes that have no child on some partition."""
    expected = Counter(
        {
            ref: sum(1 for partition in found if partition.kind is Kind.TABLE)
            for ref, found in partitions.items()
        }
    )
    return {
        index.ref
        for table in tables
        if table.partition_key is not None
        for index, _ in _indexes(table)
        if len(children.get(index.ref, ())) < expected[table.ref]
    }


def _connected(
    found: set[Ref], parents: Mapping[Ref, Index], children: Mapping[Ref, list[Index]]
) -> frozenset[Ref]:
    """Add what is above and, of partitioned indexes, below: one by one is for the whole tree."""
    waiting, done = list(found), set(found)
    while waiting:
        ref = waiting.pop()
        above = parents[ref].parent
        near = [child.ref for child in children.get(ref, ()) if children.get(child.ref)]
        if above is not None and above in parents:
            near.append(above)
        fresh = [item for item in near if item not in done]
        done.update(fresh)
        waiting += fresh
    return frozenset(done)
