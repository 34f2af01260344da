"""What a page says, before anybody decides how it looks: Markdown and HTML show the same."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from kongtask.schema.model import Ref


class Text(Struct, frozen=True, kw_only=True):
    """A piece of a cell.

    Attributes:
        text: the words; a name as SQL spells it.
        is_code: whether it is a name or SQL.
        ref: the object that it leads to, if that has a page.
        revision: the migration that it leads to.
    """

    text: str
    is_code: bool = False
    ref: Ref | None = None
    revision: int | None = None


Cell = tuple[Text, ...]

NOTHING: Cell = ()


class Row(Struct, frozen=True, kw_only=True):
    """A row of a grid.

    Attributes:
        cells: as many as the grid has heads.
        ref: the part that it is about.
    """

    cells: tuple[Cell, ...]
    ref: Ref | None = None


class Grid(Struct, frozen=True, kw_only=True):
    """A table of a page: columns, constraints, indexes and so on."""

    title: str
    heads: tuple[str, ...]
    rows: tuple[Row, ...]


class Happening(Struct, frozen=True, kw_only=True):
    """What a migration did to an object or to a part of it.

    Attributes:
        number: the migration's.
        action: ``added``, ``removed``, ``changed`` or ``renamed``.
        what: the object or part, in words.
        ref: the object that it is about or is a part of, under its last name.
        details: what changed, a sentence each.
    """

    number: int
    action: str
    what: str
    ref: Ref
    details: tuple[str, ...] = ()


class Field(Struct, frozen=True, kw_only=True):
    """A column in a diagram.

    Attributes:
        marks: ``PK``, ``FK``, ``UK``, with commas.
    """

    name: str
    type: str
    marks: str = ""


class Box(Struct, frozen=True, kw_only=True):
    """A table in a diagram.

    Attributes:
        left_out: how many columns it has that are not shown.
        is_subject: whether the diagram is about it.
    """

    ref: Ref
    fields: tuple[Field, ...]
    left_out: int = 0
    is_subject: bool = False


class Link(Struct, frozen=True, kw_only=True):
    """A foreign key in a diagram.

    Attributes:
        name: the constraint's.
        source, target: the table that has it, and the one that it refers to.
        source_columns, target_columns: their columns, pair by pair.
        is_optional: whether a row may refer to none.
        is_single: whether at most one row refers to each.
    """

    name: str
    source: Ref
    target: Ref
    source_columns: tuple[str, ...]
    target_columns: tuple[str, ...]
    is_optional: bool
    is_single: bool


class Diagram(Struct, frozen=True, kw_only=True):
    """Tables and the foreign keys among them."""

    boxes: tuple[Box, ...]
    links: tuple[Link, ...]


class Page(Struct, frozen=True, kw_only=True):
    """An object as it was at one revision.

    Attributes:
        ref: under the name that it had.
        title: its name without the schema, as SQL spells it.
        comment: what COMMENT says.
        introduced: the migration that made it.
        touched: the one that changed it or a part of it last.
        facts: (what, value) pairs.
        grids: those that have rows.
        diagram: a table with its neighbours.
        definition: its SQL, each line with the migration that wrote it; None of an empty line
            between two statements.
    """

    ref: Ref
    title: str
    comment: str | None
    introduced: int
    touched: int
    facts: tuple[tuple[str, Cell], ...] = ()
    grids: tuple[Grid, ...] = ()
    diagram: Diagram | None = None
    definition: tuple[tuple[str, int | None], ...] = ()


class Version(Struct, frozen=True, kw_only=True):
    """A page from one revision on; None where the object is gone."""

    number: int
    page: Page | None


class Entry(Struct, frozen=True, kw_only=True):
    """An object through all revisions.

    Attributes:
        ref: under its last name.
        path: where its page is, without an ending.
        versions: the first at the revision that made it; each differs from the one before.
        happenings: all that was done to it and its parts, in order.
    """

    ref: Ref
    path: str
    versions: tuple[Version, ...]
    happenings: tuple[Happening, ...]

    @property
    def is_there(self) -> bool:
        """Whether it exists at the last revision."""
        return self.versions[-1].page is not None

    @property
    def page(self) -> Page:
        """The last page that it had."""
        return next(x.page for x in reversed(self.versions) if x.page is not None)

    def at(self, number: int) -> Version | None:
        """Return the version that holds at a revision; None before the first."""
        found = None
        for version in self.versions:
            if version.number <= number:
                found = version
        return found


class Reference(Struct, frozen=True, kw_only=True):
    """All that is to be said of a schema.

    Attributes:
        schema: its name.
        revisions: (number, name of the migration's file), in order.
        entries: the objects, kind by kind and then by name; those that are gone too.
        diagram: all tables; None where there are none.
        is_compact: whether that shows their names alone, because there are many.
    """

    schema: str
    revisions: tuple[tuple[int, str], ...]
    entries: tuple[Entry, ...]
    diagram: Diagram | None
    is_compact: bool

    @property
    def latest(self) -> int:
        """The number of the last revision."""
        return self.revisions[-1][0]

    def there(self, number: int | None = None) -> Iterable[tuple[Entry, Page]]:
        """Yield the objects that exist at a revision, the last by default."""
        for entry in self.entries:
            version = entry.at(self.latest if number is None else number)
            if version is not None and version.page is not None:
                yield entry, version.page

    def happenings(self, number: int) -> list[Happening]:
        """Return what a migration did, object by object."""
        return [x for entry in self.entries for x in entry.happenings if x.number == number]


def plain(text: str) -> Cell:
    """Return a cell of words; empty for an empty text."""
    return (Text(text=text),) if text else NOTHING


def code(text: str | None) -> Cell:
    """Return a cell of SQL; empty for none."""
    return (Text(text=text, is_code=True),) if text else NOTHING


def grid(title: str, heads: Iterable[str], rows: Iterable[Row]) -> Grid | None:
    """Return a grid without the columns in which no row says anything, or None without rows."""
    kept, heads = tuple(rows), tuple(heads)
    if not kept:
        return None
    used = [n for n in range(len(heads)) if n == 0 or any(row.cells[n] for row in kept)]
    return Grid(
        title=title,
        heads=tuple(heads[n] for n in used),
        rows=tuple(Row(cells=tuple(row.cells[n] for n in used), ref=row.ref) for row in kept),
    )
