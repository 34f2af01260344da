"""The pages of the site, out of the templates beside this module."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import partial
from importlib import resources
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from kongtask.schema.docs.html.data import data_files
from kongtask.schema.docs.html.graph import lay_out
from kongtask.schema.docs.html.highlight import highlighted
from kongtask.schema.docs.html.svg import svg
from kongtask.schema.docs.links import Links, one_line, relative
from kongtask.schema.docs.reference import by_kind
from kongtask.schema.docs.view import (
    Diagram,
    Entry,
    Happening,
    Page,
    Reference,
    Row,
    Text,
    Version,
)
from kongtask.schema.model import Ref
from kongtask.schema.paths import file_name, plural

_ASSETS = ("style.css", "theme.js", "site.js", "difference.js")

#: Up to so many changes of a migration are told on the page about all of them.
_FEW = 30


class Site:
    """The site of a schema."""

    def __init__(self, reference: Reference) -> None:
        self._reference = reference
        self._links = Links(reference, ".html")
        self._names = dict(reference.revisions)
        self._titles = {entry.ref: entry.page.title for entry in reference.entries}
        self._templates = Environment(
            loader=PackageLoader("kongtask.schema.docs.html"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters["line"] = one_line
        self._templates.filters["plural"] = plural
        self._templates.filters["paragraphs"] = _paragraphs
        self._templates.filters["number"] = lambda number: f"{number:06}"
        self._templates.filters["anchor"] = _anchor
        self._templates.filters["parts"] = _title_parts

    def pages(self) -> dict[str, bytes]:
        """Return all files: path below the folder -> content."""
        found: dict[str, str] = {}
        found["index.html"] = self._index("index.html")
        found["changes.html"] = self._changes("changes.html")
        found["compare.html"] = self._render("compare.html", "compare.html")
        if self._reference.diagram is not None:
            found["diagram.html"] = self._diagram_page("diagram.html")
        for number, _ in self._reference.revisions:
            path = f"revisions/{number:06}.html"
            found[path] = self._revision(path, number)
        for entry in self._reference.entries:
            found |= self._versions(entry)
        found |= data_files(self._reference)
        pages = {path: text.encode() for path, text in found.items()}
        assets = resources.files("kongtask.schema.docs.html") / "assets"
        return pages | {f"assets/{name}": (assets / name).read_bytes() for name in _ASSETS}

    def _index(self, path: str) -> str:
        objects = by_kind(self._reference.there())
        return self._render(
            "index.html",
            path,
            objects=objects,
            counts=[(kind, len(found)) for kind, found in objects.items()],
            summary=_summary,
        )

    def _changes(self, path: str) -> str:
        revisions = []
        for number, name in reversed(self._reference.revisions):
            found = self._reference.happenings(number)
            revisions.append((number, name, _counts(found), found if len(found) <= _FEW else []))
        return self._render("changes.html", path, revisions=revisions)

    def _revision(self, path: str, number: int) -> str:
        return self._render(
            "revision.html",
            path,
            number=number,
            name=self._names[number],
            happenings=self._reference.happenings(number),
            objects=by_kind(self._reference.there(number)),
        )

    def _diagram_page(self, path: str) -> str:
        diagram = self._reference.diagram
        assert diagram is not None, "the page is made where there is one"
        title = f"Tables of schema {self._reference.schema} and their foreign keys"
        return self._render(
            "diagram.html",
            path,
            drawing=self._drawing(diagram, title, path, self._reference.latest),
            is_compact=self._reference.is_compact,
        )

    def _versions(self, entry: Entry) -> Iterator[tuple[str, str]]:
        """Yield the pages of an object: what it last was, and what it was before."""
        made = [version for version in entry.versions if version.page is not None]
        for version in made:
            path = self._links.path(entry, version.number)
            yield path, self._object(entry, version, made, path)

    def _object(self, entry: Entry, version: Version, made: list[Version], path: str) -> str:
        page = version.page
        assert page is not None, "a version that is gone has no page"
        until = self._until(entry, version)
        title = f"{page.title} with the tables that foreign keys join it with"
        return self._render(
            "object.html",
            path,
            entry=entry,
            page=page,
            version=version,
            number=until,
            is_last=version is made[-1],
            versions=[(x.number, self._links.path(entry, x.number)) for x in made],
            gone=next(
                (x.number for x in entry.versions if x.page is None and x.number > until), None
            ),
            drawing=self._drawing(page.diagram, title, path, until) if page.diagram else None,
            definition=_blamed(page),
            history=[x for x in reversed(entry.happenings) if x.number <= until],
        )

    def _until(self, entry: Entry, version: Version) -> int:
        """Return the last revision at which a version holds."""
        later = [x.number for x in entry.versions if x.number > version.number]
        numbers = [x for x in self._names if not later or x < later[0]]
        return numbers[-1]

    def _drawing(self, diagram: Diagram, title: str, path: str, number: int) -> Markup:
        layout = lay_out(diagram, self._titles)
        address = partial(self._address, path, number)
        drawing = svg(layout, one_line(title), address)
        return Markup(drawing)  # noqa: S704 - svg escapes all that is not its own

    def _address(self, path: str, number: int, ref: Ref | None) -> str | None:
        entry = self._links.entry(ref) if ref is not None else None
        return relative(self._links.path(entry, number), path) if entry is not None else None

    def _render(self, template: str, path: str, **values: Any) -> str:
        number = values.get("number", self._reference.latest)

        def to(target: str) -> str:
            return relative(target, path)

        def to_revision(number: int) -> str:
            return relative(f"revisions/{number:06}.html", path)

        def to_text(text: Text) -> str | None:
            if text.revision is not None:
                return to_revision(text.revision)
            return self._address(path, number, text.ref)

        def to_object(ref: Ref) -> str | None:
            return self._address(path, number, ref)

        def to_entry(entry: Entry) -> str:
            return relative(self._links.path(entry, number), path)

        values = {"number": number, "entry": None} | values
        return self._templates.get_template(template).render(
            reference=self._reference,
            path=path,
            root="../" * path.count("/"),
            to=to,
            to_revision=to_revision,
            to_text=to_text,
            to_object=to_object,
            to_entry=to_entry,
            revision_name=self._names.__getitem__,
            **values,
        )


def _blamed(page: Page) -> list[tuple[Markup, int | None, bool]]:
    """Return the lines of a definition, their migrations, and whether that is another one's."""
    code = highlighted(line for line, _ in page.definition)
    found, before = [], None
    for line, (_, number) in zip(code, page.definition, strict=True):
        found.append((line, number, number is not None and number != before))
        before = number if number is not None else before
    return found


def _counts(happenings: Iterable[Happening]) -> str:
    found = Counter(x.action for x in happenings)
    return ", ".join(f"{number} {action}" for action, number in found.items())


def _anchor(row: Row) -> str | None:
    """Return the anchor of a part's row."""
    return (
        f"{row.ref.kind.lower()}-{file_name(row.ref.detail or row.ref.name)}" if row.ref else None
    )


def _title_parts(page: Page) -> list[tuple[str, str]]:
    """Return a title's name, and its argument types if it has any, each with its class."""
    types = f"({page.ref.detail})"
    if not page.title.endswith(types):
        return [(page.title, "name")]
    return [(page.title.removesuffix(types), "name"), (types, "types")]


def _paragraphs(text: str) -> list[str]:
    return [part for part in re.split(r"\n\s*\n", text.strip()) if part]


def _summary(comment: str | None) -> str:
    """Return the first paragraph of a comment."""
    return " ".join((comment or "").strip().split("\n\n")[0].split())
