"""What a renderer must know beyond the object in its hand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from kongtask.schema.model import Ref, Schema, Table
from kongtask.schema.steps import Shell, Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """The neighbourhood of the steps that are rendered.

    Attributes:
        tables: all tables, by ref.
        shells: refs of what had a stand-in earlier in the file.
    """

    tables: Mapping[Ref, Table]
    shells: frozenset[Ref]

    @classmethod
    def of(cls, schemas: Iterable[Schema], steps: Iterable[Step]) -> Context:
        """Gather the context of some schemas."""
        return cls(
            tables={table.ref: table for schema in schemas for table in schema.tables},
            shells=frozenset(step.item.item.ref for step in steps if isinstance(step.item, Shell)),
        )
