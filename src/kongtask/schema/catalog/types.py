"""Rows of pg_type, pg_range and pg_collation -> types, domains and collations."""

from __future__ import annotations

from typing import Any

from kongtask.names import quote_literal
from kongtask.schema.catalog.classes import CatalogClass
from kongtask.schema.catalog.columns import not_null
from kongtask.schema.catalog.parts import PartReader
from kongtask.schema.catalog.source import Source
from kongtask.schema.model import BaseType, Collation, Domain, EnumType, NotNull, RangeType

_ALIGNMENTS = {"c": "char", "s": "int2", "i": "int4", "d": "double"}
_STORAGE = {"p": "plain", "e": "external", "m": "main", "x": "extended"}
_PROVIDERS = {"c": "libc", "i": "icu", "b": "builtin"}

#: What a domain needs for its base type; what else it needs is its default's.
_TYPE_CATALOGS = (CatalogClass.PG_TYPE, CatalogClass.PG_COLLATION)


class TypeReader:
    """Builds the types of some schemas."""

    def __init__(self, source: Source, parts: PartReader) -> None:
        self._source, self._parts = source, parts
        self._ranges = {row.type: row for row in source.rows["ranges"]}
        self._not_nulls = {row.domain: row for row in source.rows["not_nulls"] if row.domain}

    def enums(self) -> list[EnumType]:
        """Return the enums."""
        return [EnumType(**self._common(row), labels=tuple(row.labels)) for row in self._of("e")]

    def ranges(self) -> list[RangeType]:
        """Return the ranges."""
        return [self._range(row) for row in self._of("r")]

    def base_types(self) -> list[BaseType]:
        """Return base and shell types."""
        return [
            BaseType(**self._common(row), options=self._base_options(row) if row.is_defined else ())
            for row in self._of("bp")
        ]

    def domains(self) -> list[Domain]:
        """Return the domains."""
        return [self._domain(row) for row in self._of("d")]

    def collations(self) -> list[Collation]:
        """Return the collations."""
        return [
            Collation(
                **self._source.common(CatalogClass.PG_COLLATION, row),
                options=_collation_options(row),
            )
            for row in self._source.rows["collations"]
        ]

    def _of(self, kinds: str) -> list[Any]:
        return [row for row in self._source.rows["types"] if row.kind in kinds]

    def _common(self, row: Any) -> dict[str, Any]:
        return self._source.common(CatalogClass.PG_TYPE, row)

    def _range(self, row: Any) -> RangeType:
        made_of = self._ranges[row.oid]
        multirange = made_of.multirange and (made_of.multirange_schema, made_of.multirange)
        return RangeType(
            **self._common(row),
            subtype=made_of.subtype,
            operator_class=made_of.operator_class,
            collation=made_of.collation,
            canonical=self._source.routine(made_of.canonical),
            subtype_diff=self._source.routine(made_of.subtype_diff),
            multirange=multirange,
            multirange_comment=self._source.comment(CatalogClass.PG_TYPE, made_of.multirange_oid),
        )

    def _domain(self, row: Any) -> Domain:
        common = self._common(row)
        of_type = self._source.index.requires(CatalogClass.PG_TYPE, row.oid, of=_TYPE_CATALOGS)
        all_, common["requires"] = common["requires"], of_type
        return Domain(
            **common,
            type=row.base_type,
            collation=row.collation,
            default=row.default_text,
            not_null=self._not_null(row) if row.not_null else None,
            constraints=self._parts.domain_constraints(row.oid),
            default_requires=all_ - of_type,
        )

    def _not_null(self, domain: Any) -> NotNull:
        row = self._not_nulls.get(domain.oid)
        return NotNull() if row is None else not_null(self._source, row)

    def _base_options(self, row: Any) -> tuple[tuple[str, str], ...]:
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
        named = ((key, self._source.routine(oid)) for key, oid in functions.items())
        return (*((key, name) for key, name in named if name is not None), *_base_layout(row))


def _base_layout(row: Any) -> tuple[tuple[str, str], ...]:
    options = [("INTERNALLENGTH", str(row.length) if row.length > 0 else "VARIABLE")]
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
