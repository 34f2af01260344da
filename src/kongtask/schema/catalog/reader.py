"""Reading schemas: a fixed number of queries, however many objects there are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any, Literal

from kongtask.database.connection import Connection
from kongtask.schema.catalog.answers import LARGE, Report, answers
from kongtask.schema.catalog.builder import Builder
from kongtask.schema.catalog.checks import (
    check_all_read,
    check_members,
    check_names,
    refuse_system_schemas,
)
from kongtask.schema.catalog.classes import CatalogClass
from kongtask.schema.catalog.database import DatabaseReader
from kongtask.schema.catalog.database_register import (
    database_questions,
    leave_out,
    publication_members,
    register_database,
)
from kongtask.schema.catalog.definitions import Definitions
from kongtask.schema.catalog.mentions import mentioned_operators, mentioned_routines
from kongtask.schema.catalog.register import register
from kongtask.schema.catalog.session import SchemaChangedError, Snapshot, snapshot
from kongtask.schema.catalog.source import Source
from kongtask.schema.model import Database, Requirement, Schema

#: Which names of NOT NULL constraints the model keeps: those that somebody chose, or all.
ConstraintNames = Literal["custom", "all"]

#: Which extensions to read: none, those that the schemas lean on, or all but plpgsql.
Extensions = Literal["none", "needed", "all"]

#: How often to read a schema that others change meanwhile.
_ATTEMPTS = 5

#: The queries that are asked of the chosen namespaces; each is a file of this package. Those come
#: first in which PostgreSQL prints definitions: they take long.
_QUERIES = (
    "indexes", "constraints", "columns", "triggers", "relations", "routines", "rules", "policies",
    "statistics", "inheritance", "sequences", "types", "type_aliases", "ranges", "collations",
    "aggregates", "operators", "operator_families", "operator_classes", "family_members",
    "conversions", "text_search", "text_search_mappings", "default_privileges", "members",
    "index_columns",
)  # fmt: skip


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
    return read_database(
        connection, schemas, objects=False, constraint_names=constraint_names
    ).schemas


def read_database(
    connection: Connection,
    schemas: Sequence[str],
    *,
    objects: bool = True,
    extensions: Extensions = "none",
    constraint_names: ConstraintNames = "custom",
    report: Report | None = None,
) -> Database:
    """Read several schemas and what no schema owns, in one snapshot.

    Args:
        connection: in autocommit mode and outside a transaction.
        schemas: names.
        objects: casts, languages, foreign servers, publications, event triggers and so on: all of
            the database but for those that need something in another schema.
        extensions: which extensions.
        constraint_names: ``all`` keeps the NOT NULL names that PostgreSQL 18 gave too.
        report: takes how many queries are answered, and of how many.

    Returns:
        The schemas, sorted by name, and the rest.

    Raises:
        SchemaNotFoundError: one of the schemas does not exist.
        UsageError: one belongs to PostgreSQL itself.
        UnsupportedObjectError: one holds an object of a kind that kongtask cannot export.
    """
    refuse_system_schemas(schemas)
    read = partial(
        _read,
        connection,
        schemas,
        objects=objects,
        extensions=extensions,
        constraint_names=constraint_names,
        report=report,
    )
    for _ in range(_ATTEMPTS - 1):
        try:
            return read()
        except SchemaChangedError:
            continue
    return read()


def schema_names(connection: Connection) -> list[str]:
    """Return the names of the schemas that are not PostgreSQL's own, sorted."""
    with snapshot(connection) as catalog:
        return [row.name for row in catalog.rows("schema_names")]


def _read(
    connection: Connection,
    schemas: Sequence[str],
    *,
    objects: bool,
    extensions: Extensions,
    constraint_names: ConstraintNames,
    report: Report | None,
) -> Database:
    with snapshot(connection) as catalog:
        namespaces = catalog.rows("namespaces", schemas=list(schemas))
        check_names(catalog, schemas, {row.name for row in namespaces})
        oids = [row.oid for row in namespaces]
        all_names = constraint_names == "all"
        questions = _questions(oids, objects=objects, all_names=all_names)
        is_large = _is_large(catalog, oids)
        with answers(catalog, questions, is_large=is_large, report=report) as rows:
            source = Source(rows, all_names=all_names)
            return _database(catalog, source, namespaces, objects, extensions)


def _database(
    catalog: Snapshot,
    source: Source,
    namespaces: Sequence[Any],
    objects: bool,
    extensions: Extensions,
) -> Database:
    left_out = _register(catalog, source, namespaces, objects)
    source.add_names(
        catalog.rows(
            "names",
            routines=mentioned_routines(source.rows, source.index),
            operators=mentioned_operators(source.rows),
        )
    )
    check_members(catalog, source)
    needs = _requirements(catalog, source, namespaces)
    homes = {need.schema for need in needs if need.kind == "extension" and need.schema}
    source.add_usual_path({"public", *homes} - {"pg_catalog"})
    chosen = _extensions(catalog, extensions, needs)
    made = {row.name for row in chosen}
    needs = tuple(need for need in needs if need.kind != "extension" or need.name not in made)
    build = Builder(source, _definitions(catalog, source))
    built = tuple(build.schema(row, needs) for row in namespaces)
    database = DatabaseReader(source).database(built, chosen, left_out)
    check_all_read(catalog, source)
    return database


def _definitions(catalog: Snapshot, source: Source) -> Definitions:
    definitions = Definitions(source)
    indexes = definitions.unprinted()
    if indexes:
        definitions.add_indexes(catalog.rows("index_definitions", indexes=indexes))
    return definitions


def _is_large(catalog: Snapshot, namespaces: Sequence[int]) -> bool:
    counted = catalog.rows("size", namespaces=namespaces, limit=LARGE)
    return bool(counted[0].relations == LARGE)


def _questions(
    namespaces: Sequence[int], *, objects: bool, all_names: bool
) -> dict[str, dict[str, Any]]:
    """Return what to ask, with the parameters of each query."""
    questions: dict[str, dict[str, Any]] = {query: {"namespaces": namespaces} for query in _QUERIES}
    questions["not_nulls"] = {"namespaces": namespaces, "all_names": all_names}
    for query in ("grants", "extension_members"):
        questions[query] = {"namespaces": namespaces, "database": objects}
    for query in ("dependencies", "comments", "security_labels", "default_classes"):
        questions[query] = {}
    return questions | database_questions() if objects else questions


def _register(
    catalog: Snapshot, source: Source, namespaces: Sequence[Any], objects: bool
) -> list[str]:
    """Tell the index who is who and who needs whom; return what had to be left out."""
    rows, index = source.rows, source.index
    register(rows, index)
    if objects:
        register_database(rows, namespaces, index)
    index.add_dependencies(rows["dependencies"])
    if not objects:
        return []
    index.add_dependencies(publication_members(rows))
    return leave_out(catalog, rows, index)


def _extensions(catalog: Snapshot, which: Extensions, needs: Iterable[Requirement]) -> list[Any]:
    """Return the rows of the extensions to make, and of those that they need themselves."""
    if which == "none":
        return []
    there = {row.name: row for row in catalog.rows("extensions")}
    waiting = [need.name for need in needs if need.kind == "extension"]
    found: dict[str, Any] = dict(there) if which == "all" else {}
    while waiting:
        name = waiting.pop()
        if name in there and name not in found:
            found[name] = there[name]
            waiting += there[name].needed
    return list(found.values())


def _requirements(
    catalog: Snapshot, source: Source, namespaces: Iterable[Any]
) -> tuple[Requirement, ...]:
    own = {row.name: row.oid for row in namespaces}
    outside = list(source.index.outside())
    rows = catalog.rows(
        "requirements",
        classes=[catalog_ for catalog_, _ in outside],
        objects=[oid for _, oid in outside],
        namespaces=list(own.values()),
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
    found |= {
        Requirement(kind="role", name=row.user)
        for row in source.rows.get("user_mappings", ())
        if row.user is not None and source.index.ref(CatalogClass.PG_USER_MAPPING, row.oid)
    }
    found |= {
        Requirement(kind="security label provider", name=row.provider)
        for row in source.rows["security_labels"]
        if source.index.ref(row.catalog, row.object) is not None
    }
    return tuple(sorted(found, key=lambda need: (need.kind, need.name.encode())))
