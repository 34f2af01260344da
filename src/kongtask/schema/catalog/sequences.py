"""Rows of pg_sequence -> sequences."""

from __future__ import annotations

from typing import Any

from kongtask.schema.catalog.classes import CatalogClass
from kongtask.schema.catalog.register import RELATION_KINDS, own_relations
from kongtask.schema.catalog.source import Source
from kongtask.schema.model import Ref, Sequence, SequenceOptions

_LIMITS = {"smallint": 2**15 - 1, "integer": 2**31 - 1, "bigint": 2**63 - 1}


class SequenceReader:
    """Builds sequences: those of their own, and those behind identity columns."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._relations = {row.oid: row for row in source.rows["relations"]}
        self._numbers = {row.relation: row for row in source.rows["sequences"]}
        self._identities = {
            (row.owner_relation, row.owner_column): row.relation
            for row in source.rows["sequences"]
            if row.ownership == "i"
        }
        owners = {row.owner_relation for row in source.rows["sequences"] if row.ownership == "a"}
        self._column_names = {
            (row.relation, row.number): row.name
            for row in source.rows["columns"]
            if row.relation in owners
        }

    def sequences(self) -> list[Sequence]:
        """Return the sequences that are no identity column's."""
        return [
            self._sequence(row)
            for row in own_relations(self._source.rows)
            if row.kind == "S" and self._numbers[row.oid].ownership != "i"
        ]

    def identity(self, relation: int, column: int) -> Sequence | None:
        """Return the sequence of an identity column, or None where the column has none."""
        oid = self._identities.get((relation, column))
        return None if oid is None else self._sequence(self._relations[oid])

    def _sequence(self, row: Any) -> Sequence:
        numbers = self._numbers[row.oid]
        owned_by = None
        owner = self._relations.get(numbers.owner_relation)
        if owner is not None and numbers.ownership == "a":
            ref = Ref(RELATION_KINDS[owner.kind], owner.schema, owner.name)
            owned_by = (ref, self._column_names[owner.oid, numbers.owner_column])
        return Sequence(
            **self._source.common(CatalogClass.PG_CLASS, row),
            options=_options(numbers),
            unlogged=row.unlogged,
            owned_by=owned_by,
        )


def _options(row: Any) -> SequenceOptions:
    """Leave out the numbers that CREATE SEQUENCE chooses by itself."""
    limit = _LIMITS[row.type]
    low, high = (1, limit) if row.increment > 0 else (-limit - 1, -1)
    usual_start = row.minimum if row.increment > 0 else row.maximum
    return SequenceOptions(
        type=row.type,
        start=None if row.start == usual_start else row.start,
        increment=row.increment,
        minimum=None if row.minimum == low else row.minimum,
        maximum=None if row.maximum == high else row.maximum,
        cache=row.cache,
        cycle=row.cycle,
    )
