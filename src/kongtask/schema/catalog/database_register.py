"""Who is who among what no schema owns, and what of it has to be left out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from kongtask.schema.catalog.classes import CatalogClass
from kongtask.schema.catalog.index import ObjectId, ObjectIndex
from kongtask.schema.catalog.session import Snapshot
from kongtask.schema.catalog.source import Rows
from kongtask.schema.model import Kind, Ref

#: Options whose values are secrets, whatever the foreign-data wrapper is: by the end of their
#: names, so that postgres_fdw's password_required is none.
_CONFIDENTIAL = (
    "(password|passwd|passphrase|pwd|secret|token|credentials?|(access|account|api|private|secret)"
    "_?key)$"
)

_REFS: dict[str, tuple[CatalogClass, Callable[[Any], Ref]]] = {
    "languages": (CatalogClass.PG_LANGUAGE, lambda row: Ref(Kind.LANGUAGE, "", row.name)),
    "access_methods": (CatalogClass.PG_AM, lambda row: Ref(Kind.ACCESS_METHOD, "", row.name)),
    "foreign_data_wrappers": (
        CatalogClass.PG_FOREIGN_DATA_WRAPPER,
        lambda row: Ref(Kind.FOREIGN_DATA_WRAPPER, "", row.name),
    ),
    "servers": (CatalogClass.PG_FOREIGN_SERVER, lambda row: Ref(Kind.SERVER, "", row.name)),
    "user_mappings": (
        CatalogClass.PG_USER_MAPPING,
        lambda row: Ref(Kind.USER_MAPPING, "", row.server, row.user or ""),
    ),
    "casts": (CatalogClass.PG_CAST, lambda row: Ref(Kind.CAST, "", row.source, row.target)),
    "transforms": (
        CatalogClass.PG_TRANSFORM,
        lambda row: Ref(Kind.TRANSFORM, "", row.type, row.language),
    ),
    "publications": (CatalogClass.PG_PUBLICATION, lambda row: Ref(Kind.PUBLICATION, "", row.name)),
    "event_triggers": (
        CatalogClass.PG_EVENT_TRIGGER,
        lambda row: Ref(Kind.EVENT_TRIGGER, "", row.name),
    ),
}

#: The queries that say which tables and schemas a publication has, and default privileges.
_FURTHER = ("publication_tables", "publication_schemas", "database_default_privileges")


def database_questions() -> dict[str, dict[str, Any]]:
    """Return the queries for what no schema owns, but for extensions, with their parameters."""
    with_options = {"foreign_data_wrappers", "servers", "user_mappings"}
    return {
        query: {"secret": _CONFIDENTIAL} if query in with_options else {}
        for query in (*_REFS, *_FURTHER)
    }


def register_database(rows: Rows, namespaces: Iterable[Any], index: ObjectIndex) -> None:
    """Tell the index who is who, the exported schemas included, which publications name."""
    for query, (catalog, ref) in _REFS.items():
        for row in rows[query]:
            index.add(catalog, row.oid, ref(row))
    for row in namespaces:
        index.add(CatalogClass.PG_NAMESPACE, row.oid, Ref(Kind.SCHEMA, row.name, ""))


def publication_members(rows: Rows) -> Iterator[tuple[int, int, int, int]]:
    """Yield what publications need, as rows of pg_depend, which has it the other way round."""
    own = CatalogClass.PG_PUBLICATION
    for row in rows["publication_tables"]:
        yield own, row.publication, CatalogClass.PG_CLASS, row.relation
    for row in rows["publication_schemas"]:
        yield own, row.publication, CatalogClass.PG_NAMESPACE, row.namespace


def leave_out(catalog: Snapshot, rows: Rows, index: ObjectIndex) -> list[str]:
    """Take what cannot be loaded out of the index: it needs what is in no schema that was read.

    Returns:
        What was left out, each with the reason.
    """
    objects = [(int(kind), row.oid) for query, (kind, _) in _REFS.items() for row in rows[query]]
    needs = {item: index.needs(*item) for item in objects}
    outside = index.missing({need for found in needs.values() for need in found})
    if not outside:
        return []
    asked = [*outside, *objects]
    found = catalog.rows(
        "strangers", classes=[kind for kind, _ in asked], objects=[oid for _, oid in asked]
    )
    names = {(row.catalog, row.object): row.identity for row in found}
    strangers = {item for item in outside if item in names}
    left_out: list[str] = []
    for item in _in_order_of_need(needs, strangers):
        reason = next(names[need] for need in needs[item] if need in strangers)
        left_out.append(f"{names[item]}, which needs {reason}")
        index.remove(*item)
    return left_out


def _in_order_of_need(
    needs: dict[ObjectId, list[ObjectId]], strangers: set[ObjectId]
) -> Iterator[ObjectId]:
    """Yield what needs a stranger, and then is one; each after what it needs."""
    waiting = dict(needs)
    while found := [item for item in waiting if not strangers.isdisjoint(waiting[item])]:
        for item in found:
            del waiting[item]
            strangers.add(item)
            yield item
