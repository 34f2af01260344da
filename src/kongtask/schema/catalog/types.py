"""Rows of pg_type, pg_range and pg_collation -> types, domains and collations."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from kongtask.names import qualify, quote_literal
from kongtask.schema.catalog.classes import CatalogClass
from kongtask.schema.catalog.index import ObjectIndex
from kongtask.schema.catalog.relations import Rows, not_null_name
from kongtask.schema.model import (
    BaseType,
    Collation,
    Constraint,
    ConstraintKind,
    Domain,
    EnumType,
    Kind,
    NotNull,
    RangeType,
    Ref,
)

_ALIGNMENTS = {"c": "char", "s": "int2", "i": "int4", "d": "double"}
_STORAGE = {"p": "plain", "e": "external", "m": "main", "x": "extended"}
_PROVIDERS = {"c": "libc", "i": "icu", "b": "builtin"}


def register(rows: Rows, index: ObjectIndex) -> None:
    """Tell the index who is who among types; relations come before, their aliases after."""
    for row in rows["types"]:
        kind = Kind.DOMAIN if row.kind == "d" else Kind.TYPE
        index.add(CatalogClass.PG_TYPE, row.oid, Ref(kind, row.schema, row.name))
    for row in rows["collations"]:
        ref = Ref(Kind.COLLATION, row.schema, row.name)
        index.add(CatalogClass.PG_COLLATION, row.oid, ref)


def register_aliases(rows: Rows, index: ObjectIndex) -> None:
    """Let arrays stand for their elements and multiranges for their ranges."""
    for row in rows["type_aliases"]:
        index.alias(CatalogClass.PG_TYPE, row.alias, row.type)


class TypeReader:
    """Builds the types of some schemas from their rows."""

    def __init__(self, rows: Rows, index: ObjectIndex) -> None:
        self._rows, self._index = rows, index
        self._ranges = {row.type: row for row in rows["ranges"]}
        self._not_null_names = {row.domain: row.name for row in rows["not_nulls"]}
        self._constraints: defaultdict[int, list[Any]] = defaultdict(list)
        for row in rows["constraints"]:
            if row.domain:
                self._constraints[row.domain].append(row)

    def enums(self) -> list[EnumType]:
        """Return the enums."""
        return [
            EnumType(labels=tuple(row.labels), **self._common(row))
            for row in self._rows["types"]
            if row.kind == "e"
        ]

    def ranges(self) -> list[RangeType]:
        """Return the ranges."""
        return [self._range(row) for row in self._rows["types"] if row.kind == "r"]

    def base_types(self) -> list[BaseType]:
        """Return base and shell types."""
        return [
            BaseType(options=_base_options(row) if row.is_defined else (), **self._common(row))
            for row in self._rows["types"]
            if row.kind in "bp"
        ]

    def domains(self) -> list[Domain]:
        """Return the domains."""
        return [
            Domain(
                type=row.base_type,
                collation=row.collation,
                default=row.default_text,
                not_null=NotNull(name=not_null_name(self._not_null_names.get(row.oid)))
                if row.not_null
                else None,
                constraints=self._domain_constraints(row),
                **self._common(row),
            )
            for row in self._rows["types"]
            if row.kind == "d"
        ]

    def collations(self) -> list[Collation]:
        """Return the collations."""
        return [
            Collation(
                schema=row.schema,
                name=row.name,
                owner=row.owner,
                comment=row.comment,
                options=_collation_options(row),
            )
            for row in self._rows["collations"]
        ]

    def _common(self, row: Any) -> dict[str, Any]:
        return {
            "schema": row.schema,
            "name": row.name,
            "owner": row.owner,
            "comment": row.comment,
            "requires": self._index.requires(CatalogClass.PG_TYPE, row.oid),
        }

    def _range(self, row: Any) -> RangeType:
        made_of = self._ranges[row.oid]
        multirange = None
        if made_of.multirange and made_of.multirange != usual_multirange_name(row.name):
            multirange = qualify(made_of.multirange_schema, made_of.multirange)
        return RangeType(
            subtype=made_of.subtype,
            operator_class=made_of.operator_class,
            collation=made_of.collation,
            canonical=made_of.canonical,
            subtype_diff=made_of.subtype_diff,
            multirange=multirange,
            **self._common(row),
        )

    def _domain_constraints(self, domain: Any) -> tuple[Constraint, ...]:
        built = (
            Constraint(
                name=row.name,
                kind=ConstraintKind(row.kind),
                definition=row.definition,
                valid=row.valid,
                comment=row.comment,
                requires=self._index.requires(CatalogClass.PG_CONSTRAINT, row.oid),
            )
            for row in self._constraints[domain.oid]
        )
        return tuple(sorted(built, key=lambda constraint: constraint.name.encode()))


def usual_multirange_name(range_name: str) -> str:
    """Return the name that PostgreSQL gives to a range's multirange.

    Rule: CREATE TYPE's documentation, ``multirange_type_name``: the first ``range`` in the name
    becomes ``multirange``; without one, ``_multirange`` is added.
    """
    if "range" in range_name:
        return range_name.replace("range", "multirange", 1)
    return f"{range_name}_multirange"


def _base_options(row: Any) -> tuple[tuple[str, str], ...]:
    functions = {
        "INPUT": row.input,
        "OUTPUT": row.output,
        "RECEIVE": row.receive,
        "SEND": row.send,
        "TYPMOD_IN": row.typmod_in,
        "TYPMOD_OUT": row.typmod_out,
        "ANALYZE": row.analyze,
        "SUBSCRIPT": row.subscript,
    }
    options = [(key, value) for key, value in functions.items() if value is not None]
    options.append(("INTERNALLENGTH", str(row.length) if row.length > 0 else "VARIABLE"))
    if row.by_value:
        options.append(("PASSEDBYVALUE", "true"))
    options.append(("ALIGNMENT", _ALIGNMENTS[row.alignment]))
    options.append(("STORAGE", _STORAGE[row.storage]))
    if row.category != "U":
        options.append(("CATEGORY", quote_literal(row.category)))
    if row.is_preferred:
        options.append(("PREFERRED", "true"))
    if row.default_text is not None:
        options.append(("DEFAULT", quote_literal(row.default_text)))
    if row.element is not None:
        options.append(("ELEMENT", row.element))
    if row.delimiter != ",":
        options.append(("DELIMITER", quote_literal(row.delimiter)))
    if row.is_collatable:
        options.append(("COLLATABLE", "true"))
    return tuple(options)


def _collation_options(row: Any) -> tuple[tuple[str, str], ...]:
    options = [("provider", _PROVIDERS[row.provider])]
    if row.provider == "c" and row.lc_collate != row.lc_ctype:
        options.append(("lc_collate", quote_literal(row.lc_collate)))
        options.append(("lc_ctype", quote_literal(row.lc_ctype)))
    else:
        options.append(("locale", quote_literal(row.lc_collate or row.locale)))
    if row.rules is not None:
        options.append(("rules", quote_literal(row.rules)))
    if not row.is_deterministic:
        options.append(("deterministic", "false"))
    return tuple(options)
