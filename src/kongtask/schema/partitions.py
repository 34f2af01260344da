"""What a partition shares with its partitioned table, and what a load makes again by itself.

PostgreSQL clones the constraints and indexes of a partitioned table onto its partitions. A clone
under the name that PostgreSQL gives it needs no text of its own (DESIGN, portable text).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from kongtask.names import default_relation_name
from kongtask.schema.model import Constraint, ConstraintKind, Kind, Ref, Table

_LABELS = {
    ConstraintKind.PRIMARY_KEY: "pkey",
    ConstraintKind.UNIQUE: "key",
    ConstraintKind.EXCLUSION: "excl",
}


def is_implied_constraint(table: Table, constraint: Constraint) -> bool:
    """Tell whether a constraint comes with the table's parent and needs no statement."""
    if constraint.kind is ConstraintKind.FOREIGN_KEY:
        return constraint.parent is not None
    if constraint.parent is not None:
        return constraint.name == _usual_constraint_name(table, constraint)
    return not constraint.is_local


def is_custom_clone(table: Table, constraint: Constraint) -> bool:
    """Tell whether a constraint belongs to the parent's, under a name of its own."""
    has_index = constraint.kind in _LABELS
    return (
        has_index and constraint.parent is not None and not is_implied_constraint(table, constraint)
    )


def explicit_index_parents(tables: Iterable[Table]) -> frozenset[Ref]:
    """Return the partitioned indexes whose children must be created one by one.

    One child with a name of its own is enough: its siblings would otherwise be made, or another
    index be taken for it, when the parent is created. A partition without a child is enough too.
    The rule goes up to the topmost parent.
    """
    tables = tuple(tables)
    children = {
        index.ref: (table, index) for table in tables for index in table.indexes if index.parent
    }
    explicit = {
        index.parent
        for table, index in children.values()
        if index.name != default_relation_name(table.name, "_".join(index.columns), "idx")
        or index.comment is not None
        or index.statistics
        or index.is_clustered
        or index.is_replica_identity
    }
    explicit |= _incomplete_indexes(tables)
    waiting = list(explicit)
    while waiting:
        above = children.get(waiting.pop())  # type: ignore[arg-type]  # None is in no mapping
        if above is not None and above[1].parent not in explicit:
            explicit.add(above[1].parent)
            waiting.append(above[1].parent)
    # Below an explicit index every index is explicit too: nothing would make its children.
    changed = True
    while changed:
        below = {ref for ref, (_, index) in children.items() if index.parent in explicit}
        partitioned = {index.parent for _, index in children.values()}
        fresh = (below & partitioned) - explicit
        explicit |= fresh
        changed = bool(fresh)
    return frozenset(ref for ref in explicit if ref is not None)


def _incomplete_indexes(tables: Iterable[Table]) -> set[Ref | None]:
    """Return the partitioned indexes that have no child on some partition."""
    tables = tuple(tables)
    partitions = Counter(
        table.parents[0] for table in tables if table.is_partition and table.kind is Kind.TABLE
    )
    attached = Counter(index.parent for table in tables for index in table.indexes)
    return {
        index.ref
        for table in tables
        if table.partition_key is not None
        for index in table.indexes
        if attached[index.ref] < partitions[table.ref]
    }


def follows_parent(table: Table, tables: Mapping[Ref, Table]) -> bool:
    """Tell whether ``PARTITION OF`` makes the partition as it is.

    It does where the partition has the parent's columns in the parent's order, and no constraint
    that would be made a second time under the parent's name.
    """
    parent = tables.get(table.parents[0])
    if parent is None or any(is_custom_clone(table, c) for c in table.constraints):
        return False
    shape = [(c.name, c.type, c.collation, c.generated) for c in table.columns]
    return shape == [(c.name, c.type, c.collation, c.generated) for c in parent.columns]


def _usual_constraint_name(table: Table, constraint: Constraint) -> str:
    columns = (
        None if constraint.kind is ConstraintKind.PRIMARY_KEY else "_".join(constraint.columns)
    )
    return default_relation_name(table.name, columns, _LABELS.get(constraint.kind, "check"))
