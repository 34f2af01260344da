"""Definitions that only name things, as PostgreSQL would print them.

Printing one takes PostgreSQL several look-ups in cold caches, for each of tens of thousands of
keys, indexes and triggers. Most of them are made of names and a few words, which other rows hold
already. What is made of more (expressions, operator classes, collations, conditions, arguments)
PostgreSQL prints; of indexes that are alike, as those of partitions and of tenants' tables are,
only one. A test holds all of this against what PostgreSQL prints on every server.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable
from functools import cached_property, lru_cache
from operator import attrgetter
from typing import Any

from kongtask.names import qualify, quote_identifier
from kongtask.schema.catalog.classes import CatalogClass
from kongtask.schema.catalog.source import Source

_VARCHAR, _TEXT = 1043, 25

_KEYS = {"p": "PRIMARY KEY", "u": "UNIQUE"}
_STRATEGIES = {"r": "RANGE", "l": "LIST", "h": "HASH"}
_MATCHES = {"s": "", "f": " MATCH FULL", "p": " MATCH PARTIAL"}
_ACTIONS = {"r": "RESTRICT", "c": "CASCADE", "n": "SET NULL", "d": "SET DEFAULT"}

#: How an index sorts a column, by pg_index.indoption: 1 is descending, 2 is nulls first.
_ORDERS = {"0": "", "1": " DESC NULLS LAST", "2": " NULLS FIRST", "3": " DESC"}

#: Bits of pg_trigger.tgtype.
_FOR_EACH_ROW, _BEFORE, _INSTEAD_OF = 1, 2, 64
_EVENTS = {4: "INSERT", 8: "DELETE", 16: "UPDATE", 32: "TRUNCATE"}

#: What an index's definition depends on, and what it depends on of a column.
_WORDS = attrgetter("method", "numbers", "classes", "collations", "options", "likeness")
_COLUMN = attrgetter("number", "name", "type_oid", "collation_oid")


class Definitions:
    """Prints keys, indexes and triggers whose rows say enough, and knows what PostgreSQL printed.

    Args:
        source: the snapshot.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self._classes = {str(row.oid): row.type for row in source.rows["default_classes"]}
        self._printed: dict[int, str] = {}
        #: The indexes that PostgreSQL prints, and for each the first one that is like it.
        self._first: dict[int, int] = {}
        #: A number for each relation's columns, the same where all of them are.
        self._layouts: dict[int, int] = {}
        self._numbers: defaultdict[tuple[Any, ...], int] = defaultdict(itertools.count().__next__)
        alike: dict[Any, int] = {}
        for row in source.rows["indexes"]:
            if not row.is_printed:
                continue
            text = self._printed_index(row) if row.is_plain else None
            if text is not None:
                self._printed[row.oid] = text
            else:
                self._first[row.oid] = alike.setdefault(self._likeness(row), row.oid)

    def unprinted(self) -> list[int]:
        """Return the OIDs of the indexes that PostgreSQL must print: one of each likeness."""
        return sorted(set(self._first.values()))

    def index(self, oid: int) -> str:
        """Return an index's definition from USING on; empty for a constraint's."""
        text = self._printed.get(oid)
        if text is not None:
            return text
        first = self._first.get(oid)
        return "" if first is None else self._by_postgresql[first]

    def partition_key(self, row: Any) -> str | None:
        """Return what a partitioned table is partitioned by, or None for another relation."""
        if row.strategy is None or "0" in (numbers := row.numbers.split()):  # 0: an expression
            text: str | None = row.partition_key
            return text
        columns = [self._column(row.oid, int(number)) for number in numbers]
        words = zip(columns, row.classes.split(), row.collations.split(), strict=True)
        if not all(self._is_usual(*word) for word in words):
            return str(row.partition_key)
        names = ", ".join([quote_identifier(column.name) for column in columns])
        return f"{_STRATEGIES[row.strategy]} ({names})"

    def constraint(self, row: Any) -> str:
        """Return a constraint's definition, a key's without its deferral."""
        if row.columns is None:
            text: str = row.definition
            return text.removesuffix(deferral(row)) if row.kind in _KEYS else text
        names = self._names(row.relation, row.columns)
        if row.kind in _KEYS:
            return f"{_KEYS[row.kind]} ({names})"
        other = qualify(row.other_schema, row.other_name)
        others = self._names(row.other, row.other_columns)
        valid = "" if row.valid else " NOT VALID"
        return (
            f"FOREIGN KEY ({names}) REFERENCES {other}({others})"
            f"{_actions(row.actions)}{deferral(row)}{valid}"
        )

    def trigger(self, row: Any) -> str:
        """Return a trigger's definition."""
        if row.definition is not None:
            text: str = row.definition
            return text
        table = self._source.index.ref(CatalogClass.PG_CLASS, row.relation)
        assert table is not None, "only what is ours is printed"
        events, each = _moment(row.type)
        return (
            f"CREATE TRIGGER {quote_identifier(row.name)} {events} "
            f"ON {qualify(table.schema, table.name)} "
            f"FOR EACH {each} EXECUTE FUNCTION {self._source.routine(row.function)}()"
        )

    @cached_property
    def _by_postgresql(self) -> dict[int, str]:
        return {row.oid: row.definition for row in self._source.rows["index_definitions"]}

    def _likeness(self, row: Any) -> Any:
        """Return what is the same for indexes of the same definition, or the index's own OID.

        Expressions are compared as the trees that they are stored as. These name columns by
        number; where equal numbers are equal columns, they are printed as the same words.
        """
        if row.likeness is None:
            return row.oid
        layout = self._layouts.get(row.relation)
        if layout is None:
            columns = tuple(map(_COLUMN, self._source.columns.get(row.relation, ())))
            layout = self._layouts[row.relation] = self._numbers[columns]
        return (*_WORDS(row), layout)

    def _printed_index(self, row: Any) -> str | None:
        """Return an index's definition, or None where it says more than names."""
        numbers, classes = row.numbers.split(), row.classes.split()
        columns = [self._column(row.relation, int(number)) for number in numbers]
        keys = []
        for column, class_, collation, option in zip(
            columns, classes, row.collations.split(), row.options.split(), strict=False
        ):
            if not self._is_usual(column, class_, collation):
                return None
            keys.append(quote_identifier(column.name) + _ORDERS[option])
        included = ", ".join(quote_identifier(column.name) for column in columns[len(keys) :])
        return (
            f"USING {row.method} ({', '.join(keys)}){f' INCLUDE ({included})' if included else ''}"
        )

    def _is_usual(self, column: Any, class_: str, collation: str) -> bool:
        """Tell whether a column gets its operator class and its collation without a word."""
        if collation != "0" and int(collation) != column.collation_oid:
            return False
        type_ = self._classes.get(class_)
        return type_ == column.type_oid or (type_ == _TEXT and column.type_oid == _VARCHAR)

    def _names(self, relation: int, numbers: Iterable[int]) -> str:
        names = [self._column(relation, number).name for number in numbers]
        return ", ".join([quote_identifier(name) for name in names])

    def _column(self, relation: int, number: int) -> Any:
        rows = self._source.columns[relation]
        if number <= len(rows) and rows[number - 1].number == number:  # no column was dropped
            return rows[number - 1]
        return next(row for row in rows if row.number == number)


def deferral(row: Any) -> str:
    """Return how ``pg_get_constraintdef`` says when a key is checked."""
    if not row.deferrable:
        return ""
    return " DEFERRABLE INITIALLY DEFERRED" if row.deferred else " DEFERRABLE"


@lru_cache(maxsize=256)
def _actions(codes: str) -> str:
    """Return what follows the columns of a foreign key: how to match, and what changes do."""
    on = zip(("UPDATE", "DELETE"), codes[1:], strict=True)
    changes = (f" ON {change} {_ACTIONS[code]}" for change, code in on if code in _ACTIONS)
    return "".join([_MATCHES[codes[0]], *changes])


@lru_cache(maxsize=256)
def _moment(bits: int) -> tuple[str, str]:
    """Return when a trigger fires, and for each of what."""
    time = "BEFORE" if bits & _BEFORE else "INSTEAD OF" if bits & _INSTEAD_OF else "AFTER"
    events = " OR ".join(word for bit, word in _EVENTS.items() if bits & bit)
    return f"{time} {events}", "ROW" if bits & _FOR_EACH_ROW else "STATEMENT"
