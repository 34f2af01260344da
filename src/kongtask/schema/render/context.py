"""What a renderer must know beyond the object in its hand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from kongtask.schema.model import Ref, Table
from kongtask.schema.partitions import Partitioning
from kongtask.schema.steps import Shell, Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """The neighbourhood of the steps that are rendered.

    Attributes:
        partitioning: how partitioned tables are put together.
        shells: refs of what has a stand-in earlier in the file.
        separate: keys of all steps; a default or constraint among them has a statement of its own.
    """

    partitioning: Partitioning
    shells: frozenset[Ref]
    separate: frozenset[Ref]

    @classmethod
    def of(cls, partitioning: Partitioning, steps: Iterable[Step]) -> Context:
        """Gather the context of some steps."""
        steps = tuple(steps)
        return cls(
            partitioning=partitioning,
            shells=frozenset(step.item.item.ref for step in steps if isinstance(step.item, Shell)),
            separate=frozenset(step.key for step in steps),
        )

    @property
    def tables(self) -> Mapping[Ref, Table]:
        """All tables of the export."""
        return self.partitioning.tables
