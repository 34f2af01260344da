"""What the queries return -> the model: who is who, who needs whom, what is refused."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from kongtask.schema.catalog.builder import Builder
from kongtask.schema.catalog.checks import check_all_read, check_members
from kongtask.schema.catalog.classes import CatalogClass
from kongtask.schema.catalog.database import DatabaseReader
from kongtask.schema.catalog.database_register import (
    leave_out,
    publication_members,
    register_database,
)
from kongtask.schema.catalog.definitions import Definitions
from kongtask.schema.catalog.mentions import mentioned_operators, mentioned_routines
from kongtask.schema.catalog.register import register
from kongtask.schema.catalog.session import Snapshot
from kongtask.schema.catalog.source import Source
from kongtask.schema.model import Database, Requirement

if TYPE_CHECKING:
    from kongtask.schema.catalog.reader import Extensions


def assemble(
    catalog: Snapshot,
    source: Source,
    namespaces: Sequence[Any],
    *,
    objects: bool,
    extensions: Extensions,
) -> Database:
    """Return everything as a model.

    Args:
        catalog: the snapshot, for what only shows while the model is made.
        source: what the queries return.
        namespaces: rows of the query ``namespaces``.
        objects: whether what no schema owns is wanted.
        extensions: which extensions are.

    Raises:
        UnsupportedObjectError: there is an object of a kind that kongtask cannot export.
    """
    definitions = Definitions(source)
    source.rows.ask("index_definitions", indexes=definitions.unprinted())
    left_out = _register(catalog, source, namespaces, objects)
    source.rows.ask(
        "names",
        routines=mentioned_routines(source.rows, source.index),
        operators=mentioned_operators(source.rows),
    )
    source.add_names(source.rows["names"])
    check_members(catalog, source)
    needs = _requirements(catalog, source, namespaces)
    homes = {need.schema for need in needs if need.kind == "extension" and need.schema}
    source.add_usual_path({"public", *homes} - {"pg_catalog"})
    chosen = _extensions(catalog, extensions, needs)
    made = {row.name for row in chosen}
    needs = tuple(need for need in needs if need.kind != "extension" or need.name not in made)
    build = Builder(source, definitions)
    built = tuple(build.schema(row, needs) for row in namespaces)
    database = DatabaseReader(source).database(built, chosen, left_out)
    check_all_read(catalog, source)
    return database


def _register(
    catalog: Snapshot, source: Source, namespaces: Sequence[Any], objects: bool
) -> list[str]:
    """Tell the index who is who and who needs whom; return what had to be left out."""
    rows, index = source.rows, source.index
    register(rows, index)
    if objects:
        register_database(rows, namespaces, index)
    index.add_dependencies(rows["dependencies"])
    if not objects:
        return []
    index.add_dependencies(publication_members(rows))
    return leave_out(catalog, rows, index)


def _extensions(catalog: Snapshot, which: Extensions, needs: Iterable[Requirement]) -> list[Any]:
    """Return the rows of the extensions to make, and of those that they need themselves."""
    if which == "none":
        return []
    there = {row.name: row for row in catalog.rows("extensions")}
    waiting = [need.name for need in needs if need.kind == "extension"]
    found: dict[str, Any] = dict(there) if which == "all" else {}
    while waiting:
        name = waiting.pop()
        if name in there and name not in found:
            found[name] = there[name]
            waiting += there[name].needed
    return list(found.values())


def _requirements(
    catalog: Snapshot, source: Source, namespaces: Iterable[Any]
) -> tuple[Requirement, ...]:
    own = {row.name: row.oid for row in namespaces}
    outside = list(source.index.outside())
    rows = catalog.rows(
        "requirements",
        classes=[catalog_ for catalog_, _ in outside],
        objects=[oid for _, oid in outside],
        namespaces=list(own.values()),
    )
    found = {
        Requirement(
            kind=row.kind, name=row.name, schema=row.schema if row.kind == "extension" else None
        )
        for row in rows
        if row.kind != "schema" or row.name not in own
    }
    found |= {
        Requirement(kind="role", name=role)
        for row in source.rows["policies"]
        if not row.is_public
        for role in row.roles
    }
    found |= {
        Requirement(kind="role", name=row.user)
        for row in source.rows.get("user_mappings", ())
        if row.user is not None and source.index.ref(CatalogClass.PG_USER_MAPPING, row.oid)
    }
    found |= {
        Requirement(kind="security label provider", name=row.provider)
        for row in source.rows["security_labels"]
        if source.index.ref(row.catalog, row.object) is not None
    }
    return tuple(sorted(found, key=lambda need: (need.kind, need.name.encode())))
