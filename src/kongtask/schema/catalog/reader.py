"""Reading schemas: a fixed number of queries, however many objects there are."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from kongtask.database.connection import Connection
from kongtask.errors import SchemaNotFoundError, UnsupportedObjectError
from kongtask.schema.catalog import relations, routines, types
from kongtask.schema.catalog.index import ObjectIndex
from kongtask.schema.catalog.session import Snapshot, snapshot
from kongtask.schema.model import Requirement, Schema, SchemaObject

#: The queries that are asked of the chosen namespaces; each is a file of this package.
_QUERIES = (
    "relations", "inheritance", "columns", "constraints", "not_nulls", "indexes", "sequences",
    "types", "type_aliases", "ranges", "collations", "routines", "aggregates", "triggers", "rules",
    "policies", "statistics", "members",
)  # fmt: skip

T = TypeVar("T", bound=SchemaObject)


def read(connection: Connection, schema: str) -> Schema:
    """Read one schema.

    Args:
        connection: in autocommit mode and outside a transaction.
        schema: the schema's name.

    Raises:
        SchemaNotFoundError: there is no such schema; the message suggests near names.
        UnsupportedObjectError: the schema holds an object of a kind that kongtask cannot export.
    """
    return read_all(connection, [schema])[0]


def read_all(connection: Connection, schemas: Sequence[str]) -> tuple[Schema, ...]:
    """Read several schemas in one snapshot, so that dependencies among them are known.

    Args:
        connection: in autocommit mode and outside a transaction.
        schemas: names.

    Returns:
        The schemas, sorted by name.

    Raises:
        SchemaNotFoundError: one of them does not exist.
        UnsupportedObjectError: one holds an object of a kind that kongtask cannot export.
    """
    with snapshot(connection) as catalog:
        namespaces = catalog.rows("namespaces", schemas=list(schemas))
        _check_names(catalog, schemas, {row.name for row in namespaces})
        oids = [row.oid for row in namespaces]
        rows = {query: catalog.rows(query, namespaces=oids) for query in _QUERIES}
        index = _index(rows)
        index.add_dependencies(catalog.rows("dependencies"))
        _check_members(catalog, index, rows["members"])
        requirements = _requirements(catalog, index, {row.name for row in namespaces})
    build = _Builder(rows, index)
    return tuple(build.schema(row, requirements) for row in namespaces)


def _index(rows: relations.Rows) -> ObjectIndex:
    index = ObjectIndex()
    types.register(rows, index)
    relations.register(rows, index)
    types.register_aliases(rows, index)
    routines.register(rows, index)
    return index


class _Builder:
    """Builds every kind once, for all schemas, and hands each schema its own."""

    def __init__(self, rows: relations.Rows, index: ObjectIndex) -> None:
        relation = relations.RelationReader(rows, index)
        type_ = types.TypeReader(rows, index)
        routine = routines.RoutineReader(rows, index)
        self._kinds: dict[str, list[Any]] = {
            "collations": type_.collations(),
            "enums": type_.enums(),
            "composites": relation.composites(),
            "ranges": type_.ranges(),
            "base_types": type_.base_types(),
            "domains": type_.domains(),
            "sequences": relation.sequences(),
            "tables": relation.tables(),
            "views": relation.views(),
            "statistics": relation.statistics(),
            "routines": routine.routines(),
            "aggregates": routine.aggregates(),
        }

    def schema(self, row: Any, requirements: Iterable[Requirement]) -> Schema:
        return Schema(
            name=row.name,
            comment=row.comment,
            owner=row.owner,
            requirements=tuple(requirements),
            **{kind: _of_schema(row.name, built) for kind, built in self._kinds.items()},
        )


def _of_schema(name: str, built: Iterable[T]) -> tuple[T, ...]:
    order: Callable[[T], tuple[bytes, str]] = lambda item: (
        item.name.encode(),
        getattr(item, "signature", ""),
    )
    return tuple(sorted((item for item in built if item.schema == name), key=order))


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


def _check_members(catalog: Snapshot, index: ObjectIndex, members: Iterable[Any]) -> None:
    unknown = index.missing((row.classid, row.objid) for row in members)
    if not unknown:
        return
    classes, objects = zip(*unknown, strict=True)
    described = catalog.rows("descriptions", classes=list(classes), objects=list(objects))
    names = [row[0] or "an object that was dropped meanwhile" for row in described]
    raise UnsupportedObjectError(
        "the schema holds objects that kongtask cannot export yet: " + "; ".join(names)
    )


def _requirements(catalog: Snapshot, index: ObjectIndex, own: set[str]) -> tuple[Requirement, ...]:
    outside = list(index.outside())
    rows = catalog.rows(
        "requirements", classes=[c for c, _ in outside], objects=[o for _, o in outside]
    )
    found = {
        Requirement(
            kind=row.kind, name=row.name, schema=row.schema if row.kind == "extension" else None
        )
        for row in rows
        if row.kind == "extension" or row.name not in own
    }
    return tuple(sorted(found, key=lambda need: (need.kind, need.name.encode())))
