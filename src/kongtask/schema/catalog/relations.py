"""Rows of pg_class and its satellites -> tables, views and sequences."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from collections.abc import Sequence as Many
from typing import Any

from kongtask.names import default_relation_name, qualify
from kongtask.schema.catalog.classes import CatalogClass
from kongtask.schema.catalog.index import ObjectIndex
from kongtask.schema.model import (
    Column,
    CompositeType,
    Constraint,
    ConstraintKind,
    Identity,
    Index,
    Kind,
    NotNull,
    Policy,
    Ref,
    Rule,
    Sequence,
    SequenceOptions,
    Statistics,
    Table,
    Trigger,
    View,
)

Rows = Mapping[str, Many[Any]]

_KINDS = {
    "r": Kind.TABLE, "p": Kind.TABLE, "f": Kind.FOREIGN_TABLE, "v": Kind.VIEW,
    "m": Kind.MATERIALIZED_VIEW, "S": Kind.SEQUENCE, "c": Kind.TYPE,
}  # fmt: skip
_STORAGE = {"p": "PLAIN", "e": "EXTERNAL", "m": "MAIN", "x": "EXTENDED"}
_COMPRESSION = {"p": "pglz", "l": "lz4"}
_GENERATED = {"s": "STORED", "v": "VIRTUAL"}
_COMMANDS = {"*": "ALL", "r": "SELECT", "a": "INSERT", "w": "UPDATE", "d": "DELETE"}

#: Names that PostgreSQL gave, whatever the table was called then (DESIGN, portable text).
_GIVEN_NOT_NULL_NAME = re.compile(r"_not_null\d*\Z")

_SEQUENCE_LIMITS = {
    "smallint": 2**15 - 1,
    "integer": 2**31 - 1,
    "bigint": 2**63 - 1,
}


def register(rows: Rows, index: ObjectIndex) -> None:
    """Tell the index who is who among relations and their parts."""
    owners: dict[int, Ref] = {}
    for row in rows["relations"]:
        ref = Ref(_KINDS[row.kind], row.schema, row.name)
        owners[row.oid] = ref
        index.add(CatalogClass.PG_CLASS, row.oid, ref)
        if row.row_type:
            index.add(CatalogClass.PG_TYPE, row.row_type, ref)
    for row in rows["sequences"]:
        if row.ownership == "i":
            index.add(CatalogClass.PG_CLASS, row.relation, owners[row.owner_relation])
    for row in rows["columns"]:
        if row.default_oid is not None and row.relation in owners:
            ref = _part(owners[row.relation], Kind.DEFAULT, row.name)
            index.add(CatalogClass.PG_ATTRDEF, row.default_oid, ref)
    for row in rows["constraints"]:
        owner = owners.get(row.relation) or index.ref(CatalogClass.PG_TYPE, row.domain)
        if owner is not None:
            ref = _part(owner, Kind.CONSTRAINT, row.name)
            index.add(CatalogClass.PG_CONSTRAINT, row.oid, ref)
            if row.index and row.kind in "pux":
                index.add(CatalogClass.PG_CLASS, row.index, ref)
    for row in rows["indexes"]:
        if row.relation in owners:
            index.add(CatalogClass.PG_CLASS, row.oid, Ref(Kind.INDEX, row.schema, row.name))
    for row in rows["rules"]:
        if row.relation in owners:
            owner = owners[row.relation]
            ref = owner if row.is_view else _part(owner, Kind.RULE, row.name)
            index.add(CatalogClass.PG_REWRITE, row.oid, ref)
    for kind, catalog, query in (
        (Kind.TRIGGER, CatalogClass.PG_TRIGGER, "triggers"),
        (Kind.POLICY, CatalogClass.PG_POLICY, "policies"),
    ):
        for row in rows[query]:
            if row.relation in owners:
                index.add(catalog, row.oid, _part(owners[row.relation], kind, row.name))
    for row in rows["statistics"]:
        ref = Ref(Kind.STATISTICS, row.schema, row.name)
        index.add(CatalogClass.PG_STATISTIC_EXT, row.oid, ref)


class RelationReader:
    """Builds the relations of some schemas from their rows."""

    def __init__(self, rows: Rows, index: ObjectIndex) -> None:
        self._rows, self._index = rows, index
        self._columns = _grouped(rows["columns"])
        self._constraints = _grouped(rows["constraints"])
        self._indexes = _grouped(rows["indexes"])
        self._triggers = _grouped(rows["triggers"])
        self._rules = _grouped(rows["rules"])
        self._policies = _grouped(rows["policies"])
        self._sequences = {row.relation: row for row in rows["sequences"]}
        self._relations = {row.oid: row for row in rows["relations"]}
        self._identities = {
            (row.owner_relation, row.owner_column): row
            for row in rows["sequences"]
            if row.ownership == "i"
        }
        self._parents: defaultdict[int, list[Ref]] = defaultdict(list)
        for row in rows["inheritance"]:
            kind = Kind.INDEX if row.parent_kind in "iI" else _KINDS[row.parent_kind]
            self._parents[row.child].append(Ref(kind, row.parent_schema, row.parent_name))

    def tables(self) -> list[Table]:
        """Return ordinary, partitioned and foreign tables."""
        return [self._table(row) for row in self._rows["relations"] if row.kind in "rpf"]

    def views(self) -> list[View]:
        """Return views and materialized views."""
        return [self._view(row) for row in self._rows["relations"] if row.kind in "vm"]

    def composites(self) -> list[CompositeType]:
        """Return the composite types that are no table's."""
        return [
            CompositeType(
                schema=row.schema,
                name=row.name,
                owner=row.owner,
                comment=row.comment,
                columns=self._built_columns(row),
                requires=self._index.requires(CatalogClass.PG_CLASS, row.oid),
            )
            for row in self._rows["relations"]
            if row.kind == "c"
        ]

    def sequences(self) -> list[Sequence]:
        """Return the sequences that are no identity column's."""
        return [
            self._sequence(row, self._sequences[row.oid])
            for row in self._rows["relations"]
            if row.kind == "S" and self._sequences[row.oid].ownership != "i"
        ]

    def statistics(self) -> list[Statistics]:
        """Return the extended statistics objects."""
        return [
            Statistics(
                schema=row.schema,
                name=row.name,
                owner=row.owner,
                comment=row.comment,
                definition=row.definition,
                target=row.target,
                requires=self._index.requires(CatalogClass.PG_STATISTIC_EXT, row.oid),
            )
            for row in self._rows["statistics"]
        ]

    def _table(self, row: Any) -> Table:
        constraints = (self._constraint(c) for c in self._constraints[row.oid])
        return Table(
            kind=_KINDS[row.kind],
            schema=row.schema,
            name=row.name,
            owner=row.owner,
            comment=row.comment,
            columns=self._built_columns(row),
            options=tuple(row.options),
            indexes=self._built_indexes(row),
            triggers=self._built_triggers(row),
            rules=self._built_rules(row),
            access_method=row.access_method,
            tablespace=row.tablespace,
            unlogged=row.unlogged,
            partition_key=row.partition_key,
            partition_bound=row.partition_bound,
            parents=tuple(self._parents[row.oid]),
            of_type=row.of_type,
            constraints=tuple(sorted(constraints, key=_constraint_order)),
            policies=self._built_policies(row),
            row_security=row.row_security,
            force_row_security=row.force_row_security,
            replica_identity=row.replica_identity.upper(),
            toast_options=tuple(row.toast_options),
            server=row.server,
            fdw_options=tuple(row.fdw_options),
            requires=self._index.requires(CatalogClass.PG_CLASS, row.oid),
        )

    def _view(self, row: Any) -> View:
        rules = [rule.oid for rule in self._rules[row.oid] if rule.is_view]
        requires = self._index.requires(CatalogClass.PG_CLASS, row.oid)
        requires |= self._index.requires(CatalogClass.PG_REWRITE, *rules)
        ref = Ref(_KINDS[row.kind], row.schema, row.name)
        return View(
            kind=ref.kind,
            schema=row.schema,
            name=row.name,
            owner=row.owner,
            comment=row.comment,
            columns=self._built_columns(row),
            options=tuple(row.options),
            indexes=self._built_indexes(row),
            triggers=self._built_triggers(row),
            rules=self._built_rules(row),
            access_method=row.access_method,
            tablespace=row.tablespace,
            definition=row.definition,
            requires=requires - {ref},
        )

    def _built_columns(self, relation: Any) -> tuple[Column, ...]:
        is_table = relation.kind in "rpf"
        return tuple(
            self._column(relation, row, is_table=is_table) for row in self._columns[relation.oid]
        )

    def _column(self, relation: Any, row: Any, *, is_table: bool) -> Column:
        return Column(
            name=row.name,
            type=row.type,
            collation=row.collation,
            not_null=_not_null(row) if row.not_null else None,
            default=row.default_text,
            generated=_GENERATED[row.generated] if row.generated else None,
            identity=self._identity(relation, row) if row.identity else None,
            storage=_STORAGE[row.storage] if row.storage and is_table else None,
            compression=_COMPRESSION[row.compression] if row.compression else None,
            statistics=row.statistics,
            options=tuple(row.options),
            fdw_options=tuple(row.fdw_options),
            is_local=row.is_local,
            is_inherited=row.is_inherited,
            comment=row.comment,
            default_requires=self._index.requires(CatalogClass.PG_ATTRDEF, row.default_oid)
            - {Ref(_KINDS[relation.kind], relation.schema, relation.name)},
        )

    def _identity(self, relation: Any, column: Any) -> Identity | None:
        row = self._identities.get((relation.oid, column.number))
        if row is None:  # a partition's column, which shares its parent's sequence (from 17 on)
            return None
        sequence = self._relations[row.relation]
        usual = default_relation_name(relation.name, column.name, "seq")
        is_usual = (sequence.schema, sequence.name) == (relation.schema, usual)
        return Identity(
            always=column.identity == "a",
            sequence=None if is_usual else qualify(sequence.schema, sequence.name),
            options=_sequence_options(row),
        )

    def _sequence(self, row: Any, numbers: Any) -> Sequence:
        owned_by = None
        owner = self._relations.get(numbers.owner_relation)
        if owner is not None:
            (column,) = (
                c.name for c in self._columns[owner.oid] if c.number == numbers.owner_column
            )
            owned_by = (Ref(_KINDS[owner.kind], owner.schema, owner.name), column)
        return Sequence(
            schema=row.schema,
            name=row.name,
            owner=row.owner,
            comment=row.comment,
            options=_sequence_options(numbers),
            unlogged=row.unlogged,
            owned_by=owned_by,
        )

    def _constraint(self, row: Any) -> Constraint:
        return Constraint(
            name=row.name,
            kind=ConstraintKind(row.kind),
            definition=row.definition,
            valid=row.valid,
            is_local=row.is_local,
            parent=row.parent,
            columns=tuple(row.columns),
            is_clustered=row.is_clustered,
            is_replica_identity=row.is_replica_identity,
            tablespace=row.tablespace,
            comment=row.comment,
            requires=self._index.requires(CatalogClass.PG_CONSTRAINT, row.oid),
        )

    def _built_indexes(self, relation: Any) -> tuple[Index, ...]:
        built = (
            Index(
                schema=row.schema,
                name=row.name,
                owner=row.owner,
                comment=row.comment,
                definition=row.definition,
                parent=next(iter(self._parents.get(row.oid, ())), None),
                columns=tuple(row.columns),
                statistics=tuple(_number_pair(text) for text in row.statistics),
                is_unique=row.is_unique,
                is_clustered=row.is_clustered,
                is_replica_identity=row.is_replica_identity,
                is_valid=row.is_valid,
                tablespace=row.tablespace,
                requires=self._index.requires(CatalogClass.PG_CLASS, row.oid),
            )
            for row in self._indexes[relation.oid]
        )
        return tuple(sorted(built, key=lambda index: index.name.encode()))

    def _built_triggers(self, relation: Any) -> tuple[Trigger, ...]:
        built = (
            Trigger(
                name=row.name,
                definition=row.definition,
                enabled=row.enabled,
                comment=row.comment,
                requires=self._index.requires(CatalogClass.PG_TRIGGER, row.oid),
            )
            for row in self._triggers[relation.oid]
        )
        return tuple(sorted(built, key=lambda trigger: trigger.name.encode()))

    def _built_rules(self, relation: Any) -> tuple[Rule, ...]:
        built = (
            Rule(
                name=row.name,
                definition=row.definition,
                enabled=row.enabled,
                comment=row.comment,
                requires=self._index.requires(CatalogClass.PG_REWRITE, row.oid),
            )
            for row in self._rules[relation.oid]
            if not row.is_view
        )
        return tuple(sorted(built, key=lambda rule: rule.name.encode()))

    def _built_policies(self, relation: Any) -> tuple[Policy, ...]:
        built = (
            Policy(
                name=row.name,
                command=_COMMANDS[row.command],
                permissive=row.permissive,
                roles=tuple(row.roles),
                using=row.using,
                check=row.check,
                comment=row.comment,
                requires=self._index.requires(CatalogClass.PG_POLICY, row.oid),
            )
            for row in self._policies[relation.oid]
        )
        return tuple(sorted(built, key=lambda policy: policy.name.encode()))


def not_null_name(name: str | None) -> str | None:
    """Return a NOT NULL constraint's name if it is worth keeping."""
    return None if name is None or _GIVEN_NOT_NULL_NAME.search(name) else name


def _not_null(row: Any) -> NotNull:
    return NotNull(
        name=not_null_name(row.not_null_name),
        no_inherit=bool(row.not_null_no_inherit),
        valid=row.not_null_valid is not False,
    )


def _sequence_options(row: Any) -> SequenceOptions:
    """Leave out the numbers that CREATE SEQUENCE chooses by itself."""
    limit = _SEQUENCE_LIMITS[row.type]
    low, high = (1, limit) if row.increment > 0 else (-limit - 1, -1)
    return SequenceOptions(
        type=row.type,
        start=None
        if row.start == (row.minimum if row.increment > 0 else row.maximum)
        else row.start,
        increment=row.increment,
        minimum=None if row.minimum == low else row.minimum,
        maximum=None if row.maximum == high else row.maximum,
        cache=row.cache,
        cycle=row.cycle,
    )


def _constraint_order(constraint: Constraint) -> tuple[int, bytes]:
    return list(ConstraintKind).index(constraint.kind), constraint.name.encode()


def _number_pair(text: str) -> tuple[int, int]:
    column, _, target = text.partition("=")
    return int(column), int(target)


def _part(owner: Ref, kind: Kind, name: str) -> Ref:
    return Ref(kind, owner.schema, owner.name, name)


def _grouped(rows: Iterable[Any]) -> defaultdict[int, list[Any]]:
    groups: defaultdict[int, list[Any]] = defaultdict(list)
    for row in rows:
        groups[row.relation].append(row)
    return groups
