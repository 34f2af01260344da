"""How the values of a column become those of another type: by a cast, or where none is, as text.

PostgreSQL casts every type to text and back. It has casts of its own for few pairs besides, and
without one the statement is refused before it has looked at a row.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from kongtask.names import qualify
from kongtask.schema.model import BaseType, CompositeType, Domain, EnumType, Kind, RangeType, Ref

_STRINGS = frozenset({"text", "character varying", "character", "name"})

_INTEGERS = frozenset({"smallint", "integer", "bigint"})
_NUMBERS = _INTEGERS | {"numeric", "real", "double precision"}
_TIME, _TIME_TZ = "time without time zone", "time with time zone"
_TIMESTAMP, _TIMESTAMP_TZ = "timestamp without time zone", "timestamp with time zone"

#: The types that columns are mostly of, and for each the others that have a cast from it on every
#: version. Source: pg_cast of PostgreSQL 13 to 18. Strings have one from and to every type.
_CASTS: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(_NUMBERS, _NUMBERS),
    "integer": _NUMBERS | {"boolean", "money", "bit", '"char"'},
    "bigint": _NUMBERS | {"money", "bit"},
    "numeric": _NUMBERS | {"money"},
    "boolean": frozenset({"integer"}),
    '"char"': frozenset({"integer"}),
    "money": frozenset({"numeric"}),
    "bit": frozenset({"integer", "bigint", "bit varying"}),
    "bit varying": frozenset({"bit"}),
    "date": frozenset({_TIMESTAMP, _TIMESTAMP_TZ}),
    _TIMESTAMP: frozenset({"date", _TIME, _TIMESTAMP_TZ}),
    _TIMESTAMP_TZ: frozenset({"date", _TIME, _TIME_TZ, _TIMESTAMP}),
    _TIME: frozenset({"interval", _TIME_TZ}),
    _TIME_TZ: frozenset({_TIME}),
    "interval": frozenset({_TIME}),
    "json": frozenset({"jsonb"}),
    "jsonb": _NUMBERS | {"json", "boolean"},
    "inet": frozenset({"cidr"}),
    "cidr": frozenset({"inet"}),
    **dict.fromkeys(("uuid", "xml", "tsvector", "tsquery"), frozenset[str]()),
}

#: Types that are what they are called: with a cast to another one only where somebody made it.
_OWN = (EnumType, CompositeType, RangeType, BaseType)

_MODIFIERS = re.compile(r"\(\d[\d,]*\)")


class Casts:
    """The casts from the types of one database to those of another.

    Casts that somebody made are known where they were read, with what no schema owns. Where one was
    not, a value that its text does not fit is refused when the statement runs.

    Args:
        old: all objects of the database that values come from, by their identities.
        new: those of the one that is to be.
    """

    def __init__(self, old: Mapping[Ref, Any], new: Mapping[Ref, Any]) -> None:
        self._old, self._new = (_types(entry.item for entry in x.values()) for x in (old, new))
        self._made = {(ref.name, ref.detail) for ref in new if ref.kind is Kind.CAST}

    def cast(self, value: str, old: str, new: str) -> str:
        """Return an expression that makes a value of one type one of another.

        Args:
            value: the expression to start from.
            old: that type as the catalog prints it.
            new: the other one.
        """
        return f"{value}::{new}" if self._is_there(old, new) else f"{value}::text::{new}"

    def _is_there(self, old: str, new: str) -> bool:
        """Tell whether there is a cast, or nobody here knows one of the types."""
        if (_bare(old), _bare(new)) in self._made:
            return True
        one, other = _base(old, self._old), _base(new, self._new)
        if one == other or not _STRINGS.isdisjoint((one, other)):
            return True
        source, target = one.removesuffix("[]"), other.removesuffix("[]")
        is_known = all(
            name in _STRINGS or name in _CASTS or name in types
            for name, types in ((source, self._old), (target, self._new))
        )
        if not is_known:
            return True
        if one.endswith("[]") != other.endswith("[]"):
            return False
        # Arrays have the casts of their elements.
        return not _STRINGS.isdisjoint((source, target)) or target in _CASTS.get(source, ())


def _types(items: Iterable[Any]) -> dict[str, str | None]:
    """Return the types that objects are, by their qualified names, and what domains are made of."""
    return {
        qualify(item.schema, item.name): item.type if isinstance(item, Domain) else None
        for item in items
        if isinstance(item, (Domain, *_OWN))
    }


def _bare(name: str) -> str:
    """Return a type without modifiers, as casts name it."""
    return _MODIFIERS.sub("", name)


def _base(name: str, types: Mapping[str, str | None]) -> str:
    """Return a type without modifiers, and in place of a domain what it is made of."""
    bare = _bare(name)
    element, dimensions = bare.removesuffix("[]"), bare.endswith("[]")
    base = types.get(element)
    if base is None:
        return bare
    below = _base(base, types)
    return f"{below.removesuffix('[]')}[]" if dimensions else below
