"""Every kind of object, built once for all schemas and handed to each."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

from kongtask.schema.catalog.classes import CatalogClass
from kongtask.schema.catalog.columns import ColumnReader
from kongtask.schema.catalog.default_privileges import default_privileges
from kongtask.schema.catalog.definitions import Definitions
from kongtask.schema.catalog.extension_members import extension_members
from kongtask.schema.catalog.operators import OperatorReader
from kongtask.schema.catalog.parts import PartReader
from kongtask.schema.catalog.relations import RelationReader
from kongtask.schema.catalog.routines import RoutineReader
from kongtask.schema.catalog.sequences import SequenceReader
from kongtask.schema.catalog.source import Source
from kongtask.schema.catalog.text_search import TextSearchReader
from kongtask.schema.catalog.types import TypeReader
from kongtask.schema.model import Requirement, Schema, SchemaObject, Table

T = TypeVar("T", bound=SchemaObject)


class Builder:
    """Builds every kind once, for all schemas, and hands each schema its own."""

    def __init__(self, source: Source, definitions: Definitions) -> None:
        self._source = source
        parts, sequences = PartReader(source, definitions), SequenceReader(source)
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
        """Return one schema.

        Args:
            row: of the query ``namespaces``.
            requirements: what it leans on.
        """
        return Schema(
            name=row.name,
            comment=self._source.comment(CatalogClass.PG_NAMESPACE, row.oid),
            owner=None if row.is_system_owned and row.name == "public" else row.owner,
            grants=self._source.grants(CatalogClass.PG_NAMESPACE, row.oid),
            security_labels=self._source.security_labels(CatalogClass.PG_NAMESPACE, row.oid),
            default_privileges=default_privileges(
                self._source,
                (it for it in self._source.rows["default_privileges"] if it.schema == row.name),
            ),
            extension_members=extension_members(self._source, row.name),
            requirements=tuple(requirements),
            outside_tables=_needed_by(self._outside_tables, self._kinds["tables"], row.name),
            **{kind: _of_schema(row.name, built) for kind, built in self._kinds.items()},
        )


def _of_schema(name: str, built: Iterable[T]) -> tuple[T, ...]:
    own = [item for item in built if item.schema == name]
    own.sort(key=lambda item: (item.name, item.ref.detail))
    return tuple(own)


def _needed_by(
    tables: Iterable[Table], children: Iterable[Table], schema: str
) -> tuple[Table, ...]:
    needed = {parent for child in children if child.schema == schema for parent in child.parents}
    return tuple(table for table in tables if table.ref in needed)
