"""Reading schemas: a fixed number of queries, however many objects there are."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from typing import Any, Literal, TypeVar

from kongtask.database.connection import Connection
from kongtask.errors import SchemaNotFoundError, UnsupportedObjectError, UsageError
from kongtask.schema.catalog.classes import CatalogClass
from kongtask.schema.catalog.columns import ColumnReader
from kongtask.schema.catalog.index import ObjectId
from kongtask.schema.catalog.mentions import mentioned_operators, mentioned_routines
from kongtask.schema.catalog.operators import OperatorReader
from kongtask.schema.catalog.parts import PartReader
from kongtask.schema.catalog.register import register
from kongtask.schema.catalog.relations import RelationReader
from kongtask.schema.catalog.routines import RoutineReader
from kongtask.schema.catalog.sequences import SequenceReader
from kongtask.schema.catalog.session import Snapshot, snapshot
from kongtask.schema.catalog.source import Source
from kongtask.schema.catalog.text_search import TextSearchReader
from kongtask.schema.catalog.types import TypeReader
from kongtask.schema.model import DefaultPrivileges, Requirement, Schema, SchemaObject, Table

#: Which names of NOT NULL constraints the model keeps: those that somebody chose, or all.
ConstraintNames = Literal["custom", "all"]

#: The queries that are asked of the chosen namespaces; each is a file of this package.
_QUERIES = (
    "inheritance",
    "constraints", "not_nulls", "indexes", "sequences",
    "types", "type_aliases", "ranges", "collations", "routines", "aggregates", "triggers", "rules",
    "policies", "statistics", "operators", "operator_families", "operator_classes",
    "family_members", "conversions", "text_search", "text_search_mappings", "grants",
    "default_privileges", "members",
)  # fmt: skip

_DEFAULT_KINDS = {
    "r": "TABLES", "S": "SEQUENCES", "f": "FUNCTIONS", "T": "TYPES", "n": "SCHEMAS",
    "L": "LARGE OBJECTS",
}  # fmt: skip

T = TypeVar("T", bound=SchemaObject)


def read(
    connection: Connection, schema: str, *, constraint_names: ConstraintNames = "custom"
) -> Schema:
    """Read one schema.

    Args:
        connection: in autocommit mode and outside a transaction.
        schema: the schema's name.
        constraint_names: ``all`` keeps the NOT NULL names that PostgreSQL 18 gave too.

    Raises:
        SchemaNotFoundError: there is no such schema; the message suggests near names.
        UsageError: the schema belongs to PostgreSQL itself.
        UnsupportedObjectError: the schema holds an object of a kind that kongtask cannot export.
    """
    return read_all(connection, [schema], constraint_names=constraint_names)[0]


def read_all(
    connection: Connection,
    schemas: Sequence[str],
    *,
    constraint_names: ConstraintNames = "custom",
) -> tuple[Schema, ...]:
    """Read several schemas in one snapshot, so that dependencies among them are known.

    Args:
        connection: in autocommit mode and outside a transaction.
        schemas: names.
        constraint_names: ``all`` keeps the NOT NULL names that PostgreSQL 18 gave too.

    Returns:
        The schemas, sorted by name.

    Raises:
        SchemaNotFoundError: one of them does not exist.
        UsageError: one belongs to PostgreSQL itself.
        UnsupportedObjectError: one holds an object of a kind that kongtask cannot export.
    """
    _refuse_system_schemas(schemas)
    with snapshot(connection) as catalog:
        namespaces = catalog.rows("namespaces", schemas=list(schemas))
        _check_names(catalog, schemas, {row.name for row in namespaces})
        oids = [row.oid for row in namespaces]
        rows = {query: catalog.rows(query, namespaces=oids) for query in _QUERIES}
        parents = [row.parent for row in rows["inheritance"] if row.is_outside]
        for query in ("relations", "columns"):
            rows[query] = catalog.rows(query, namespaces=oids, parents=parents)
        rows["comments"] = catalog.rows("comments")
        source = Source(rows, all_names=constraint_names == "all")
        register(rows, source.index)
        source.index.add_dependencies(catalog.rows("dependencies"))
        source.add_names(
            catalog.rows(
                "names",
                routines=mentioned_routines(rows, source.index),
                operators=mentioned_operators(rows),
            )
        )
        _check_members(catalog, source)
        requirements = _requirements(catalog, source, oids, {row.name for row in namespaces})
        build = _Builder(source)
        built = tuple(build.schema(row, requirements) for row in namespaces)
        _check_comments(catalog, source)
    return built


class _Builder:
    """Builds every kind once, for all schemas, and hands each schema its own."""

    def __init__(self, source: Source) -> None:
        self._source = source
        parts, sequences = PartReader(source), SequenceReader(source)
        relations = RelationReader(source, ColumnReader(source, sequences), parts)
        types, routines = TypeReader(source, parts), RoutineReader(source)
        operators, text_search = OperatorReader(source), TextSearchReader(source)
        self._outside_tables = relations.outside_tables()
        self._kinds: dict[str, list[Any]] = {
            "collations": types.collations(),
            "enums": types.enums(),
            "composites": relations.composites(),
            "ranges": types.ranges(),
            "base_types": types.base_types(),
            "domains": types.domains(),
            "sequences": sequences.sequences(),
            "tables": relations.tables(),
            "views": relations.views(),
            "statistics": relations.statistics(),
            "routines": routines.routines(),
            "aggregates": routines.aggregates(),
            "operators": operators.operators(),
            "operator_families": operators.families(),
            "operator_classes": operators.classes(),
            "conversions": operators.conversions(),
            "text_search_parsers": text_search.parsers(),
            "text_search_templates": text_search.templates(),
            "text_search_dictionaries": text_search.dictionaries(),
            "text_search_configurations": text_search.configurations(),
        }

    def schema(self, row: Any, requirements: Iterable[Requirement]) -> Schema:
        return Schema(
            name=row.name,
            comment=self._source.comment(CatalogClass.PG_NAMESPACE, row.oid),
            owner=None if row.is_system_owned and row.name == "public" else row.owner,
            grants=self._source.grants(CatalogClass.PG_NAMESPACE, row.oid),
            default_privileges=self._default_privileges(row.name),
            requirements=tuple(requirements),
            outside_tables=_needed_by(self._outside_tables, self._kinds["tables"], row.name),
            **{kind: _of_schema(row.name, built) for kind, built in self._kinds.items()},
        )

    def _default_privileges(self, schema: str) -> tuple[DefaultPrivileges, ...]:
        built = (
            DefaultPrivileges(
                role=row.role,
                kind=_DEFAULT_KINDS[row.kind],
                grants=self._source.grants(CatalogClass.PG_DEFAULT_ACL, row.oid),
            )
            for row in self._source.rows["default_privileges"]
            if row.schema == schema
        )
        return tuple(sorted(built, key=lambda item: (item.role.encode(), item.kind)))


def _of_schema(name: str, built: Iterable[T]) -> tuple[T, ...]:
    own = [item for item in built if item.schema == name]
    own.sort(key=lambda item: (item.name.encode(), item.ref.detail.encode()))
    return tuple(own)


def _needed_by(
    tables: Iterable[Table], children: Iterable[Table], schema: str
) -> tuple[Table, ...]:
    needed = {parent for child in children if child.schema == schema for parent in child.parents}
    return tuple(table for table in tables if table.ref in needed)


def schema_names(connection: Connection) -> list[str]:
    """Return the names of the schemas that are not PostgreSQL's own, sorted."""
    with snapshot(connection) as catalog:
        return [row.name for row in catalog.rows("schema_names")]


def _refuse_system_schemas(names: Iterable[str]) -> None:
    for name in names:
        if name.startswith("pg_") or name == "information_schema":
            raise UsageError(f'"{name}" belongs to PostgreSQL itself; every database has its own')


def _check_names(catalog: Snapshot, asked: Iterable[str], found: set[str]) -> None:
    for name in asked:
        if name in found:
            continue
        there = [row.name for row in catalog.rows("schema_names")]
        near = difflib.get_close_matches(name, there, n=3)
        hint = (
            f"did you mean {' or '.join(near)}?"
            if near
            else f"there are {', '.join(there[:10])}"
            if there
            else "the database has none"
        )
        raise SchemaNotFoundError(f'there is no schema "{name}" in this database; {hint}')


def _check_members(catalog: Snapshot, source: Source) -> None:
    unknown = source.index.missing(source.rows["members"])
    if unknown:
        raise UnsupportedObjectError(
            "the schema holds objects that kongtask cannot export yet: "
            + _described(catalog, unknown)
        )


def _check_comments(catalog: Snapshot, source: Source) -> None:
    unread = source.unread_comments()
    if unread:
        raise UnsupportedObjectError(
            "there are comments that kongtask cannot export yet, on " + _described(catalog, unread)
        )


def _described(catalog: Snapshot, objects: Sequence[ObjectId]) -> str:
    classes, oids = zip(*objects, strict=True)
    described = catalog.rows("descriptions", classes=list(classes), objects=list(oids))
    return "; ".join(row[0] or "an object that was dropped meanwhile" for row in described)


def _requirements(
    catalog: Snapshot, source: Source, namespaces: Sequence[int], own: set[str]
) -> tuple[Requirement, ...]:
    outside = list(source.index.outside())
    rows = catalog.rows(
        "requirements",
        classes=[catalog_ for catalog_, _ in outside],
        objects=[oid for _, oid in outside],
        namespaces=list(namespaces),
    )
    found = {
        Requirement(
            kind=row.kind, name=row.name, schema=row.schema if row.kind == "extension" else None
        )
        for row in rows
        if row.kind != "schema" or row.name not in own
    }
    found |= {
        Requirement(kind="role", name=role)
        for row in source.rows["policies"]
        if not row.is_public
        for role in row.roles
    }
    return tuple(sorted(found, key=lambda need: (need.kind, need.name.encode())))
