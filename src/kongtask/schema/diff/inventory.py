"""A database taken apart: every object and every part under its own identity."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import fields, replace

from kongtask.schema.model import (
    Column,
    CompositeType,
    Database,
    DatabaseObject,
    Domain,
    Kind,
    Operator,
    Ref,
    Relation,
    Schema,
    SchemaObject,
    Table,
)

#: Fields that hold parts, which are entries of their own.
PART_FIELDS: Final = frozenset(
    {"columns", "constraints", "indexes", "triggers", "rules", "policies"}
)


class Entry(Struct, frozen=True, kw_only=True):
    """An object or a part.

    Attributes:
        ref: its identity.
        item: the value; its own parts have entries too.
        owner: what it is a part of.
    """

    ref: Ref
    item: Any
    owner: Ref | None = None


def inventory(database: Database) -> dict[Ref, Entry]:
    """Return all objects and parts of a database by identity, owners before their parts."""
    return {entry.ref: entry for entry in _entries(database)}


def _entries(database: Database) -> Iterator[Entry]:
    for found in database.objects():
        yield _entry(found)
    for schema in database.schemas:
        yield Entry(ref=schema.ref, item=schema)
        for item in schema.objects():
            if not (isinstance(item, Operator) and item.is_shell):
                yield _entry(item)
                yield from _parts(item)


def _entry(item: SchemaObject | DatabaseObject) -> Entry:
    return Entry(ref=item.ref, item=item)


def _parts(item: SchemaObject) -> Iterator[Entry]:
    owner = item.ref
    if isinstance(item, Relation | CompositeType):
        yield from _named(owner, Kind.COLUMN, item.columns)
    if isinstance(item, Table | Domain):
        yield from _named(owner, Kind.CONSTRAINT, item.constraints)
    if isinstance(item, Relation):
        for index in item.indexes:
            yield Entry(ref=index.ref, item=index, owner=owner)
        yield from _named(owner, Kind.TRIGGER, item.triggers)
        yield from _named(owner, Kind.RULE, item.rules)
    if isinstance(item, Table):
        yield from _named(owner, Kind.POLICY, item.policies)


def _named(owner: Ref, kind: Kind, parts: Iterable[Any]) -> Iterator[Entry]:
    for part in parts:
        ref = Ref(kind, owner.schema, owner.name, part.name)
        yield Entry(ref=ref, item=part, owner=owner)


def with_items(database: Database, items: Mapping[Ref, Any]) -> Database:
    """Return a database with other objects and parts in the place of those of their identity."""
    schemas = tuple(
        replace(
            schema,
            **{
                field.name: tuple(_with_items(item, items) for item in found)
                for field in fields(schema)
                if (found := getattr(schema, field.name))
                and isinstance(found, tuple)
                and isinstance(found[0], SchemaObject)
                and field.name != "outside_tables"
            },
        )
        for schema in database.schemas
    )
    return replace(database, schemas=schemas)


def _with_items(item: SchemaObject, items: Mapping[Ref, Any]) -> Any:
    if item.ref in items:
        return items[item.ref]
    by_part = {id(entry.item): entry.ref for entry in _parts(item) if entry.ref in items}
    if not by_part:
        return item
    changed = {
        name: tuple(
            items[by_part[id(part)]] if id(part) in by_part else part
            for part in getattr(item, name)
        )
        for name in PART_FIELDS
        if hasattr(item, name)
    }
    return replace(item, **changed)


def without_parts(item: Any) -> Any:
    """Return an owner as it is by itself, or anything else unchanged."""
    if isinstance(item, Schema):
        return Schema(name=item.name, comment=item.comment, owner=item.owner, grants=item.grants)
    return item


def column_names(item: Any) -> tuple[str, ...]:
    """Return the names of an owner's columns in their order; empty for all else."""
    columns: tuple[Column, ...] = getattr(item, "columns", ())
    return tuple(column.name for column in columns if isinstance(column, Column))


def renamed(item: Any, name: str) -> Any:
    """Return an object or part under another name."""
    return replace(item, name=name)
