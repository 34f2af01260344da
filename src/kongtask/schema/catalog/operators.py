"""Rows of pg_operator, pg_opfamily, pg_opclass and pg_conversion -> the model."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from kongtask.names import qualify
from kongtask.schema.catalog.classes import CatalogClass
from kongtask.schema.catalog.register import operator_signature
from kongtask.schema.catalog.source import Source, called_operator, grouped
from kongtask.schema.model import (
    Conversion,
    FamilyMember,
    Kind,
    Operator,
    OperatorClass,
    OperatorFamily,
    Ref,
)

#: Methods whose classes only hold members of their own type; others' types are the family's.
_STRICT_METHODS = {"btree", "hash"}


class OperatorReader:
    """Builds the operators of some schemas, with their families and classes, and conversions."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._classes = grouped(source.rows["operator_classes"], "family")
        self._members: defaultdict[tuple[int, int | None], list[Any]] = defaultdict(list)
        for row in sorted(source.rows["family_members"], key=_member_order):
            self._members[row.family, self._class_of(row)].append(row)

    def operators(self) -> list[Operator]:
        """Return the operators, shells too."""
        return [self._operator(row) for row in self._source.rows["operators"]]

    def families(self) -> list[OperatorFamily]:
        """Return the operator families, with the members that belong to no class."""
        return [
            OperatorFamily(
                **self._source.common(CatalogClass.PG_OPFAMILY, row),
                method=row.method,
                members=self._built_members(row.oid, None),
            )
            for row in self._source.rows["operator_families"]
        ]

    def classes(self) -> list[OperatorClass]:
        """Return the operator classes with their members."""
        return [self._class(row) for row in self._source.rows["operator_classes"]]

    def conversions(self) -> list[Conversion]:
        """Return the conversions."""
        return [
            Conversion(
                **self._source.common(CatalogClass.PG_CONVERSION, row),
                source=row.source,
                target=row.target,
                function=self._source.routine(row.function) or "",
                is_default=row.is_default,
            )
            for row in self._source.rows["conversions"]
        ]

    def _operator(self, row: Any) -> Operator:
        named: list[tuple[str, str | bool | None]] = [
            ("FUNCTION", self._source.routine(row.function)),
            ("LEFTARG", row.left_type),
            ("RIGHTARG", row.right_type),
            ("COMMUTATOR", called_operator(self._source.operator(row.commutator))),
            ("NEGATOR", called_operator(self._source.operator(row.negator))),
            ("RESTRICT", self._source.routine(row.restriction)),
            ("JOIN", self._source.routine(row.join_estimator)),
            ("HASHES", row.hashes),
            ("MERGES", row.merges),
        ]
        return Operator(
            **self._source.common(CatalogClass.PG_OPERATOR, row),
            signature=operator_signature(row.left_type, row.right_type),
            options=tuple((key, None if v is True else str(v)) for key, v in named if v),
            is_shell=not row.function,
        )

    def _class(self, row: Any) -> OperatorClass:
        common = self._source.common(CatalogClass.PG_OPCLASS, row)
        family = Ref(Kind.OPERATOR_FAMILY, row.family_schema, row.family_name, row.method)
        common["requires"] = common["requires"] | {family}
        return OperatorClass(
            **common,
            method=row.method,
            type=row.type,
            family=qualify(row.family_schema, row.family_name),
            is_default=row.is_default,
            storage=row.storage,
            members=self._built_members(row.family, row.oid),
        )

    def _class_of(self, member: Any) -> int | None:
        """Return the class that shows a member, or None where the family does.

        From 14 on PostgreSQL remembers a member's class only where the class cannot do without it,
        before always. What CREATE OPERATOR CLASS most likely said is told by the types instead, so
        that the text does not depend on the version.
        """
        classes = self._classes.get(member.family, [])
        recorded: int | None = member.of_class
        fitting = [
            row.oid
            for row in sorted(classes, key=lambda row: row.name.encode())
            if row.type_oid == member.left_oid == member.right_oid
        ]
        if fitting:
            return recorded if recorded in fitting else fitting[0]
        if member.method in _STRICT_METHODS:
            return None
        known = [row.oid for row in classes]
        return recorded if recorded in known else known[0] if len(known) == 1 else None

    def _built_members(self, family: int, class_: int | None) -> tuple[FamilyMember, ...]:
        return tuple(self._member(row) for row in self._members.get((family, class_), ()))

    def _member(self, row: Any) -> FamilyMember:
        types = f"({row.left_type}, {row.right_type})"
        if row.operator:
            text = f"OPERATOR {row.number} {self._source.operator(row.operator)} {types}"
            if row.sort_family is not None:
                text += f" FOR ORDER BY {qualify(row.sort_schema, row.sort_family)}"
        else:
            function = f"{self._source.routine(row.function)}({row.arguments})"
            text = f"FUNCTION {row.number} {types} {function}"
        catalog = CatalogClass(row.catalog)
        return FamilyMember(definition=text, requires=self._source.index.requires(catalog, row.oid))


def _member_order(row: Any) -> tuple[int, int, bytes, bytes]:
    return row.catalog, row.number, row.left_type.encode(), row.right_type.encode()
