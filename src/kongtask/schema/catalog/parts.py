"""Constraints, indexes, triggers, rules and policies, each by the relation that it belongs to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from operator import attrgetter
from typing import Any

from kongtask.schema.catalog.classes import CatalogClass
from kongtask.schema.catalog.definitions import Definitions, deferral
from kongtask.schema.catalog.register import RELATION_KINDS
from kongtask.schema.catalog.source import Source, by_name, grouped
from kongtask.schema.model import (
    Constraint,
    ConstraintKind,
    Index,
    Kind,
    Policy,
    Ref,
    Rule,
    Trigger,
)

_COMMANDS = {"*": "ALL", "r": "SELECT", "a": "INSERT", "w": "UPDATE", "d": "DELETE"}
_CONSTRAINT_KINDS = {
    "p": ConstraintKind.PRIMARY_KEY, "u": ConstraintKind.UNIQUE, "x": ConstraintKind.EXCLUSION,
    "c": ConstraintKind.CHECK, "f": ConstraintKind.FOREIGN_KEY,
}  # fmt: skip
_CONSTRAINT_PLACES = {kind: place for place, kind in enumerate(ConstraintKind)}


_name: Callable[[Any], str] = attrgetter("name")


class PartReader:
    """Builds the parts of relations and domains."""

    def __init__(self, source: Source, definitions: Definitions) -> None:
        rows, self._source, self._definitions = source.rows, source, definitions
        self._parents: defaultdict[int, list[Ref]] = defaultdict(list)
        for row in rows["inheritance"]:
            kind = Kind.INDEX if row.parent_kind in "iI" else RELATION_KINDS[row.parent_kind]
            self._parents[row.child].append(Ref(kind, row.parent_schema, row.parent_name))
        self._constraints = grouped(rows["constraints"], "relation")
        self._domain_constraints = grouped(rows["constraints"], "domain")
        self._indexes = grouped(rows["indexes"], "relation")
        self._key_indexes = {row.oid: row for row in rows["indexes"] if row.key is not None}
        self._triggers = grouped(rows["triggers"], "relation")
        self._rules = grouped(rows["rules"], "relation")
        self._policies = grouped(rows["policies"], "relation")

    def parents(self, oid: int) -> tuple[Ref, ...]:
        """Return the parents of a table, in order."""
        return tuple(self._parents.get(oid, ()))

    def partition_key(self, relation: Any) -> str | None:
        """Return what a partitioned table is partitioned by, or None for another relation."""
        return self._definitions.partition_key(relation)

    def constraints(self, relation: int) -> tuple[Constraint, ...]:
        """Return a table's constraints, by kind and name."""
        built = [self._constraint(row) for row in self._constraints.get(relation, ())]
        built.sort(key=lambda item: (_CONSTRAINT_PLACES[item.kind], item.name))
        return tuple(built)

    def domain_constraints(self, domain: int) -> tuple[Constraint, ...]:
        """Return a domain's constraints."""
        built = [self._constraint(row) for row in self._domain_constraints.get(domain, ())]
        return by_name(built, _name)

    def indexes(self, relation: int) -> tuple[Index, ...]:
        """Return a relation's indexes, but for those of constraints."""
        built = [self._index(row) for row in self._indexes.get(relation, ()) if row.key is None]
        return by_name(built, _name)

    def triggers(self, relation: int) -> tuple[Trigger, ...]:
        """Return a relation's triggers."""
        built = [
            Trigger(
                name=row.name,
                definition=self._definitions.trigger(row),
                enabled=row.enabled,
                is_clone=row.parent != 0,
                comment=self._source.comment(CatalogClass.PG_TRIGGER, row.oid),
                requires=self._requires(CatalogClass.PG_TRIGGER, row.oid, row.parent),
            )
            for row in self._triggers.get(relation, ())
        ]
        return by_name(built, _name)

    def rules(self, relation: int) -> tuple[Rule, ...]:
        """Return a relation's rules, but for the one that makes it a view."""
        built = [
            Rule(
                name=row.name,
                definition=row.definition,
                enabled=row.enabled,
                comment=self._source.comment(CatalogClass.PG_REWRITE, row.oid),
                requires=self._source.index.requires(CatalogClass.PG_REWRITE, row.oid),
            )
            for row in self._rules.get(relation, ())
            if not row.is_view
        ]
        return by_name(built, _name)

    def view_requires(self, relation: int) -> frozenset[Ref]:
        """Return what a view's query needs."""
        requires = self._source.index.requires
        rules = (row.oid for row in self._rules.get(relation, ()) if row.is_view)
        return frozenset().union(*(requires(CatalogClass.PG_REWRITE, rule) for rule in rules))

    def policies(self, relation: int) -> tuple[Policy, ...]:
        """Return a table's row security policies."""
        built = [
            Policy(
                name=row.name,
                command=_COMMANDS[row.command],
                permissive=row.permissive,
                roles=() if row.is_public else tuple(row.roles),
                using=row.using,
                check=row.check,
                comment=self._source.comment(CatalogClass.PG_POLICY, row.oid),
                requires=self._source.index.requires(CatalogClass.PG_POLICY, row.oid),
            )
            for row in self._policies.get(relation, ())
        ]
        return by_name(built, _name)

    def _constraint(self, row: Any) -> Constraint:
        index = self._key_indexes.get(row.index)
        requires = self._source.index.requires(CatalogClass.PG_CONSTRAINT, row.oid)
        if index is not None:  # what an exclusion's expressions need, its index needs
            requires |= self._source.index.requires(CatalogClass.PG_CLASS, index.oid)
        return Constraint(
            name=row.name,
            kind=_CONSTRAINT_KINDS[row.kind],
            definition=self._definitions.constraint(row),
            options=tuple(index.key_options or ()) if index is not None else (),
            deferral=deferral(row) if row.kind in "pu" else "",
            valid=row.valid,
            is_local=row.is_local,
            parent=row.parent,
            index=None if index is None else self._index(index),
            comment=self._source.comment(CatalogClass.PG_CONSTRAINT, row.oid),
            requires=requires,
        )

    def _index(self, row: Any) -> Index:
        return Index(
            schema=row.schema,
            name=row.name,
            comment=self._source.comment(CatalogClass.PG_CLASS, row.oid),
            definition=self._definitions.index(row.oid),
            parent=self._parents[row.oid][0] if row.oid in self._parents else None,
            columns=tuple(row.column_names or ()),
            statistics=tuple(tuple(target) for target in row.targets or ()),
            is_unique=row.is_unique,
            is_clustered=row.is_clustered,
            is_replica_identity=row.is_replica_identity,
            is_valid=row.is_valid,
            tablespace=row.tablespace,
            search_path=self._source.search_path(row.schema, (CatalogClass.PG_CLASS, row.oid)),
            requires=self._source.index.requires(CatalogClass.PG_CLASS, row.oid),
        )

    def _requires(self, catalog: CatalogClass, oid: int, parent: int) -> frozenset[Ref]:
        """Return what a trigger needs; a clone needs the one that it was made from."""
        above = self._source.index.ref(catalog, parent) if parent else None
        found = self._source.index.requires(catalog, oid)
        return found if above is None else found | {above}
