"""Operators, operator families and classes, conversions."""

from __future__ import annotations

from typing import ClassVar

from kongtask.schema.model.base import Kind, NamedObject, Ref, SchemaObject, Value


class Operator(SchemaObject, frozen=True, kw_only=True):
    """An operator: its CREATE OPERATOR options in order; an option without a value is None.

    Attributes:
        signature: the operand types, ``NONE`` for a missing one.
        is_shell: others name it, and nobody has defined it.
    """

    signature: str
    options: tuple[tuple[str, str | None], ...]
    is_shell: bool = False

    @property
    def ref(self) -> Ref:
        """Its identity."""
        return Ref(Kind.OPERATOR, self.schema, self.name, self.signature)


class FamilyMember(Value, frozen=True, kw_only=True):
    """An operator or support function of a family.

    Attributes:
        definition: as CREATE OPERATOR CLASS and ALTER OPERATOR FAMILY take it.
        requires: what it needs.
    """

    definition: str
    requires: frozenset[Ref] = frozenset()


class OperatorFamily(SchemaObject, frozen=True, kw_only=True):
    """An operator family; its members are those that belong to no class."""

    method: str
    members: tuple[FamilyMember, ...] = ()

    @property
    def ref(self) -> Ref:
        """Its identity."""
        return Ref(Kind.OPERATOR_FAMILY, self.schema, self.name, self.method)


class OperatorClass(SchemaObject, frozen=True, kw_only=True):
    """An operator class.

    Attributes:
        family: the family's qualified name.
        storage: the type that the index holds, where it is another one.
    """

    method: str
    type: str
    family: str
    is_default: bool = False
    storage: str | None = None
    members: tuple[FamilyMember, ...] = ()

    @property
    def ref(self) -> Ref:
        """Its identity."""
        return Ref(Kind.OPERATOR_CLASS, self.schema, self.name, self.method)


class Conversion(NamedObject, frozen=True, kw_only=True):
    """A conversion between encodings."""

    own_kind: ClassVar[Kind] = Kind.CONVERSION

    source: str
    target: str
    function: str
    is_default: bool = False
