"""Tables, views, and extended statistics."""

from __future__ import annotations

from typing import ClassVar

from kongtask.schema.model.base import Kind, NamedObject, Ref, SchemaObject
from kongtask.schema.model.parts import Column, Constraint, Index, Policy, Rule, Trigger


class Relation(SchemaObject, frozen=True, kw_only=True):
    """What tables and views share.

    Attributes:
        kind: TABLE, FOREIGN TABLE, VIEW or MATERIALIZED VIEW.
        options: storage parameters and view options, each as ``name=value``.
        access_method: where it is not heap; of a partitioned table, what its partitions get.
        tablespace: where it is not the database's.
        type_comment: the comment on the row type.
    """

    kind: Kind
    columns: tuple[Column, ...] = ()
    options: tuple[str, ...] = ()
    indexes: tuple[Index, ...] = ()
    triggers: tuple[Trigger, ...] = ()
    rules: tuple[Rule, ...] = ()
    access_method: str | None = None
    tablespace: str | None = None
    type_comment: str | None = None

    @property
    def ref(self) -> Ref:
        """Its identity."""
        return Ref(self.kind, self.schema, self.name)

    def part(self, kind: Kind, name: str) -> Ref:
        """Return the identity of one of the relation's parts."""
        return Ref(kind, self.schema, self.name, name)


class Table(Relation, frozen=True, kw_only=True):
    """A table: ordinary, partitioned, partition, typed, inheriting or foreign.

    Attributes:
        partition_key: ``RANGE (…)`` and so on, of a partitioned table.
        partition_bound: ``FOR VALUES …`` or ``DEFAULT``, of a partition.
        parents: the partitioned table, or the tables inherited from, in order.
        of_type: the composite type of a typed table.
        replica_identity: D(efault), F(ull), N(othing), or I where an index says so itself.
        server: a foreign table's server.
        search_path: schemas, where its partition key or a generated column calls functions whose
            bodies may name things without one.
    """

    unlogged: bool = False
    partition_key: str | None = None
    partition_bound: str | None = None
    parents: tuple[Ref, ...] = ()
    of_type: str | None = None
    constraints: tuple[Constraint, ...] = ()
    policies: tuple[Policy, ...] = ()
    row_security: bool = False
    force_row_security: bool = False
    replica_identity: str = "D"
    toast_options: tuple[str, ...] = ()
    server: str | None = None
    fdw_options: tuple[str, ...] = ()
    search_path: tuple[str, ...] = ()

    @property
    def is_partition(self) -> bool:
        """Whether it is attached to a partitioned table."""
        return self.partition_bound is not None


class View(Relation, frozen=True, kw_only=True):
    """A view or a materialized view.

    Attributes:
        column_requires: what the types and collations of its columns need.
    """

    definition: str
    column_requires: frozenset[Ref] = frozenset()


class Statistics(NamedObject, frozen=True, kw_only=True):
    """An extended statistics object; its definition as PostgreSQL prints it."""

    own_kind: ClassVar[Kind] = Kind.STATISTICS

    definition: str
    target: int | None = None
