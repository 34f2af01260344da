"""Types, domains and collations."""

from __future__ import annotations

from typing import ClassVar

from kongtask.schema.model.base import Kind, NamedObject, Ref
from kongtask.schema.model.parts import Column, Constraint, NotNull


class EnumType(NamedObject, frozen=True, kw_only=True):
    """An enum; its labels in order."""

    own_kind: ClassVar[Kind] = Kind.TYPE

    labels: tuple[str, ...]


class CompositeType(NamedObject, frozen=True, kw_only=True):
    """A stand-alone composite type."""

    own_kind: ClassVar[Kind] = Kind.TYPE

    columns: tuple[Column, ...]


class RangeType(NamedObject, frozen=True, kw_only=True):
    """A range; each option as the text that CREATE TYPE takes, or None for the default.

    Attributes:
        multirange: schema and name of its multirange; None before PostgreSQL 14.
    """

    own_kind: ClassVar[Kind] = Kind.TYPE

    subtype: str
    operator_class: str | None = None
    collation: str | None = None
    canonical: str | None = None
    subtype_diff: str | None = None
    multirange: tuple[str, str] | None = None
    multirange_comment: str | None = None

    @property
    def has_usual_multirange(self) -> bool:
        """Whether the multirange has the name that PostgreSQL gives it.

        Rule: CREATE TYPE's documentation, ``multirange_type_name``: the first ``range`` in the name
        becomes ``multirange``; without one, ``_multirange`` is added.
        """
        if "range" in self.name:
            usual = self.name.replace("range", "multirange", 1)
        else:
            usual = f"{self.name}_multirange"
        return self.multirange in {None, (self.schema, usual)}


class BaseType(NamedObject, frozen=True, kw_only=True):
    """A base type: its CREATE TYPE options in order; none at all is a shell."""

    own_kind: ClassVar[Kind] = Kind.TYPE

    options: tuple[tuple[str, str], ...] = ()


class Domain(NamedObject, frozen=True, kw_only=True):
    """A domain with its constraints.

    Attributes:
        default_requires: what the default's expression needs.
    """

    own_kind: ClassVar[Kind] = Kind.DOMAIN

    type: str
    collation: str | None = None
    default: str | None = None
    not_null: NotNull | None = None
    constraints: tuple[Constraint, ...] = ()
    default_requires: frozenset[Ref] = frozenset()

    def part(self, kind: Kind, name: str) -> Ref:
        """Return the identity of the default or of a constraint."""
        return Ref(kind, self.schema, self.name, name)


class Collation(NamedObject, frozen=True, kw_only=True):
    """A collation: its CREATE COLLATION options in order."""

    own_kind: ClassVar[Kind] = Kind.COLLATION

    options: tuple[tuple[str, str], ...]
