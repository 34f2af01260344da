"""Rows of pg_attribute -> columns, with their NOT NULL constraints and identities."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from kongtask.schema.catalog.classes import CatalogClass
from kongtask.schema.catalog.index import ObjectId
from kongtask.schema.catalog.register import RELATION_KINDS
from kongtask.schema.catalog.sequences import SequenceReader
from kongtask.schema.catalog.source import Source
from kongtask.schema.model import Column, Identity, NotNull, Ref

_STORAGE = {"p": "PLAIN", "e": "EXTERNAL", "m": "MAIN", "x": "EXTENDED"}

#: Of a row, what the column is, without which one it is.
_VALUE = slice(3, None)

_NOTHING: frozenset[Ref] = frozenset()
_USUAL_NOT_NULL = NotNull()

#: Names that PostgreSQL gave, whatever the table was called then (DESIGN, portable text).
_GIVEN_NOT_NULL_NAME = re.compile(r"_not_null\d*\Z")


class ColumnReader:
    """Builds the columns of relations."""

    def __init__(self, source: Source, sequences: SequenceReader) -> None:
        self._source, self._sequences = source, sequences
        self._not_nulls = {
            (row.relation, row.number): row for row in source.rows["not_nulls"] if row.relation
        }
        self._with_own_not_nulls = {relation for relation, _ in self._not_nulls}
        self._with_needs = source.index.dependents(CatalogClass.PG_ATTRDEF)
        #: Columns that are no more than their rows say, of tables and of others. Large schemas
        #: have the same ones again and again.
        self._plain: tuple[dict[Any, Column], dict[Any, Column]] = ({}, {})

    def columns(self, relation: Any) -> tuple[Column, ...]:
        """Return a relation's columns, in order."""
        oid, is_table = relation.oid, relation.kind in "rpf"
        is_plain = oid not in self._with_own_not_nulls and not self._source.has_columns(oid)
        owner = Ref(RELATION_KINDS[relation.kind], relation.schema, relation.name)
        known, with_needs = self._plain[is_table], self._with_needs
        found = []
        for row in self._source.columns.get(oid, ()):
            if (
                not is_plain
                or row.identity
                or row.rare is not None
                or row.default_oid in with_needs
            ):
                found.append(self._column(relation, owner, row, is_table))
                continue
            value = row[_VALUE]
            column = known.get(value)
            if column is None:
                column = known[value] = self._column(relation, owner, row, is_table)
            found.append(column)
        return tuple(found)

    def generated(self, relation: int) -> Iterator[ObjectId]:
        """Yield the expressions of a relation's generated columns."""
        for row in self._source.columns.get(relation, ()):
            if is_generated(row):
                yield CatalogClass.PG_ATTRDEF, row.default_oid

    def _column(self, relation: Any, owner: Ref, row: Any, is_table: bool) -> Column:
        source, oid = self._source, relation.oid
        default_requires = _NOTHING
        if row.default_oid in self._with_needs:
            default_requires = source.index.requires(CatalogClass.PG_ATTRDEF, row.default_oid)
        rare = _rare(row.rare) if row.rare is not None else {}
        if source.has_columns(oid):
            rare |= source.of_column(oid, row.number)
        return Column(
            name=row.name,
            type=row.type,
            not_null=self._not_null(row) if row.not_null else None,
            default=row.default_text,
            identity=self._identity(relation, row) if row.identity else None,
            storage=_STORAGE[row.storage] if is_table else None,
            is_local=row.is_local,
            is_inherited=row.is_inherited,
            default_requires=default_requires - {owner} if default_requires else _NOTHING,
            **rare,
        )

    def _not_null(self, column: Any) -> NotNull:
        row = self._not_nulls.get((column.relation, column.number))
        return _USUAL_NOT_NULL if row is None else not_null(self._source, row)

    def _identity(self, relation: Any, column: Any) -> Identity | None:
        sequence = self._sequences.identity(relation.oid, column.number)
        if sequence is None:  # a partition's column, which shares its parent's sequence (from 17)
            return None
        return Identity(always=column.identity == "a", sequence=sequence)


def is_generated(column: Any) -> bool:
    """Tell whether a row is a generated column's."""
    return column.rare is not None and "generated" in column.rare


def _rare(attributes: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in attributes.items()
    }


def not_null(source: Source, row: Any) -> NotNull:
    """Return a NOT NULL constraint from its own row, with a name only if that is worth keeping.

    Args:
        source: the snapshot.
        row: of the query ``not_nulls``.
    """
    comment = source.comment(CatalogClass.PG_CONSTRAINT, row.oid)
    is_given = _GIVEN_NOT_NULL_NAME.search(row.name) is not None
    name = None if is_given and comment is None and not source.all_names else row.name
    if name is None and row.valid and not row.no_inherit:
        return _USUAL_NOT_NULL
    return NotNull(
        name=name,
        no_inherit=row.no_inherit,
        valid=row.valid,
        is_local=row.is_local or name is None,
        comment=comment,
    )
