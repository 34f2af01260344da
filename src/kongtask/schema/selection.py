"""Part of a schema: some tables, or everything but some kinds of objects."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from msgspec.structs import fields, replace

from kongtask.errors import SchemaNotFoundError, UsageError
from kongtask.names import qualify, quote_identifier
from kongtask.schema.model import (
    Constraint,
    ConstraintKind,
    Database,
    Domain,
    Kind,
    Ref,
    Relation,
    Requirement,
    Schema,
    SchemaObject,
    Sequence,
    Statistics,
    Table,
)
from kongtask.schema.partitions import Partitioning
from kongtask.schema.plan import build_steps
from kongtask.schema.steps import Step

#: What stands inside the statement of something else, or is what the file is about.
_NOT_ALONE = {Kind.SCHEMA, Kind.COLUMN, Kind.DEFAULT}

KINDS = tuple(
    sorted(
        {kind.lower() for kind in Kind if kind not in _NOT_ALONE}
        | {kind.name.lower().replace("_", " ") for kind in ConstraintKind}
    )
)

_PARTS = {Kind.CONSTRAINT, Kind.DEFAULT, Kind.TRIGGER, Kind.RULE, Kind.POLICY}
_OVERLOADED = {Kind.FUNCTION, Kind.PROCEDURE, Kind.AGGREGATE, Kind.OPERATOR}


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What to export of schemas; patterns have ``*``, ``?`` and ``[…]``.

    A table, view or sequence fits a pattern by its name or as ``schema.name``. With a table come
    its columns, constraints, indexes, triggers, rules, policies, statistics and the sequences that
    it owns, or leave with it.

    Attributes:
        tables: only the tables, views and sequences that fit one of these; none means everything.
        without_tables: but for those that fit one of these.
        without: ``KIND`` or ``KIND:NAME``, both patterns, for objects and parts of tables.

    Raises:
        UsageError: no kind fits a pattern.
    """

    tables: tuple[str, ...] = ()
    without_tables: tuple[str, ...] = ()
    without: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for pattern in self.without:
            kind = _kind_pattern(pattern)
            if not any(fnmatchcase(known, kind) for known in KINDS):
                near = difflib.get_close_matches(kind, KINDS, n=3)
                hint = (
                    f"did you mean {' or '.join(near)}?" if near else f"kinds: {', '.join(KINDS)}"
                )
                raise UsageError(f'no kind of object fits "{kind}"; {hint}')

    def __str__(self) -> str:
        """Say what is selected, as the options do."""
        words = [("--table", self.tables), ("--exclude-table", self.without_tables),
                 ("--exclude", self.without)]  # fmt: skip
        return " ".join(f"{option} '{value}'" for option, values in words for value in values)

    def of(self, database: Database) -> Database:
        """Return the selected part of a database.

        What is left out and what the rest leans on becomes a requirement of its schemas.

        Args:
            database: as read.

        Raises:
            SchemaNotFoundError: nothing fits one of the patterns for tables.
        """
        self._check(database.schemas)
        changes: dict[str, Any] = {
            name: tuple(
                item for item in items if not self._leaves_out(item.ref.kind, item.ref.name)
            )
            for name, items in _collections(database)
        }
        schemas = tuple(self._part(schema) for schema in database.schemas)
        kept = replace(database, **changes, schemas=schemas)
        needs = _requirements(_made(database) & _needed(kept) - _made(kept))
        return replace(
            kept, schemas=tuple(replace(x, requirements=(*x.requirements, *needs)) for x in schemas)
        )

    def _check(self, schemas: tuple[Schema, ...]) -> None:
        there = [item for schema in schemas for item in _tables(schema)]
        for pattern in self.tables:
            if not any(_fits(pattern, item.name, item.schema) for item in there):
                near = difflib.get_close_matches(pattern, [item.name for item in there], n=3)
                hint = f"; did you mean {' or '.join(near)}?" if near else ""
                raise SchemaNotFoundError(f'no table, view or sequence fits "{pattern}"{hint}')

    def _part(self, schema: Schema) -> Schema:
        relations = {item.ref for item in schema.relations() if self._has_table(item)}
        parents = {ref for item in schema.tables if item.ref in relations for ref in item.parents}
        changes: dict[str, Any] = {
            name: tuple(self._parts(item) for item in items if self._keeps(item, relations))
            for name, items in _collections(schema)
        }
        # What a kept table inherits from is known by its columns, as a table elsewhere is.
        above = [x for x in schema.tables if x.ref in parents - relations]
        changes["outside_tables"] = (*schema.outside_tables, *(_columns_only(x) for x in above))
        if self.tables:
            changes |= {"default_privileges": (), "extension_members": ()}
        return replace(schema, **changes)

    def _keeps(self, item: SchemaObject, relations: set[Ref]) -> bool:
        if self._leaves_out(item.ref.kind, item.name, item.schema):
            return False
        if isinstance(item, Relation):
            return item.ref in relations
        if isinstance(item, Sequence):
            return item.owned_by[0] in relations if item.owned_by else self._has_table(item)
        if isinstance(item, Statistics):
            return not relations.isdisjoint(item.requires)
        return not self.tables

    def _has_table(self, item: SchemaObject) -> bool:
        """Tell whether a table, view or sequence is selected."""
        name, schema = item.name, item.schema
        return (
            (not self.tables or any(_fits(pattern, name, schema) for pattern in self.tables))
            and not any(_fits(pattern, name, schema) for pattern in self.without_tables)
            and not self._leaves_out(item.ref.kind, name, schema)
        )

    def _parts(self, item: SchemaObject) -> SchemaObject:
        """Return an object without those of its parts that are left out."""
        if not self.without:
            return item
        changes: dict[str, Any] = {}
        if isinstance(item, Table | Domain):
            changes["constraints"] = tuple(
                part
                for part in item.constraints
                if not self._leaves_constraint_out(part, item.name)
            )
        if isinstance(item, Table):
            changes["policies"] = self._without(Kind.POLICY, item.policies, item.name)
        if isinstance(item, Relation):
            changes["indexes"] = self._without(Kind.INDEX, item.indexes, item.name)
            changes["triggers"] = self._without(Kind.TRIGGER, item.triggers, item.name)
            changes["rules"] = self._without(Kind.RULE, item.rules, item.name)
        return replace(item, **changes) if changes else item

    def _without(self, kind: Kind, parts: tuple[Any, ...], owner: str) -> tuple[Any, ...]:
        return tuple(part for part in parts if not self._leaves_out(kind, part.name, owner))

    def _leaves_constraint_out(self, part: Constraint, owner: str) -> bool:
        word = part.kind.name.lower().replace("_", " ")
        return any(
            self._leaves_out(kind, part.name, owner) for kind in (Kind.CONSTRAINT.lower(), word)
        )

    def _leaves_out(self, kind: str, name: str, owner: str = "") -> bool:
        for pattern in self.without:
            _, _, wanted = pattern.partition(":")
            if fnmatchcase(kind.lower(), _kind_pattern(pattern)) and (
                not wanted or _fits(wanted, name, owner)
            ):
                return True
        return False


def _kind_pattern(pattern: str) -> str:
    """Return the kind of ``KIND`` or ``KIND:NAME``, as kinds are spelled here."""
    return pattern.partition(":")[0].lower().replace("-", " ").replace("_", " ")


def _fits(pattern: str, name: str, owner: str) -> bool:
    names = (name, f"{owner}.{name}")
    # A name that itself holds a star or a bracket fits as it is.
    return pattern in names or any(fnmatchcase(known, pattern) for known in names)


def _tables(schema: Schema) -> Iterator[SchemaObject]:
    yield from schema.relations()
    yield from schema.sequences


def _collections(whole: Schema | Database) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """Yield the fields of a schema or a database that hold its objects."""
    own = {id(item) for item in whole.objects()}
    for field in fields(whole):
        value = getattr(whole, field.name)
        if isinstance(value, tuple) and value and id(value[0]) in own:
            yield field.name, value


def _columns_only(table: Table) -> Table:
    return Table(
        kind=table.kind,
        schema=table.schema,
        name=table.name,
        columns=table.columns,
        partition_key=table.partition_key,
    )


def _made(database: Database) -> set[Ref]:
    """Return all that a text makes."""
    return {ref for step in _steps(database) for ref in (step.key, *step.parts)}


def _needed(database: Database) -> set[Ref]:
    """Return all that a text's statements need."""
    return {
        ref
        for step in _steps(database)
        for refs in (step.requires, *step.parts.values())
        for ref in refs
    }


def _steps(database: Database) -> list[Step]:
    outside = (table for schema in database.schemas for table in schema.outside_tables)
    inside = (table for schema in database.schemas for table in schema.tables)
    return build_steps(database, Partitioning.of((*outside, *inside)), frozenset())


def _requirements(missing: set[Ref]) -> tuple[Requirement, ...]:
    """Return requirements of what is missing, a table's parts not beside the table itself."""
    owners = {(ref.schema, ref.name) for ref in missing if ref.kind not in _PARTS}
    found = {
        Requirement(kind=ref.kind.lower(), name=_described(ref))
        for ref in missing
        if ref.kind not in _PARTS or (ref.schema, ref.name) not in owners
    }
    return tuple(sorted(found, key=lambda need: (need.kind, need.name.encode())))


def _described(ref: Ref) -> str:
    owner = qualify(ref.schema, ref.name) if ref.schema else quote_identifier(ref.name)
    if ref.kind in _PARTS:
        return f"{quote_identifier(ref.detail)} on {owner}"
    return f"{owner}({ref.detail})" if ref.kind in _OVERLOADED else owner
