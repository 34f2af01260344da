"""Rows of pg_class -> tables, views, composite types and extended statistics."""

from __future__ import annotations

from typing import Any

from kongtask.schema.catalog.classes import CatalogClass
from kongtask.schema.catalog.columns import ColumnReader
from kongtask.schema.catalog.parts import PartReader
from kongtask.schema.catalog.register import RELATION_KINDS, own_relations
from kongtask.schema.catalog.source import Source
from kongtask.schema.model import CompositeType, Ref, Statistics, Table, View


class RelationReader:
    """Builds the relations of some schemas."""

    def __init__(self, source: Source, columns: ColumnReader, parts: PartReader) -> None:
        self._source, self._columns, self._parts = source, columns, parts
        self._own = own_relations(source.rows)

    def tables(self) -> list[Table]:
        """Return ordinary, partitioned and foreign tables."""
        return [self._table(row) for row in self._own if row.kind in "rpf"]

    def outside_tables(self) -> tuple[Table, ...]:
        """Return the tables elsewhere that ours inherit from, with their columns only."""
        outside = [
            Table(
                kind=RELATION_KINDS[row.kind],
                schema=row.schema,
                name=row.name,
                columns=self._columns.columns(row),
                partition_key=self._parts.partition_key(row),
            )
            for row in self._source.rows["relations"]
            if row.is_outside
        ]
        return tuple(sorted(outside, key=lambda table: table.ref))

    def views(self) -> list[View]:
        """Return views and materialized views."""
        return [self._view(row) for row in self._own if row.kind in "vm"]

    def composites(self) -> list[CompositeType]:
        """Return the composite types that are no table's."""
        return [
            CompositeType(
                **{
                    **self._source.common(CatalogClass.PG_CLASS, row),
                    "comment": self._source.comment(CatalogClass.PG_TYPE, row.row_type),
                    "grants": self._source.grants(CatalogClass.PG_TYPE, row.row_type),
                    "security_labels": self._source.security_labels(
                        CatalogClass.PG_TYPE, row.row_type
                    ),
                },
                columns=self._columns.columns(row),
            )
            for row in self._own
            if row.kind == "c"
        ]

    def statistics(self) -> list[Statistics]:
        """Return the extended statistics objects."""
        return [
            Statistics(
                **self._source.common(CatalogClass.PG_STATISTIC_EXT, row),
                definition=row.definition,
                target=row.target,
            )
            for row in self._source.rows["statistics"]
        ]

    def _shared(self, row: Any) -> dict[str, Any]:
        return {
            **self._source.common(CatalogClass.PG_CLASS, row),
            "kind": RELATION_KINDS[row.kind],
            "columns": self._columns.columns(row),
            "options": tuple(row.options or ()),
            "indexes": self._parts.indexes(row.oid),
            "triggers": self._parts.triggers(row.oid),
            "rules": self._parts.rules(row.oid),
            "access_method": row.access_method,
            "tablespace": row.tablespace,
            "type_comment": self._source.comment(CatalogClass.PG_TYPE, row.row_type),
        }

    def _table(self, row: Any) -> Table:
        return Table(
            **self._shared(row),
            unlogged=row.unlogged,
            partition_key=self._parts.partition_key(row),
            partition_bound=row.partition_bound,
            parents=self._parts.parents(row.oid),
            of_type=row.of_type,
            constraints=self._parts.constraints(row.oid),
            policies=self._parts.policies(row.oid),
            row_security=row.row_security,
            force_row_security=row.force_row_security,
            replica_identity="D" if row.kind == "f" else row.replica_identity.upper(),
            toast_options=tuple(row.toast_options or ()),
            server=row.server,
            fdw_options=tuple(row.fdw_options or ()),
            search_path=self._source.search_path(
                row.schema, (CatalogClass.PG_CLASS, row.oid), *self._columns.generated(row.oid)
            ),
        )

    def _view(self, row: Any) -> View:
        shared = self._shared(row)
        own = Ref(RELATION_KINDS[row.kind], row.schema, row.name)
        of_columns = shared["requires"]
        shared["requires"] = (of_columns | self._parts.view_requires(row.oid)) - {own}
        return View(**shared, definition=row.definition, column_requires=of_columns)
