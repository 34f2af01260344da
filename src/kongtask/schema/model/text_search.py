"""Text search objects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from kongtask.schema.model.base import Kind, NamedObject


@dataclass(frozen=True, slots=True, kw_only=True)
class TextSearchParser(NamedObject):
    """A parser: its CREATE TEXT SEARCH PARSER options in order."""

    own_kind: ClassVar[Kind] = Kind.TEXT_SEARCH_PARSER

    options: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TextSearchTemplate(NamedObject):
    """A template: its CREATE TEXT SEARCH TEMPLATE options in order."""

    own_kind: ClassVar[Kind] = Kind.TEXT_SEARCH_TEMPLATE

    options: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TextSearchDictionary(NamedObject):
    """A dictionary: its template and the template's options, as the catalog holds them."""

    own_kind: ClassVar[Kind] = Kind.TEXT_SEARCH_DICTIONARY

    template: str
    options: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TextSearchConfiguration(NamedObject):
    """A configuration: its parser, and the dictionaries of each token type, in order."""

    own_kind: ClassVar[Kind] = Kind.TEXT_SEARCH_CONFIGURATION

    parser: str
    mappings: tuple[tuple[str, tuple[str, ...]], ...] = ()
