"""What the catalog queries returned, and what every kind of object takes from it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from collections.abc import Sequence as Many
from functools import cached_property
from itertools import groupby
from operator import attrgetter
from typing import Any, TypeVar

from kongtask.names import qualify, quote_identifier
from kongtask.schema.catalog.answers import Answers
from kongtask.schema.catalog.classes import CatalogClass
from kongtask.schema.catalog.index import ObjectId, ObjectIndex
from kongtask.schema.model import Grant, SecurityLabel

Rows = Mapping[str, Many[Any]]
T = TypeVar("T")


class Source:
    """One snapshot of the catalog, while it becomes a model.

    Attributes:
        rows: by the name of their query.
        index: who is who, and who needs whom.
        columns: the rows of each relation's, in order.
        all_names: keep the names of NOT NULL constraints that PostgreSQL gave too.
    """

    def __init__(self, rows: Answers, *, all_names: bool = False) -> None:
        self.rows = rows
        self.index = ObjectIndex()
        self.all_names = all_names
        by_relation = groupby(rows["columns"], attrgetter("relation"))  # in which order they come
        self.columns: dict[int, list[Any]] = {oid: list(found) for oid, found in by_relation}
        self._names: dict[ObjectId, tuple[str, str]] = {}
        self._without_path: set[int] = set()
        self._calling: set[ObjectId] = set()
        self._usual_path: set[str] = set()

    @cached_property
    def _comments(self) -> dict[tuple[int, int, int], str]:
        rows = self.rows["comments"]
        return {(row.catalog, row.object, row.part): row.text for row in rows}

    @cached_property
    def _labels(self) -> defaultdict[tuple[int, int, int], list[Any]]:
        return grouped(self.rows["security_labels"], "catalog", "object", "part")

    @cached_property
    def _grants(self) -> dict[tuple[int, int, int], tuple[Grant, ...]]:
        return _grants(self.rows["grants"])

    @cached_property
    def _with_parts(self) -> set[int]:
        return {
            oid
            for catalog, oid, part in (*self._comments, *self._labels, *self._grants)
            if part and catalog == CatalogClass.PG_CLASS
        }

    def common(self, catalog: CatalogClass, row: Any) -> dict[str, Any]:
        """Return the fields that every object has.

        Args:
            catalog: where the object's row is.
            row: with oid, schema, name and owner.
        """
        oid = row.oid
        return {
            "schema": row.schema,
            "name": row.name,
            "owner": row.owner,
            "comment": self.comment(catalog, oid),
            "grants": self.grants(catalog, oid),
            "security_labels": self.security_labels(catalog, oid),
            "requires": self.index.requires(catalog, oid),
        }

    def comment(self, catalog: CatalogClass, oid: int, part: int = 0) -> str | None:
        """Return the comment on an object or a column, once."""
        return self._comments.pop((catalog, oid, part), None)

    def grants(self, catalog: CatalogClass, oid: int, part: int = 0) -> tuple[Grant, ...]:
        """Return what an object or a column gives and takes beyond the default."""
        return self._grants.get((catalog, oid, part), ())

    def security_labels(
        self, catalog: CatalogClass, oid: int, part: int = 0
    ) -> tuple[SecurityLabel, ...]:
        """Return the security labels of an object or a column, once."""
        rows = self._labels.pop((catalog, oid, part), ())
        labels = (SecurityLabel(provider=row.provider, text=row.text) for row in rows)
        return by_name(labels, lambda label: label.provider)

    def has_columns(self, oid: int) -> bool:
        """Tell whether a relation has columns with comments, grants or security labels."""
        return oid in self._with_parts

    def of_column(self, oid: int, number: int) -> dict[str, Any]:
        """Return the fields that every object has and a column can have, too."""
        return {
            "comment": self.comment(CatalogClass.PG_CLASS, oid, number),
            "grants": self.grants(CatalogClass.PG_CLASS, oid, number),
            "security_labels": self.security_labels(CatalogClass.PG_CLASS, oid, number),
        }

    def unread(self) -> list[ObjectId]:
        """Return our objects whose comments or security labels nobody has read."""
        found = {(catalog, oid) for catalog, oid, _ in (*self._comments, *self._labels)}
        return sorted(found.difference(self.index.missing(found)))

    def add_names(self, rows: Iterable[Any]) -> None:
        """Take the names of routines and operators that others mention by OID."""
        rows = tuple(rows)
        self._names = {(row.catalog, row.oid): (row.schema, row.name) for row in rows}
        self._without_path = {row.oid for row in rows if row.needs_path}
        self._calling = self.index.callers(self._without_path)

    def add_usual_path(self, schemas: Iterable[str]) -> None:
        """Take the schemas where functions may expect to find things, wherever they are."""
        self._usual_path = set(schemas)

    def search_path(self, own: str, *objects: ObjectId) -> tuple[str, ...]:
        """Return the schemas that functions which some objects call may expect to find things in.

        Args:
            own: the objects' own schema, which comes first.
            objects: what calls the functions.
        """
        if self._calling.isdisjoint(objects):
            return ()
        found = {
            self._names[CatalogClass.PG_PROC, routine][0]
            for routine in self.index.routines(*objects)
            if routine in self._without_path
        }
        return (own, *sorted(found - {own}), *sorted(self._usual_path - found - {own}))

    def routine(self, oid: int) -> str | None:
        """Return a routine's name as statements take it, or None for OID 0.

        With an empty search_path those of pg_catalog need no schema; saying so here and not with
        regproc keeps the text from depending on how many overloads a server version has.
        """
        if not oid:
            return None
        schema, name = self._names[CatalogClass.PG_PROC, oid]
        return quote_identifier(name) if schema == "pg_catalog" else qualify(schema, name)

    def operator(self, oid: int) -> str | None:
        """Return an operator's name, qualified where it is not in pg_catalog; None for OID 0."""
        if not oid:
            return None
        schema, name = self._names[CatalogClass.PG_OPERATOR, oid]
        return name if schema == "pg_catalog" else f"{quote_identifier(schema)}.{name}"


def called_operator(operator: str | None) -> str | None:
    """Return an operator as expressions and options take it."""
    return f"OPERATOR({operator})" if operator and "." in operator else operator


def grouped(rows: Iterable[Any], *fields: str) -> defaultdict[Any, list[Any]]:
    """Return rows by the value of a field, or by the values of several."""
    groups: defaultdict[Any, list[Any]] = defaultdict(list)
    key = attrgetter(*fields)
    for row in rows:
        groups[key(row)].append(row)
    return groups


def by_name(items: Iterable[T], name: Callable[[T], str]) -> tuple[T, ...]:
    """Return things sorted by name under the C collation, which is how Python compares strings."""
    items = tuple(items)
    if len(items) < 2:  # most lists, by far
        return items
    return tuple(sorted(items, key=name))


def _grants(rows: Iterable[Any]) -> dict[tuple[int, int, int], tuple[Grant, ...]]:
    grants: defaultdict[tuple[int, int, int], list[Grant]] = defaultdict(list)
    for row in rows:
        grant = Grant(
            grantee=row.grantee,
            privileges=("ALL",) if row.is_all else tuple(sorted(row.privileges)),
            grantable=row.grantable,
            revoked=row.revoked,
            column=row.column,
            grantor=row.grantor,
        )
        grants[row.catalog, row.object, row.part].append(grant)
    return {key: tuple(sorted(found, key=_grant_order)) for key, found in grants.items()}


def _grant_order(grant: Grant) -> tuple[bool, bool, bytes, bytes, bool]:
    """Take away before giving, and let the owner grant before others grant onwards."""
    grantor = (grant.grantor or "").encode()
    grantee = (grant.grantee or "").encode()
    return (not grant.revoked, grant.grantor is not None, grantor, grantee, grant.grantable)
