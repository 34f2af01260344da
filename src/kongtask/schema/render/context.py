"""What a renderer must know beyond the object in its hand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field

from kongtask.schema.model import Column, Ref, Table
from kongtask.schema.partitions import Partitioning
from kongtask.schema.steps import Default, Shell, Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """The neighbourhood of the steps that are rendered.

    Attributes:
        partitioning: how partitioned tables are put together.
        shells: refs of what has a stand-in earlier in the file.
        separate: keys of all steps; a default or constraint among them has a statement of its own.
        has_separate_defaults: whether there are defaults among them.
        column_texts: columns and the definition that says all of each, None where none does, by
            the identity of the column. The reader makes equal columns one object, and large schemas
            have the same ones again and again.
    """

    partitioning: Partitioning
    shells: frozenset[Ref]
    separate: Set[Ref]
    has_separate_defaults: bool
    column_texts: dict[int, tuple[Column, str | None]] = field(default_factory=dict, compare=False)

    @classmethod
    def of(cls, partitioning: Partitioning, steps: Iterable[Step]) -> Context:
        """Gather the context of some steps."""
        items = {step.key: step.item for step in steps}
        kinds = set(map(type, items.values()))
        found = items.values() if Shell in kinds else ()
        return cls(
            partitioning=partitioning,
            shells=frozenset(item.item.ref for item in found if isinstance(item, Shell)),
            separate=items.keys(),
            has_separate_defaults=Default in kinds,
        )

    @property
    def tables(self) -> Mapping[Ref, Table]:
        """All tables of the export."""
        return self.partitioning.tables
