"""Sequences, of their own or behind an identity column."""

from __future__ import annotations

from typing import ClassVar

from kongtask.schema.model.base import Kind, NamedObject, Ref, Value


class SequenceOptions(Value, frozen=True, kw_only=True):
    """The numbers of a sequence; None stands for the default of its type and direction."""

    type: str = "bigint"
    start: int | None = None
    increment: int = 1
    minimum: int | None = None
    maximum: int | None = None
    cache: int = 1
    cycle: bool = False


class Sequence(NamedObject, frozen=True, kw_only=True):
    """A sequence.

    Attributes:
        owned_by: the table's ref and the column's name, of a sequence that goes with a column.
    """

    own_kind: ClassVar[Kind] = Kind.SEQUENCE

    options: SequenceOptions
    unlogged: bool = False
    owned_by: tuple[Ref, str] | None = None
