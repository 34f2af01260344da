"""What no schema owns -> the model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeVar

from kongtask.schema.catalog.classes import CatalogClass
from kongtask.schema.catalog.default_privileges import default_privileges
from kongtask.schema.catalog.extension_members import extension_members
from kongtask.schema.catalog.source import Source, by_name, grouped
from kongtask.schema.model import (
    AccessMethod,
    Cast,
    Database,
    DatabaseObject,
    EventTrigger,
    Extension,
    ForeignDataWrapper,
    Language,
    Publication,
    PublicationTable,
    Ref,
    Schema,
    Server,
    Transform,
    UserMapping,
)

_METHOD_TYPES = {"t": "TABLE", "i": "INDEX"}
_CAST_METHODS = {"b": "WITHOUT FUNCTION", "i": "WITH INOUT"}
_CAST_CONTEXTS = {"e": None, "a": "ASSIGNMENT", "i": "IMPLICIT"}

T = TypeVar("T", bound=DatabaseObject)


class DatabaseReader:
    """Builds what no schema owns.

    Args:
        source: the snapshot, without the objects that are left out.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self._secrets: list[str] = []

    def database(
        self, schemas: tuple[Schema, ...], extensions: Iterable[Any], left_out: Iterable[str]
    ) -> Database:
        """Return everything.

        Args:
            schemas: the model of them.
            extensions: rows of the extensions to export.
            left_out: what is not here and why; secrets are added.
        """
        return Database(
            schemas=schemas,
            extensions=_sorted(self._extension(row) for row in extensions),
            languages=_sorted(self._languages()),
            access_methods=_sorted(self._access_methods()),
            foreign_data_wrappers=_sorted(self._foreign_data_wrappers()),
            servers=_sorted(self._servers()),
            user_mappings=_sorted(self._user_mappings()),
            casts=_sorted(self._casts()),
            transforms=_sorted(self._transforms()),
            publications=_sorted(self._publications()),
            event_triggers=_sorted(self._event_triggers()),
            default_privileges=default_privileges(
                self._source, self._source.rows.get("database_default_privileges", ())
            ),
            extension_members=extension_members(self._source, None),
            left_out=tuple(sorted((*left_out, *self._secrets))),
        )

    def _rows(self, query: str, catalog: CatalogClass) -> Iterator[Any]:
        """Yield the rows of what is not left out; none where they were not asked for."""
        for row in self._source.rows.get(query, ()):
            if self._source.index.ref(catalog, row.oid) is not None:
                yield row

    def _common(self, catalog: CatalogClass, row: Any) -> dict[str, Any]:
        return {
            "comment": self._source.comment(catalog, row.oid),
            "grants": self._source.grants(catalog, row.oid),
            "security_labels": self._source.security_labels(catalog, row.oid),
            "requires": self._source.index.requires(catalog, row.oid),
        }

    def _named(self, catalog: CatalogClass, row: Any) -> dict[str, Any]:
        return {"name": row.name, **self._common(catalog, row)}

    def _owned(self, catalog: CatalogClass, row: Any) -> dict[str, Any]:
        return {"owner": row.owner, **self._named(catalog, row)}

    def _extension(self, row: Any) -> Extension:
        comment = self._source.comment(CatalogClass.PG_EXTENSION, row.oid)
        return Extension(
            name=row.name,
            schema=row.schema,
            schemas=tuple(row.schemas),
            comment=None if comment == row.usual_comment else comment,
            requires=frozenset(Ref(Extension.own_kind, "", name) for name in row.needed),
        )

    def _languages(self) -> Iterator[Language]:
        catalog, routine = CatalogClass.PG_LANGUAGE, self._source.routine
        for row in self._rows("languages", catalog):
            yield Language(
                **self._owned(catalog, row),
                trusted=row.trusted,
                handler=routine(row.handler) or "",
                inline=routine(row.inline),
                validator=routine(row.validator),
            )

    def _access_methods(self) -> Iterator[AccessMethod]:
        catalog = CatalogClass.PG_AM
        for row in self._rows("access_methods", catalog):
            yield AccessMethod(
                **self._named(catalog, row),
                type=_METHOD_TYPES[row.type],
                handler=self._source.routine(row.handler) or "",
            )

    def _foreign_data_wrappers(self) -> Iterator[ForeignDataWrapper]:
        catalog = CatalogClass.PG_FOREIGN_DATA_WRAPPER
        for row in self._rows("foreign_data_wrappers", catalog):
            yield ForeignDataWrapper(
                **self._owned(catalog, row),
                handler=self._source.routine(row.handler),
                validator=self._source.routine(row.validator),
                options=self._options(row, f"foreign-data wrapper {row.name}"),
            )

    def _servers(self) -> Iterator[Server]:
        catalog = CatalogClass.PG_FOREIGN_SERVER
        for row in self._rows("servers", catalog):
            yield Server(
                **self._owned(catalog, row),
                wrapper=row.wrapper,
                type=row.type,
                version=row.version,
                options=self._options(row, f"server {row.name}"),
            )

    def _user_mappings(self) -> Iterator[UserMapping]:
        catalog = CatalogClass.PG_USER_MAPPING
        for row in self._rows("user_mappings", catalog):
            title = f"user mapping for {row.user or 'PUBLIC'} on server {row.server}"
            if row.is_hidden:
                self._secrets.append(f"all options of {title}, which this role may not see")
            yield UserMapping(
                **self._common(catalog, row),
                server=row.server,
                user=row.user,
                options=self._options(row, title),
            )

    def _options(self, row: Any, title: str) -> tuple[str, ...]:
        self._secrets += (f"option {name} of {title}, a secret" for name in row.secrets)
        return tuple(row.options)

    def _casts(self) -> Iterator[Cast]:
        catalog = CatalogClass.PG_CAST
        for row in self._rows("casts", catalog):
            yield Cast(
                **self._common(catalog, row),
                source=row.source,
                target=row.target,
                method=_CAST_METHODS.get(row.method) or f"WITH FUNCTION {row.function}",
                context=_CAST_CONTEXTS[row.context],
            )

    def _transforms(self) -> Iterator[Transform]:
        catalog = CatalogClass.PG_TRANSFORM
        for row in self._rows("transforms", catalog):
            yield Transform(
                **self._common(catalog, row),
                type=row.type,
                language=row.language,
                from_sql=row.from_sql,
                to_sql=row.to_sql,
            )

    def _publications(self) -> Iterator[Publication]:
        catalog, rows = CatalogClass.PG_PUBLICATION, self._source.rows
        tables = grouped(rows.get("publication_tables", ()), "publication")
        schemas = grouped(rows.get("publication_schemas", ()), "publication")
        for row in self._rows("publications", catalog):
            yield Publication(
                **self._owned(catalog, row),
                all_tables=row.all_tables,
                tables=_publication_tables(tables[row.oid]),
                schemas=by_name((found.name for found in schemas[row.oid]), str),
                operations=tuple(row.operations),
                via_root=row.via_root,
                generated_columns=row.generated_columns == "s",
            )

    def _event_triggers(self) -> Iterator[EventTrigger]:
        catalog = CatalogClass.PG_EVENT_TRIGGER
        for row in self._rows("event_triggers", catalog):
            yield EventTrigger(
                **self._owned(catalog, row),
                event=row.event,
                tags=tuple(row.tags or ()),
                function=self._source.routine(row.function) or "",
                enabled=row.enabled,
            )


def _sorted(items: Iterable[T]) -> tuple[T, ...]:
    return tuple(sorted(items, key=lambda item: (item.ref.name.encode(), item.ref.detail.encode())))


def _publication_tables(rows: Sequence[Any]) -> tuple[PublicationTable, ...]:
    tables = (
        PublicationTable(
            schema=row.schema, name=row.name, columns=tuple(row.columns or ()), filter=row.filter
        )
        for row in rows
    )
    return tuple(sorted(tables, key=lambda item: (item.schema.encode(), item.name.encode())))
