"""A PostgreSQL schema as values: what the catalog reader makes and everything else works on.

All classes are frozen and hold no OIDs, so two schemas are equal when their values are. Definitions
that PostgreSQL prints (expressions, queries, constraints) are kept as it prints them with an empty
search_path: every name that is not in pg_catalog is qualified.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum


class Kind(StrEnum):
    """Kinds of objects, under the words that SQL has for them."""

    SCHEMA = "SCHEMA"
    COLLATION = "COLLATION"
    TYPE = "TYPE"
    DOMAIN = "DOMAIN"
    SEQUENCE = "SEQUENCE"
    TABLE = "TABLE"
    FOREIGN_TABLE = "FOREIGN TABLE"
    VIEW = "VIEW"
    MATERIALIZED_VIEW = "MATERIALIZED VIEW"
    COLUMN = "COLUMN"
    DEFAULT = "DEFAULT"
    CONSTRAINT = "CONSTRAINT"
    INDEX = "INDEX"
    STATISTICS = "STATISTICS"
    FUNCTION = "FUNCTION"
    PROCEDURE = "PROCEDURE"
    AGGREGATE = "AGGREGATE"
    TRIGGER = "TRIGGER"
    RULE = "RULE"
    POLICY = "POLICY"


@dataclass(frozen=True, slots=True, order=True)
class Ref:
    """The identity of an object: how others name what they require.

    Attributes:
        kind: what it is.
        schema: its schema, or the schema of the relation or domain that it belongs to.
        name: its name; of a part (column, constraint, trigger, …) the owner's name.
        detail: a routine's argument types, or the part's own name.
    """

    kind: Kind
    schema: str
    name: str
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """A privilege that differs from the kind's default.

    Attributes:
        grantee: role name; None is PUBLIC.
        privileges: keywords, sorted.
        grantable: WITH GRANT OPTION.
        revoked: the default gives it and the object does not have it.
        column: the column that it is for, or None.
    """

    grantee: str | None
    privileges: tuple[str, ...]
    grantable: bool = False
    revoked: bool = False
    column: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaObject:
    """What all objects have.

    Attributes:
        requires: what must exist before this can be created, beyond the obvious owner.
    """

    schema: str
    name: str
    comment: str | None = None
    owner: str | None = None
    grants: tuple[Grant, ...] = ()
    requires: frozenset[Ref] = frozenset()


# -- relations ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class SequenceOptions:
    """The numbers of a sequence; None stands for the default of its type and direction."""

    type: str = "bigint"
    start: int | None = None
    increment: int = 1
    minimum: int | None = None
    maximum: int | None = None
    cache: int = 1
    cycle: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """GENERATED … AS IDENTITY.

    Attributes:
        always: ALWAYS, else BY DEFAULT.
        sequence: the sequence's name where it is not ``<table>_<column>_seq``, else None.
        options: the sequence's numbers.
        unlogged: the sequence is unlogged while its table is logged, or the other way round.
    """

    always: bool
    sequence: str | None
    options: SequenceOptions


@dataclass(frozen=True, slots=True, kw_only=True)
class NotNull:
    """A NOT NULL constraint.

    Attributes:
        name: a name worth keeping (see portable text in DESIGN), else None.
        no_inherit: children do not get it.
        valid: False for NOT VALID.
    """

    name: str | None = None
    no_inherit: bool = False
    valid: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of a table, view, or composite type.

    Attributes:
        type: as ``format_type`` prints it.
        collation: qualified, where it is not the type's own.
        default: the default's or the generated column's expression.
        generated: ``STORED``, ``VIRTUAL`` or None.
        storage, compression, statistics: where they are not the type's or server's default.
        is_local: declared here, not only inherited.
        default_requires: what the default's expression needs.
    """

    name: str
    type: str
    collation: str | None = None
    not_null: NotNull | None = None
    default: str | None = None
    generated: str | None = None
    identity: Identity | None = None
    storage: str | None = None
    compression: str | None = None
    statistics: int | None = None
    options: tuple[str, ...] = ()
    fdw_options: tuple[str, ...] = ()
    is_local: bool = True
    is_inherited: bool = False
    comment: str | None = None
    default_requires: frozenset[Ref] = frozenset()


class ConstraintKind(StrEnum):
    """Kinds of table and domain constraints, in the order in which a table shows them."""

    PRIMARY_KEY = "p"
    UNIQUE = "u"
    EXCLUSION = "x"
    CHECK = "c"
    FOREIGN_KEY = "f"


@dataclass(frozen=True, slots=True, kw_only=True)
class Constraint:
    """A named constraint.

    Attributes:
        definition: as ``pg_get_constraintdef`` prints it.
        valid: False for NOT VALID.
        is_local: declared here, not only inherited.
        parent: name of the partitioned table's constraint that it was made for or attached to.
        columns: names of its index's columns, where it has an index.
        is_clustered, is_replica_identity: what its index is used for.
    """

    name: str
    kind: ConstraintKind
    definition: str
    valid: bool = True
    is_local: bool = True
    parent: str | None = None
    columns: tuple[str, ...] = ()
    is_clustered: bool = False
    is_replica_identity: bool = False
    tablespace: str | None = None
    comment: str | None = None
    requires: frozenset[Ref] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Index(SchemaObject):
    """An index that no constraint owns.

    Attributes:
        definition: as ``pg_get_indexdef`` prints it, from USING on.
        parent: the partitioned index that it is attached to.
        columns: names of its columns, as the index itself calls them.
        statistics: (column number, target) where a target is set.
        is_valid: False where building it failed.
    """

    definition: str
    parent: Ref | None = None
    columns: tuple[str, ...] = ()
    statistics: tuple[tuple[int, int], ...] = ()
    is_unique: bool = False
    is_clustered: bool = False
    is_replica_identity: bool = False
    is_valid: bool = True
    tablespace: str | None = None

    @property
    def ref(self) -> Ref:
        """Its identity."""
        return Ref(Kind.INDEX, self.schema, self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """A trigger; ``enabled`` is one of O(rigin), D(isabled), R(eplica), A(lways)."""

    name: str
    definition: str
    enabled: str = "O"
    comment: str | None = None
    requires: frozenset[Ref] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rewrite rule that is not a view's own."""

    name: str
    definition: str
    enabled: str = "O"
    comment: str | None = None
    requires: frozenset[Ref] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A row security policy.

    Attributes:
        command: ALL, SELECT, INSERT, UPDATE or DELETE.
        roles: names; PUBLIC is the empty tuple.
    """

    name: str
    command: str
    permissive: bool
    roles: tuple[str, ...]
    using: str | None
    check: str | None
    comment: str | None = None
    requires: frozenset[Ref] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation(SchemaObject):
    """What tables and views share."""

    kind: Kind
    columns: tuple[Column, ...] = ()
    options: tuple[str, ...] = ()
    indexes: tuple[Index, ...] = ()
    triggers: tuple[Trigger, ...] = ()
    rules: tuple[Rule, ...] = ()
    access_method: str | None = None
    tablespace: str | None = None

    @property
    def ref(self) -> Ref:
        """The relation's identity."""
        return Ref(self.kind, self.schema, self.name)

    def part(self, kind: Kind, name: str) -> Ref:
        """Return the identity of one of the relation's parts."""
        return Ref(kind, self.schema, self.name, name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Table(Relation):
    """A table: ordinary, partitioned, partition, typed, inheriting or foreign.

    Attributes:
        partition_key: ``RANGE (…)`` and so on, of a partitioned table.
        partition_bound: ``FOR VALUES …`` or ``DEFAULT``, of a partition.
        parents: the partitioned table, or the tables inherited from, in order.
        of_type: the composite type of a typed table.
        replica_identity: D(efault), F(ull), N(othing), or I where an index says so itself.
        server: a foreign table's server.
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

    @property
    def is_partition(self) -> bool:
        """Whether it is attached to a partitioned table."""
        return self.partition_bound is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class View(Relation):
    """A view or a materialized view."""

    definition: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sequence(SchemaObject):
    """A sequence that is no identity column's.

    Attributes:
        owned_by: the table's ref and the column's name.
    """

    options: SequenceOptions
    unlogged: bool = False
    owned_by: tuple[Ref, str] | None = None

    @property
    def ref(self) -> Ref:
        """Its identity."""
        return Ref(Kind.SEQUENCE, self.schema, self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics(SchemaObject):
    """An extended statistics object; its definition as PostgreSQL prints it."""

    definition: str
    target: int | None = None

    @property
    def ref(self) -> Ref:
        """Its identity."""
        return Ref(Kind.STATISTICS, self.schema, self.name)


# -- types ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class EnumType(SchemaObject):
    """An enum; its labels in order."""

    labels: tuple[str, ...]

    @property
    def ref(self) -> Ref:
        """Its identity."""
        return Ref(Kind.TYPE, self.schema, self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class CompositeType(SchemaObject):
    """A stand-alone composite type."""

    columns: tuple[Column, ...]

    @property
    def ref(self) -> Ref:
        """Its identity."""
        return Ref(Kind.TYPE, self.schema, self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class RangeType(SchemaObject):
    """A range; each option as the text that CREATE TYPE takes, or None for the default."""

    subtype: str
    operator_class: str | None = None
    collation: str | None = None
    canonical: str | None = None
    subtype_diff: str | None = None
    multirange: str | None = None

    @property
    def ref(self) -> Ref:
        """Its identity."""
        return Ref(Kind.TYPE, self.schema, self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseType(SchemaObject):
    """A base type: its CREATE TYPE options in order; none at all is a shell."""

    options: tuple[tuple[str, str], ...] = ()

    @property
    def ref(self) -> Ref:
        """Its identity."""
        return Ref(Kind.TYPE, self.schema, self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Domain(SchemaObject):
    """A domain with its constraints."""

    type: str
    collation: str | None = None
    default: str | None = None
    not_null: NotNull | None = None
    constraints: tuple[Constraint, ...] = ()

    @property
    def ref(self) -> Ref:
        """Its identity."""
        return Ref(Kind.DOMAIN, self.schema, self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Collation(SchemaObject):
    """A collation: its CREATE COLLATION options in order."""

    options: tuple[tuple[str, str], ...]

    @property
    def ref(self) -> Ref:
        """Its identity."""
        return Ref(Kind.COLLATION, self.schema, self.name)


# -- routines -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Routine(SchemaObject):
    """A function, window function or procedure.

    Attributes:
        kind: FUNCTION or PROCEDURE.
        identity: argument list without defaults, as COMMENT and ALTER take it.
        signature: the input types alone; tells overloads apart.
        body: the source between the quotes; for C the symbol.
        sql_body: an SQL-standard body as PostgreSQL prints it, else None.
        library: the object file of a C function.
        settings: (name, value as SQL text) of each SET clause.
    """

    kind: Kind
    signature: str
    identity: str
    arguments: str
    result: str | None
    language: str
    is_window: bool = False
    volatility: str = "VOLATILE"
    strict: bool = False
    leakproof: bool = False
    security_definer: bool = False
    parallel: str = "UNSAFE"
    cost: str | None = None
    rows: str | None = None
    support: str | None = None
    transforms: tuple[str, ...] = ()
    settings: tuple[tuple[str, str], ...] = ()
    body: str = ""
    sql_body: str | None = None
    library: str | None = None

    @property
    def ref(self) -> Ref:
        """The routine's identity."""
        return Ref(self.kind, self.schema, self.name, self.signature)


@dataclass(frozen=True, slots=True, kw_only=True)
class Aggregate(SchemaObject):
    """An aggregate: its CREATE AGGREGATE options in order."""

    signature: str
    identity: str
    arguments: str
    options: tuple[tuple[str, str | None], ...]

    @property
    def ref(self) -> Ref:
        """The aggregate's identity."""
        return Ref(Kind.AGGREGATE, self.schema, self.name, self.signature)


# -- the whole ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """Something outside the schema that its text leans on.

    Attributes:
        kind: ``extension``, ``schema``, ``role``, ``language``, ``foreign server``.
        name: its name.
        schema: an extension's schema.
    """

    kind: str
    name: str
    schema: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Schema:
    """Everything that one schema owns, each kind sorted by name under the C collation."""

    name: str
    comment: str | None = None
    owner: str | None = None
    grants: tuple[Grant, ...] = ()
    collations: tuple[Collation, ...] = ()
    enums: tuple[EnumType, ...] = ()
    composites: tuple[CompositeType, ...] = ()
    ranges: tuple[RangeType, ...] = ()
    base_types: tuple[BaseType, ...] = ()
    domains: tuple[Domain, ...] = ()
    sequences: tuple[Sequence, ...] = ()
    tables: tuple[Table, ...] = ()
    views: tuple[View, ...] = ()
    statistics: tuple[Statistics, ...] = ()
    routines: tuple[Routine, ...] = ()
    aggregates: tuple[Aggregate, ...] = ()
    requirements: tuple[Requirement, ...] = field(default=())

    def relations(self) -> Iterator[Table | View]:
        """Yield the tables, then the views."""
        yield from self.tables
        yield from self.views

    def table(self, name: str) -> Table:
        """Return the table of a name.

        Raises:
            KeyError: there is none.
        """
        for table in self.tables:
            if table.name == name:
                return table
        raise KeyError(name)
