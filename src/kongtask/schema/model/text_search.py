"""Text search objects."""

from __future__ import annotations

from typing import ClassVar

from kongtask.schema.model.base import Kind, NamedObject


class TextSearchParser(NamedObject, frozen=True, kw_only=True):
    """A parser: its CREATE TEXT SEARCH PARSER options in order."""

    own_kind: ClassVar[Kind] = Kind.TEXT_SEARCH_PARSER

    options: tuple[tuple[str, str], ...]


class TextSearchTemplate(NamedObject, frozen=True, kw_only=True):
    """A template: its CREATE TEXT SEARCH TEMPLATE options in order."""

    own_kind: ClassVar[Kind] = Kind.TEXT_SEARCH_TEMPLATE

    options: tuple[tuple[str, str], ...]


class TextSearchDictionary(NamedObject, frozen=True, kw_only=True):
    """A dictionary: its template and the template's options, as the catalog holds them."""

    own_kind: ClassVar[Kind] = Kind.TEXT_SEARCH_DICTIONARY

    template: str
    options: str | None = None


class TextSearchConfiguration(NamedObject, frozen=True, kw_only=True):
    """A configuration: its parser, and the dictionaries of each token type, in order."""

    own_kind: ClassVar[Kind] = Kind.TEXT_SEARCH_CONFIGURATION

    parser: str
    mappings: tuple[tuple[str, tuple[str, ...]], ...] = ()
