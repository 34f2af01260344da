"""Who is who: every row that others may depend on, under the identity that the model gives it."""

from __future__ import annotations

from typing import Any

from kongtask.schema.catalog.classes import CatalogClass
from kongtask.schema.catalog.index import ObjectIndex
from kongtask.schema.catalog.source import Rows
from kongtask.schema.model import Kind, Ref

#: Kinds of relations, as pg_class calls them.
RELATION_KINDS = {
    "r": Kind.TABLE, "p": Kind.TABLE, "f": Kind.FOREIGN_TABLE, "v": Kind.VIEW,
    "m": Kind.MATERIALIZED_VIEW, "S": Kind.SEQUENCE, "c": Kind.TYPE,
}  # fmt: skip
#: Kinds of routines, as pg_proc calls them.
ROUTINE_KINDS = {"f": Kind.FUNCTION, "w": Kind.FUNCTION, "p": Kind.PROCEDURE, "a": Kind.AGGREGATE}

TEXT_SEARCH_KINDS = {
    CatalogClass.PG_TS_PARSER: Kind.TEXT_SEARCH_PARSER,
    CatalogClass.PG_TS_TEMPLATE: Kind.TEXT_SEARCH_TEMPLATE,
    CatalogClass.PG_TS_DICT: Kind.TEXT_SEARCH_DICTIONARY,
    CatalogClass.PG_TS_CONFIG: Kind.TEXT_SEARCH_CONFIGURATION,
}

_NAMED = (
    ("collations", CatalogClass.PG_COLLATION, Kind.COLLATION),
    ("statistics", CatalogClass.PG_STATISTIC_EXT, Kind.STATISTICS),
    ("conversions", CatalogClass.PG_CONVERSION, Kind.CONVERSION),
)
_OF_RELATIONS = (
    ("triggers", CatalogClass.PG_TRIGGER, Kind.TRIGGER),
    ("policies", CatalogClass.PG_POLICY, Kind.POLICY),
)
_OF_METHODS = (
    ("operator_families", CatalogClass.PG_OPFAMILY, Kind.OPERATOR_FAMILY),
    ("operator_classes", CatalogClass.PG_OPCLASS, Kind.OPERATOR_CLASS),
)


def register(rows: Rows, index: ObjectIndex) -> None:
    """Tell the index who is who."""
    for query, catalog, kind in _NAMED:
        for row in rows[query]:
            index.add(catalog, row.oid, Ref(kind, row.schema, row.name))
    for row in rows["types"]:
        kind = Kind.DOMAIN if row.kind == "d" else Kind.TYPE
        index.add(CatalogClass.PG_TYPE, row.oid, Ref(kind, row.schema, row.name))
    for row in rows["routines"]:
        ref = Ref(ROUTINE_KINDS[row.kind], row.schema, row.name, row.signature)
        index.add(CatalogClass.PG_PROC, row.oid, ref)
    _register_relations(rows, index)
    _register_parts(rows, index)
    _register_constraints(rows, index)
    _register_operators(rows, index)
    for row in rows["text_search"]:
        catalog = CatalogClass(row.catalog)
        index.add(catalog, row.oid, Ref(TEXT_SEARCH_KINDS[catalog], row.schema, row.name))
    for row in rows["type_aliases"]:
        index.alias(CatalogClass.PG_TYPE, row.alias, row.type)


def own_relations(rows: Rows) -> list[Any]:
    """Return the rows of relations, without the tables elsewhere that ours inherit from."""
    return [row for row in rows["relations"] if not row.is_outside]


def operator_signature(left: str | None, right: str | None) -> str:
    """Return an operator's operand types as COMMENT and ALTER take them."""
    return f"{left or 'NONE'}, {right or 'NONE'}"


def _register_relations(rows: Rows, index: ObjectIndex) -> None:
    for row in own_relations(rows):
        ref = Ref(RELATION_KINDS[row.kind], row.schema, row.name)
        index.add(CatalogClass.PG_CLASS, row.oid, ref)
        if row.row_type:
            index.add(CatalogClass.PG_TYPE, row.row_type, ref)
    for row in rows["sequences"]:
        owner = index.ref(CatalogClass.PG_CLASS, row.owner_relation or 0)
        if row.ownership == "i" and owner is not None:
            index.add(CatalogClass.PG_CLASS, row.relation, owner)


def _register_parts(rows: Rows, index: ObjectIndex) -> None:
    # Nothing needs a default, and few need anything.
    needy = {row[1] for row in rows["dependencies"] if row[0] == CatalogClass.PG_ATTRDEF}
    for row in rows["columns"] if needy else ():
        if row.default_oid in needy:
            owner = index.ref(CatalogClass.PG_CLASS, row.relation)
            if owner is not None:
                ref = Ref(Kind.DEFAULT, owner.schema, owner.name, row.name)
                index.add(CatalogClass.PG_ATTRDEF, row.default_oid, ref)
    for query, catalog, kind in _OF_RELATIONS:
        for row in rows[query]:
            owner = index.ref(CatalogClass.PG_CLASS, row.relation)
            if owner is not None:
                index.add(catalog, row.oid, Ref(kind, owner.schema, owner.name, row.name))
    for row in rows["rules"]:
        owner = index.ref(CatalogClass.PG_CLASS, row.relation)
        if owner is not None:
            own = Ref(Kind.RULE, owner.schema, owner.name, row.name)
            index.add(CatalogClass.PG_REWRITE, row.oid, owner if row.is_view else own)


def _register_constraints(rows: Rows, index: ObjectIndex) -> None:
    for row in rows["constraints"]:
        owner = (
            index.ref(CatalogClass.PG_TYPE, row.domain)
            if row.domain
            else index.ref(CatalogClass.PG_CLASS, row.relation)
        )
        if owner is not None:
            ref = Ref(Kind.CONSTRAINT, owner.schema, owner.name, row.name)
            index.add(CatalogClass.PG_CONSTRAINT, row.oid, ref)
    for row in rows["indexes"]:
        if index.ref(CatalogClass.PG_CLASS, row.relation) is not None:
            own = Ref(Kind.INDEX, row.schema, row.name)
            key = index.ref(CatalogClass.PG_CONSTRAINT, row.key or 0)
            index.add(CatalogClass.PG_CLASS, row.oid, key or own)
    for row in rows["not_nulls"]:
        owner = index.ref(CatalogClass.PG_CLASS, row.relation) or index.ref(
            CatalogClass.PG_TYPE, row.domain
        )
        if owner is not None:
            index.add(CatalogClass.PG_CONSTRAINT, row.oid, owner)


def _register_operators(rows: Rows, index: ObjectIndex) -> None:
    for row in rows["operators"]:
        signature = operator_signature(row.left_type, row.right_type)
        ref = Ref(Kind.OPERATOR, row.schema, row.name, signature)
        index.add(CatalogClass.PG_OPERATOR, row.oid, ref)
    for query, catalog, kind in _OF_METHODS:
        for row in rows[query]:
            index.add(catalog, row.oid, Ref(kind, row.schema, row.name, row.method))
    for row in rows["family_members"]:
        # A member needs things, and nothing needs it; its refs only carry its needs.
        family = Ref(Kind.OPERATOR_FAMILY, "", str(row.family), f"{row.catalog} {row.oid}")
        index.add(CatalogClass(row.catalog), row.oid, family)
