"""Reading schemas: a fixed number of queries, however many objects there are."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from kongtask.database.connection import Connection
from kongtask.schema.catalog.answers import LARGE, Report, answers
from kongtask.schema.catalog.checks import check_names, refuse_system_schemas
from kongtask.schema.catalog.session import SchemaChangedError, snapshot

if TYPE_CHECKING:
    from kongtask.schema.model import Database, Schema

#: Which names of NOT NULL constraints the model keeps: those that somebody chose, or all.
ConstraintNames = Literal["custom", "all"]

#: Which extensions to read: none, those that the schemas lean on, or all but plpgsql.
Extensions = Literal["none", "needed", "all"]

#: How often to read a schema that others change meanwhile.
_ATTEMPTS = 5

#: The queries that are asked of the chosen namespaces; each is a file of this package.
_QUERIES = (
    "indexes", "columns", "relations", "constraints", "sequences", "triggers", "members",
    "routines", "rules", "policies", "statistics", "inheritance", "types", "type_aliases", "ranges",
    "collations", "aggregates", "operators", "operator_families", "operator_classes",
    "family_members", "conversions", "text_search", "text_search_mappings", "default_privileges",
)  # fmt: skip

#: Those that come first: the two that take longest, then the others in which much waits to be told
#: who is who while the rest is asked.
_FIRST = (
    "columns", "indexes", "default_classes", "relations", "constraints", "sequences",
    "dependencies", "triggers",
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
        contents = catalog.rows("contents", namespaces=oids, limit=LARGE)[0]
        is_large = contents.relations == LARGE
        vain = {query for query in questions if not getattr(contents, query, True)}
        with answers(catalog, questions, vain=vain, is_large=is_large, report=report) as rows:
            # Imported while PostgreSQL works: a tenth of a second of a small export's time.
            from kongtask.schema.catalog.assembly import assemble
            from kongtask.schema.catalog.source import Source

            source = Source(rows, all_names=all_names)
            return assemble(catalog, source, namespaces, objects=objects, extensions=extensions)


def _questions(
    namespaces: Sequence[int], *, objects: bool, all_names: bool
) -> dict[str, dict[str, Any] | None]:
    """Return what to ask, with the parameters of each query, those first that take long."""
    questions: dict[str, dict[str, Any] | None] = {
        query: {"namespaces": namespaces} for query in _QUERIES
    }
    questions["not_nulls"] = {"namespaces": namespaces, "all_names": all_names}
    for query in ("grants", "extension_members"):
        questions[query] = {"namespaces": namespaces, "database": objects}
    for query in ("dependencies", "comments", "security_labels", "default_classes"):
        questions[query] = {}
    if objects:
        from kongtask.schema.catalog.database_register import database_questions

        questions |= database_questions()
    questions |= {"index_definitions": None, "names": None}
    return {query: questions[query] for query in (*_FIRST, *questions)}
