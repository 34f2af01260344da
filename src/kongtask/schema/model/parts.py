"""Parts of relations: columns, constraints, indexes, triggers, rules, policies."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from kongtask.schema.model.base import Grant, Kind, NamedObject, Ref, SecurityLabel, Value
from kongtask.schema.model.sequences import Sequence


class Identity(Value, frozen=True, kw_only=True):
    """GENERATED … AS IDENTITY.

    Attributes:
        always: ALWAYS, else BY DEFAULT.
        sequence: the sequence behind it.
    """

    always: bool
    sequence: Sequence


class NotNull(Value, frozen=True, kw_only=True):
    """A NOT NULL constraint.

    Attributes:
        name: a name worth keeping (see portable text in DESIGN), else None.
        no_inherit: children do not get it.
        valid: False for NOT VALID.
        is_local: False where a name is worth keeping and is the parent's.
    """

    name: str | None = None
    no_inherit: bool = False
    valid: bool = True
    is_local: bool = True
    comment: str | None = None


class Column(Value, frozen=True, kw_only=True):
    """A column of a table, view, or composite type.

    Attributes:
        type: as ``format_type`` prints it.
        collation: qualified, where it is not the type's own.
        default: the default's or the generated column's expression.
        generated: ``STORED``, ``VIRTUAL`` or None.
        storage: of a table's column; ``is_usual_storage`` tells whether it is its type's.
        compression, statistics: where they are not the server's default.
        is_local: declared here, not only inherited.
        requires: what its type and collation need.
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
    is_usual_storage: bool = True
    compression: str | None = None
    statistics: int | None = None
    options: tuple[str, ...] = ()
    fdw_options: tuple[str, ...] = ()
    is_local: bool = True
    is_inherited: bool = False
    comment: str | None = None
    grants: tuple[Grant, ...] = ()
    security_labels: tuple[SecurityLabel, ...] = ()
    default_requires: frozenset[Ref] = frozenset()


class Index(NamedObject, frozen=True, kw_only=True):
    """An index.

    Attributes:
        definition: as ``pg_get_indexdef`` prints it, from USING on; empty where a constraint's
            definition says everything.
        parent: the partitioned index that it is attached to.
        columns: names of its columns, as the index would call them if it were made now; only on
            partitioned tables and partitions, whose indexes PostgreSQL names after them.
        statistics: (column number, target) where a target is set.
        is_valid: False where building it failed.
        tablespace: where it is not the database's.
        search_path: schemas, where it calls functions whose bodies may name things without one.
    """

    own_kind: ClassVar[Kind] = Kind.INDEX

    definition: str
    parent: Ref | None = None
    columns: tuple[str, ...] = ()
    statistics: tuple[tuple[int, int], ...] = ()
    is_unique: bool = False
    is_clustered: bool = False
    is_replica_identity: bool = False
    is_valid: bool = True
    tablespace: str | None = None
    search_path: tuple[str, ...] = ()


class ConstraintKind(StrEnum):
    """Kinds of table and domain constraints, in the order in which a table shows them."""

    PRIMARY_KEY = "PRIMARY KEY"
    UNIQUE = "UNIQUE"
    EXCLUSION = "EXCLUDE"
    CHECK = "CHECK"
    FOREIGN_KEY = "FOREIGN KEY"


class Constraint(Value, frozen=True, kw_only=True):
    """A named constraint.

    Attributes:
        definition: as ``pg_get_constraintdef`` prints it; a key's without its deferral.
        options: storage parameters of a key's index.
        deferral: ``DEFERRABLE`` and so on, of a key.
        valid: False for NOT VALID.
        is_local: declared here, not only inherited.
        parent: name of the partitioned table's constraint that it was made for or attached to.
        index: the index that enforces it, of a key or an exclusion.
    """

    name: str
    kind: ConstraintKind
    definition: str
    options: tuple[str, ...] = ()
    deferral: str = ""
    valid: bool = True
    is_local: bool = True
    parent: str | None = None
    index: Index | None = None
    comment: str | None = None
    requires: frozenset[Ref] = frozenset()


class Trigger(Value, frozen=True, kw_only=True):
    """A trigger.

    Attributes:
        definition: as ``pg_get_triggerdef`` prints it.
        enabled: O(rigin), D(isabled), R(eplica), A(lways).
        is_clone: it came from the partitioned table, and is here because it differs from that one.
    """

    name: str
    definition: str
    enabled: str = "O"
    is_clone: bool = False
    comment: str | None = None
    requires: frozenset[Ref] = frozenset()


class Rule(Value, frozen=True, kw_only=True):
    """A rewrite rule that is not a view's own; ``enabled`` as a trigger's."""

    name: str
    definition: str
    enabled: str = "O"
    comment: str | None = None
    requires: frozenset[Ref] = frozenset()


class Policy(Value, frozen=True, kw_only=True):
    """A row security policy.

    Attributes:
        command: ALL, SELECT, INSERT, UPDATE or DELETE.
        roles: names, sorted; PUBLIC is the empty tuple.
    """

    name: str
    command: str
    permissive: bool
    roles: tuple[str, ...]
    using: str | None
    check: str | None
    comment: str | None = None
    requires: frozenset[Ref] = frozenset()
