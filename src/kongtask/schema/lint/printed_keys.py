"""Keys and indexes as PostgreSQL prints them, taken apart."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from kongtask.schema.model import Constraint, ConstraintKind, Index, Kind, Ref, Table
from kongtask.schema.printed import items, leading_name, lists, names, pieces

_KEYS = frozenset({ConstraintKind.PRIMARY_KEY, ConstraintKind.UNIQUE})


class Shape(Struct, frozen=True, kw_only=True):
    """An index without its name.

    Attributes:
        ref: the index; a key's where a key made it.
        method: ``btree`` and so on.
        keys: what it is on, each as printed, with its order and operator class.
        included: what it holds besides.
        nulls_are_equal: NULLS NOT DISTINCT.
        predicate: of a partial index; empty for others.
        is_unique: whether two rows may not be equal.
        is_key: whether a primary key or a unique constraint made it.
        is_valid: False where building it failed.
        is_clone: whether it belongs to the index of a partitioned table.
    """

    ref: Ref
    method: str
    keys: tuple[str, ...]
    included: tuple[str, ...] = ()
    nulls_are_equal: bool = False
    predicate: str = ""
    is_unique: bool = False
    is_key: bool = False
    is_valid: bool = True
    is_clone: bool = False

    def columns(self) -> list[str | None]:
        """Return the columns that it is on; None stands for an expression."""
        return [_column(key) for key in self.keys]


class ForeignKey(Struct, frozen=True, kw_only=True):
    """A foreign key: its columns, and the table and columns that they refer to."""

    columns: tuple[str, ...]
    table: tuple[str, str]
    referenced: tuple[str, ...]


def shapes(table: Table) -> Iterator[Shape]:
    """Yield the indexes of a table, those of its keys too."""
    for constraint in table.constraints:
        if constraint.kind in _KEYS:
            yield _key_shape(table, constraint)
    for index in table.indexes:
        yield _index_shape(index)


def primary_key(table: Table) -> list[str | None]:
    """Return the columns of a table's primary key; empty where it has none."""
    for constraint in table.constraints:
        if constraint.kind is ConstraintKind.PRIMARY_KEY:
            return [_column(item) for item in _items(constraint.definition)]
    return []


def foreign_key(constraint: Constraint) -> ForeignKey | None:
    """Return a foreign key's columns; None where one of them is a period."""
    text = constraint.definition
    marker = _outer_words(text)["REFERENCES"]
    schema = leading_name(text, marker + len("REFERENCES "))
    table = leading_name(text, schema[1] + 1) if schema else None
    if schema is None or table is None:
        return None
    columns, referenced = names(text, next(lists(text))), names(text, table[1])
    if None in columns or None in referenced:
        return None
    return ForeignKey(
        columns=tuple(column for column in columns if column is not None),
        table=(schema[0], table[0]),
        referenced=tuple(column for column in referenced if column is not None),
    )


def _key_shape(table: Table, constraint: Constraint) -> Shape:
    text, index = constraint.definition, constraint.index
    words = _outer_words(text)
    return Shape(
        ref=index.ref if index else table.part(Kind.CONSTRAINT, constraint.name),
        method="gist" if text.endswith(" WITHOUT OVERLAPS)") else "btree",
        keys=tuple(_items(text)),
        included=tuple(_items(text, 1)) if "INCLUDE" in words else (),
        nulls_are_equal="DISTINCT" in words,
        is_unique=True,
        is_key=True,
        is_valid=index.is_valid if index else True,
        is_clone=constraint.parent is not None,
    )


def _index_shape(index: Index) -> Shape:
    text = index.definition
    words = _outer_words(text)
    method = leading_name(text, len("USING "))
    return Shape(
        ref=index.ref,
        method=method[0] if method else "",
        keys=tuple(_items(text)),
        included=tuple(_items(text, 1)) if "INCLUDE" in words else (),
        nulls_are_equal="DISTINCT" in words,
        predicate=text[words["WHERE"] + len("WHERE ") :] if "WHERE" in words else "",
        is_unique=index.is_unique,
        is_valid=index.is_valid,
        is_clone=index.parent is not None,
    )


def _items(text: str, number: int = 0) -> list[str]:
    """Return the items of a definition's list, each as printed."""
    opening = list(lists(text))[number]
    return [text[start:end] for start, end in items(text, opening)]


def _outer_words(text: str) -> dict[str, int]:
    """Return where the words in capitals are that stand in no parentheses."""
    found: dict[str, int] = {}
    depth = 0
    for offset, piece in pieces(text):
        depth += {"(": 1, ")": -1}.get(piece, 0)
        if depth == 0 and piece.isalpha() and piece.isupper():
            found.setdefault(piece, offset)
    return found


def _column(item: str) -> str | None:
    name = leading_name(item)
    if name is None or item[name[1] : name[1] + 1] not in {"", " "}:
        return None
    return name[0]
