"""Keys of tables: their columns, and what foreign keys refer to.

The model keeps a constraint as PostgreSQL prints it with an empty search_path: identifiers with
quotes where they need some, the name of the other table qualified. So its lists of columns can be
read word by word.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from kongtask.schema.docs.view import Link
from kongtask.schema.model import Constraint, ConstraintKind, Kind, Ref, Table

_WORD = re.compile(r'"((?:[^"]|"")*)"|([^\s"(),.]+)|([(),.])')

_KEYS = frozenset({ConstraintKind.PRIMARY_KEY, ConstraintKind.UNIQUE})


def key_columns(constraint: Constraint) -> tuple[str, ...]:
    """Return the columns of a primary key, a unique or a foreign key, in its order."""
    return tuple(_list(_words(constraint.definition)))


def links(table: Table, tables: Mapping[Ref, Table]) -> Iterator[Link]:
    """Yield the foreign keys of a table that lead to other tables that are known.

    Args:
        table: the one that has them.
        tables: those that are known, by their refs.
    """
    by_name = {(ref.schema, ref.name): ref for ref in tables}
    optional = {column.name for column in table.columns if column.not_null is None}
    unique = {
        frozenset(key_columns(constraint))
        for constraint in table.constraints
        if constraint.kind in _KEYS
    }
    for constraint in table.constraints:
        if constraint.kind is not ConstraintKind.FOREIGN_KEY or constraint.parent is not None:
            continue  # a partition's is its partitioned table's
        words = _words(constraint.definition)
        source = tuple(_list(words))
        target = by_name.get(_target(words))
        if target is not None:
            yield Link(
                name=constraint.name,
                source=table.ref,
                target=target,
                source_columns=source,
                target_columns=tuple(_list(words)),
                is_optional=any(name in optional for name in source),
                is_single=any(key <= frozenset(source) for key in unique),
            )


def marks(table: Table) -> dict[str, list[str]]:
    """Return what keys each column is in: ``PK``, ``FK``, ``UK``."""
    found: dict[str, list[str]] = {}
    words = {
        ConstraintKind.PRIMARY_KEY: "PK",
        ConstraintKind.FOREIGN_KEY: "FK",
        ConstraintKind.UNIQUE: "UK",
    }
    for constraint in sorted(table.constraints, key=lambda x: x.kind != ConstraintKind.PRIMARY_KEY):
        word = words.get(constraint.kind)
        columns = key_columns(constraint) if word else ()
        if word is None or (word == "UK" and len(columns) > 1):
            continue
        for name in columns:
            if word not in found.setdefault(name, []):
                found[name].append(word)
    return found


def _words(definition: str) -> Iterator[tuple[str, bool]]:
    """Yield the words of a definition, each with whether it is a sign or a word of SQL.

    Those are in capitals, which a name has in quotes only.
    """
    for quoted, bare, sign in _WORD.findall(definition):
        if sign or bare:
            yield sign or bare, bool(sign) or bare.isupper()
        else:
            yield quoted.replace('""', '"'), False


def _list(words: Iterator[tuple[str, bool]]) -> Iterator[str]:
    """Yield the names of the next list in parentheses."""
    for found in words:
        if found == ("(", True):
            break
    name = ""
    for word, is_sign in words:
        if not is_sign:
            name = word
        elif word in {",", ")"}:
            yield name
            if word == ")":
                return


def _target(words: Iterator[tuple[str, bool]]) -> tuple[str, str]:
    """Return schema and name of the table behind REFERENCES."""
    for word in words:
        if word == ("REFERENCES", True):
            break
    found = [word for word, _ in (next(words, ("", False)) for _ in range(3))]
    return found[0], found[2]


def is_table(ref: Ref) -> bool:
    """Tell whether something is a table of some sort."""
    return ref.kind in {Kind.TABLE, Kind.FOREIGN_TABLE}
