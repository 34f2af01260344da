"""The routines and operators that rows mention by OID."""

from __future__ import annotations

from kongtask.schema.catalog.classes import CatalogClass
from kongtask.schema.catalog.columns import is_generated
from kongtask.schema.catalog.index import ObjectIndex
from kongtask.schema.catalog.source import Rows

_ROUTINES = {
    "routines": ("support",),
    "triggers": ("function",),
    "aggregates": (
        "sfunc", "finalfunc", "combinefunc", "serialfunc", "deserialfunc", "msfunc", "minvfunc",
        "mfinalfunc",
    ),
    "types": (
        "input", "output", "receive", "send", "typmod_in", "typmod_out", "analyze", "subscript",
    ),
    "ranges": ("canonical", "subtype_diff"),
    "operators": ("function", "restriction", "join_estimator"),
    "family_members": ("function",),
    "conversions": ("function",),
    "languages": ("handler", "inline", "validator"),
    "access_methods": ("handler",),
    "foreign_data_wrappers": ("handler", "validator"),
    "event_triggers": ("function",),
}  # fmt: skip
_OPERATORS = {
    "aggregates": ("sortop",),
    "operators": ("commutator", "negator"),
    "family_members": ("operator",),
}


def mentioned_routines(rows: Rows, index: ObjectIndex) -> list[int]:
    """Return the OIDs of the routines whose names are needed."""
    found = _found(rows, _ROUTINES)
    needy = index.dependents(CatalogClass.PG_CLASS)
    for row in rows["indexes"]:
        if row.oid in needy:
            found.update(index.routines((CatalogClass.PG_CLASS, row.oid)))
    for row in rows["relations"]:
        if row.partition_key is not None:
            found.update(index.routines((CatalogClass.PG_CLASS, row.oid)))
    for row in rows["columns"]:
        if row.rare is not None and is_generated(row):
            expression = (CatalogClass.PG_ATTRDEF, row.default_oid)
            found.update(index.routines(expression, (CatalogClass.PG_CLASS, row.relation)))
    found |= {oid for row in rows["text_search"] for oid in row.functions}
    return sorted(found - {0})


def mentioned_operators(rows: Rows) -> list[int]:
    """Return the OIDs of the operators whose names are needed."""
    return sorted(_found(rows, _OPERATORS) - {0})


def _found(rows: Rows, fields: dict[str, tuple[str, ...]]) -> set[int]:
    return {
        getattr(row, field)
        for query, names in fields.items()
        for row in rows.get(query, ())
        for field in names
    }
