"""The documentation as Markdown that reads well on a code host."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from difflib import unified_diff

from kongtask.schema.docs.links import Links, one_line, relative
from kongtask.schema.docs.mermaid import mermaid
from kongtask.schema.docs.reference import by_kind
from kongtask.schema.docs.view import Cell, Entry, Grid, Happening, Page, Reference, Text
from kongtask.schema.model import Kind, Ref
from kongtask.schema.paths import path_of, plural

_NOTICE = "<!-- Written by `kongtask schema docs`: change the migrations, and run it again. -->"

_INDEX, _CHANGES = "README.md", "changes.md"

#: Characters that Markdown may take for its own.
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~&$!])")


def markdown_pages(reference: Reference) -> dict[str, str]:
    """Return the pages: path below the folder -> text."""
    return _Writer(reference).pages()


class _Writer:
    def __init__(self, reference: Reference) -> None:
        self._reference = reference
        self._links = Links(reference, ".md")
        self._titles = {entry.ref: entry.page.title for entry in reference.entries}

    def pages(self) -> dict[str, str]:
        found = {_INDEX: self._index(), _CHANGES: self._changes()}
        for entry, page in self._reference.there():
            path = self._links.path(entry)
            found[path] = _text(self._page(entry, page, path))
        return found

    def _index(self) -> str:
        return _text(self._index_lines())

    def _index_lines(self) -> Iterator[str]:
        reference = self._reference
        yield f"# Schema {_code(reference.schema)}"
        number, name = reference.revisions[-1]
        objects = by_kind(reference.there())
        for _, page in objects.get(Kind.SCHEMA, []):
            if page.comment:
                yield _paragraphs(page.comment)
        yield (
            f"As the migrations up to {self._revision(number, _INDEX, name)} make it.\n"
            f"[Changes]({_CHANGES}) tells what each of them did; there is [more]"
            f"({path_of(Ref(Kind.SCHEMA, '', ''))}.md) of the schema itself."
        )
        for kind, found in objects.items():
            if kind is Kind.SCHEMA:
                continue
            yield f"## {plural(kind).capitalize()}"
            yield from _table(
                ("Name", "Since", "Changed", "Comment"),
                (
                    (
                        self._link(entry, page.title, _INDEX),
                        self._revision(page.introduced, _INDEX),
                        self._revision(page.touched, _INDEX)
                        if page.touched != page.introduced
                        else "",
                        _words(_summary(page.comment)),
                    )
                    for entry, page in found
                ),
            )
        if reference.diagram is not None and not reference.is_compact:
            yield "## Diagram"
            yield from _block("mermaid", mermaid(reference.diagram, self._titles))

    def _page(self, entry: Entry, page: Page, path: str) -> Iterator[str]:
        yield f"# {entry.ref.kind.capitalize()} {_code(page.title)}"
        home = f"[{_words(self._reference.schema)}]({relative(_INDEX, path)})"
        changed = (
            f", changed last by {self._revision(page.touched, path)}"
            if page.touched != page.introduced
            else ""
        )
        yield f"In schema {home}, since {self._revision(page.introduced, path)}{changed}."
        if page.comment:
            yield _paragraphs(page.comment)
        if page.facts:
            facts = (f"- {what}: {self._cell(value, path)}" for what, value in page.facts)
            yield "\n".join(facts)
        for grid in page.grids:
            yield from self._grid(grid, path)
        if page.diagram is not None:
            yield "## Diagram"
            yield from _block("mermaid", mermaid(page.diagram, self._titles))
        if page.definition:
            yield "## Definition"
            yield from _block("sql", "\n".join(line for line, _ in page.definition))
        yield "## History"
        yield from _table(("Migration", "", "What"), self._history(entry, path))

    def _history(self, entry: Entry, path: str) -> Iterator[tuple[str, ...]]:
        for item in reversed(entry.happenings):
            yield self._revision(item.number, path), item.action, _happening(item)

    def _grid(self, grid: Grid, path: str) -> Iterator[str]:
        yield f"## {grid.title}"
        rows = (tuple(self._cell(cell, path) for cell in row.cells) for row in grid.rows)
        yield from _table(grid.heads, rows)

    def _changes(self) -> str:
        return _text(self._changes_lines())

    def _changes_lines(self) -> Iterator[str]:
        yield "# Changes"
        yield f"What each migration did to schema [{_words(self._reference.schema)}]({_INDEX})."
        for number, name in reversed(self._reference.revisions):
            yield f"## {_words(name)}"
            happenings = self._reference.happenings(number)
            if not happenings:
                yield "Changes nothing."
                continue
            yield from _table(
                ("", "Object", "What"),
                ((x.action, self._object(x), _details(x)) for x in happenings),
            )
            for entry in self._reference.entries:
                yield from self._difference(entry, number)

    def _object(self, item: Happening) -> str:
        entry = self._links.entry(item.ref)
        text = _code(item.what)
        if entry is None or not entry.is_there:
            return text
        return f"[{text}]({relative(self._links.path(entry), _CHANGES)})"

    def _difference(self, entry: Entry, number: int) -> Iterator[str]:
        """Yield how a migration changed the SQL of an object that was there and stays."""
        before, after = entry.at(number - 1), entry.at(number)
        if before is None or after is None or before is after:
            return
        if before.page is None or after.page is None:
            return
        old, new = ([line for line, _ in x.page.definition] for x in (before, after) if x.page)
        lines = list(unified_diff(old, new, lineterm="", n=2))[2:]
        if lines:
            yield f"{entry.ref.kind.capitalize()} {_code(after.page.title)}:"
            yield from _block("diff", "\n".join(lines))

    def _cell(self, cell: Cell, path: str) -> str:
        return "".join(self._piece(text, path) for text in cell)

    def _piece(self, text: Text, path: str) -> str:
        words = _code(text.text) if text.is_code else _words(text.text)
        if text.revision is not None:
            return self._revision(text.revision, path, text.text)
        entry = self._links.entry(text.ref) if text.ref is not None else None
        if entry is None or not entry.is_there:
            return words
        return f"[{words}]({relative(self._links.path(entry), path)})"

    def _link(self, entry: Entry, title: str, path: str) -> str:
        return f"[{_code(title)}]({relative(self._links.path(entry), path)})"

    def _revision(self, number: int, path: str, text: str | None = None) -> str:
        name = dict(self._reference.revisions)[number]
        anchor = re.sub(r"[^\w\- ]", "", name.lower()).replace(" ", "-")
        target = relative(f"{_CHANGES}#{anchor}", path)
        return f"[{_words(text or f'{number:06}')}]({target})"


def _text(paragraphs: Iterable[str]) -> str:
    return "\n\n".join([_NOTICE, *paragraphs]) + "\n"


def _table(heads: Iterable[str], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    """Yield a table without the columns in which no row says anything."""
    heads, kept = tuple(heads), list(rows)
    used = [n for n in range(len(heads)) if n == 0 or any(cells[n] for cells in kept)]
    lines = [heads, ("---",) * len(heads), *kept]
    yield "\n".join(
        f"|{'|'.join(f' {cells[n]} ' if cells[n] else ' ' for n in used)}|" for cells in lines
    )


def _block(language: str, text: str) -> Iterator[str]:
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    yield f"{fence}{language}\n{text}\n{fence}"


def _happening(item: Happening) -> str:
    details = _details(item)
    return f"{_code(item.what)}: {details}" if details else _code(item.what)


def _details(item: Happening) -> str:
    return "<br>".join(_words(detail) for detail in item.details)


def _summary(comment: str | None) -> str:
    """Return the first paragraph of a comment."""
    return " ".join((comment or "").strip().split("\n\n")[0].split())


def _paragraphs(comment: str) -> str:
    return "\n\n".join(_words(part) for part in re.split(r"\n\s*\n", comment.strip()))


def _words(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", one_line(re.sub(r"\s+", " ", text)))


def _code(text: str) -> str:
    """Return a code span, as a table may hold it too."""
    inner = one_line(text).replace("|", "\\|")
    longest = max((len(run) for run in re.findall(r"`+", inner)), default=0)
    fence = "`" * (longest + 1)
    space = " " if inner.startswith("`") or inner.endswith("`") else ""
    return f"{fence}{space}{inner}{space}{fence}"
