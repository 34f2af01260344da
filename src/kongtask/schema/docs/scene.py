"""One revision, with what its objects have to do with one another."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from kongtask.names import qualify, quote_identifier
from kongtask.schema.diff.inventory import Entry, inventory
from kongtask.schema.docs.keys import is_table, links
from kongtask.schema.docs.moments import Moment
from kongtask.schema.docs.texts import Lines, definitions
from kongtask.schema.docs.view import Cell, Link, Text
from kongtask.schema.history import BlamedBlock
from kongtask.schema.model import Database, Kind, Ref, SchemaObject, Table, Trigger

#: What stands where a type is asked for.
_TYPES = frozenset({Kind.TYPE, Kind.DOMAIN, Kind.TABLE, Kind.VIEW, Kind.MATERIALIZED_VIEW})


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A database at a revision.

    Attributes:
        moment: what its objects are known under, and who has touched them.
        entries: its objects and parts.
        definitions: the SQL of each object.
        tables: its tables.
        outgoing, incoming: the foreign keys from and to each table.
        children: the tables that each table is a parent of.
        users: the objects that need each object.
        types: the type that each spelling means.
    """

    moment: Moment
    entries: Mapping[Ref, Entry]
    definitions: Mapping[Ref, Lines]
    tables: Mapping[Ref, Table]
    outgoing: Mapping[Ref, tuple[Link, ...]]
    incoming: Mapping[Ref, tuple[Link, ...]]
    children: Mapping[Ref, tuple[Table, ...]]
    users: Mapping[Ref, frozenset[Ref]]
    types: Mapping[str, Ref]

    @classmethod
    def of(cls, database: Database, moment: Moment, blocks: Iterable[BlamedBlock]) -> Scene:
        """Look at a database.

        Args:
            database: as one migration has left it.
            moment: of the same revision.
            blocks: its export.
        """
        entries = inventory(database)
        tables = {ref: x.item for ref, x in entries.items() if isinstance(x.item, Table)}
        outgoing = {ref: tuple(links(table, tables)) for ref, table in tables.items()}
        incoming: dict[Ref, list[Link]] = defaultdict(list)
        children: dict[Ref, list[Table]] = defaultdict(list)
        for ref, table in tables.items():
            for link in outgoing[ref]:
                incoming[link.target].append(link)
            for parent in table.parents:
                children[parent].append(table)
        return cls(
            moment=moment,
            entries=entries,
            definitions=definitions(blocks, entries),
            tables=tables,
            outgoing=outgoing,
            incoming={ref: tuple(found) for ref, found in incoming.items()},
            children={ref: tuple(found) for ref, found in children.items()},
            users=_users(entries),
            types={qualify(x.schema, x.name): x for x in entries if x.kind in _TYPES},
        )

    def objects(self) -> list[Ref]:
        """Return the objects that get a page: all that are no parts."""
        return [ref for ref, entry in self.entries.items() if entry.owner is None]

    def known(self, ref: Ref | None) -> Ref | None:
        """Return what an object is known under, or None for one that has no page."""
        entry = self.entries.get(ref) if ref is not None else None
        if entry is None:
            return None
        return self.moment.names.get(entry.owner or entry.ref)

    def named(self, ref: Ref, text: str | None = None) -> Text:
        """Return a mention of an object, with a link where it has a page."""
        return Text(text=text or name_of(ref), is_code=True, ref=self.known(ref))

    def typed(self, type_: str) -> Cell:
        """Return a type, with a link where it is the schema's own."""
        ref = self.types.get(type_.rstrip("[]"))
        return (Text(text=type_, is_code=True, ref=self.known(ref)),)

    def since(self, ref: Ref) -> Cell:
        """Return which migration made a part, and which changed it last."""
        last = self.moment.names.get(ref)
        introduced = self.moment.introduced.get(last) if last is not None else None
        if last is None or introduced is None:
            return ()
        first = Text(text=f"{introduced:06}", revision=introduced)
        touched = self.moment.touched.get(last, introduced)
        if touched == introduced:
            return (first,)
        return first, Text(text=", changed "), Text(text=f"{touched:06}", revision=touched)

    def signature(self, ref: Ref) -> Any:
        """Return all that a page depends on: an equal signature means an equal page."""
        around = (self.outgoing.get(ref), self.incoming.get(ref), self.children.get(ref))
        names = tuple(map(self.known, sorted(self.users.get(ref, ()))))
        return self.entries[ref].item, self.definitions.get(ref), around, names


def name_of(ref: Ref) -> str:
    """Return an object's name as SQL spells it, without its schema: the page is about one."""
    if ref.kind is Kind.SCHEMA:
        return quote_identifier(ref.schema)
    name = quote_identifier(ref.name)
    if ref.kind in {Kind.FUNCTION, Kind.PROCEDURE, Kind.AGGREGATE, Kind.OPERATOR}:
        return f"{name}({ref.detail})"
    return f"{name} ({ref.detail})" if ref.detail else name


def _users(entries: Mapping[Ref, Entry]) -> dict[Ref, frozenset[Ref]]:
    """Return the objects that need each object, other than by a foreign key."""
    found: dict[Ref, set[Ref]] = defaultdict(set)
    for ref, entry in entries.items():
        if ref.kind is Kind.CONSTRAINT and is_table(entry.owner or ref):
            continue
        user = entry.owner or ref
        for need in _needs(entry.item):
            used = entries.get(need)
            if used is not None and (used.owner or need) != user:
                found[used.owner or need].add(user)
    return {ref: frozenset(users) for ref, users in found.items()}


def _needs(item: SchemaObject | Trigger | Any) -> set[Ref]:
    """Return all that an object or part says it requires."""
    found = set[Ref]()
    for name in ("requires", "default_requires", "column_requires", "signature_requires"):
        found |= getattr(item, name, frozenset())
    return found
