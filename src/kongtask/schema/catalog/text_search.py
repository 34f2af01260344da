"""Rows of pg_ts_parser, pg_ts_template, pg_ts_dict and pg_ts_config -> the model."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from kongtask.names import qualify, quote_identifier
from kongtask.schema.catalog.classes import CatalogClass
from kongtask.schema.catalog.source import Source
from kongtask.schema.model import (
    TextSearchConfiguration,
    TextSearchDictionary,
    TextSearchParser,
    TextSearchTemplate,
)

_PARSER_OPTIONS = ("START", "GETTOKEN", "END", "HEADLINE", "LEXTYPES")
_TEMPLATE_OPTIONS = ("INIT", "LEXIZE")


class TextSearchReader:
    """Builds the text search objects of some schemas."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._mappings: defaultdict[int, dict[str, list[str]]] = defaultdict(dict)
        for row in source.rows["text_search_mappings"]:
            dictionaries = self._mappings[row.configuration].setdefault(row.token, [])
            dictionaries.append(_name(row.schema, row.name))

    def parsers(self) -> list[TextSearchParser]:
        """Return the parsers."""
        catalog = CatalogClass.PG_TS_PARSER
        return [
            TextSearchParser(
                **self._source.common(catalog, row), options=self._options(row, _PARSER_OPTIONS)
            )
            for row in self._rows(catalog)
        ]

    def templates(self) -> list[TextSearchTemplate]:
        """Return the templates."""
        catalog = CatalogClass.PG_TS_TEMPLATE
        return [
            TextSearchTemplate(
                **self._source.common(catalog, row), options=self._options(row, _TEMPLATE_OPTIONS)
            )
            for row in self._rows(catalog)
        ]

    def dictionaries(self) -> list[TextSearchDictionary]:
        """Return the dictionaries."""
        catalog = CatalogClass.PG_TS_DICT
        return [
            TextSearchDictionary(
                **self._source.common(catalog, row),
                template=_name(row.of_schema, row.of_name),
                options=row.options,
            )
            for row in self._rows(catalog)
        ]

    def configurations(self) -> list[TextSearchConfiguration]:
        """Return the configurations."""
        catalog = CatalogClass.PG_TS_CONFIG
        return [
            TextSearchConfiguration(
                **self._source.common(catalog, row),
                parser=_name(row.of_schema, row.of_name),
                mappings=tuple(
                    (token, tuple(names)) for token, names in self._mappings[row.oid].items()
                ),
            )
            for row in self._rows(catalog)
        ]

    def _rows(self, catalog: CatalogClass) -> list[Any]:
        return [row for row in self._source.rows["text_search"] if row.catalog == catalog]

    def _options(self, row: Any, names: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
        routines = (self._source.routine(oid) for oid in row.functions)
        return tuple((key, name) for key, name in zip(names, routines, strict=True) if name)


def _name(schema: str, name: str) -> str:
    return quote_identifier(name) if schema == "pg_catalog" else qualify(schema, name)
