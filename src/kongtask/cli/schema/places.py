"""Where an object stands in a committed export, or in the file that it was read from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from kongtask.files import read_text
from kongtask.names import quote_identifier
from kongtask.schema.diff.changes import PARTS
from kongtask.schema.export import parse_export
from kongtask.schema.lines import Alignment, line_of, lines
from kongtask.schema.model import Ref
from kongtask.schema.render import render

if TYPE_CHECKING:
    from kongtask.schema.model import Database
    from kongtask.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """A line of a file; the line is None where only the file is known."""

    file: Path
    line: int | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    """A file and the lines of the objects in it."""

    path: Path
    content: tuple[str, ...] = ()
    lines: Mapping[Ref, int] = field(default_factory=dict)

    def spot(self, ref: Ref, owner: Ref | None) -> Spot:
        line = line_of(self.lines, ref, owner)
        if line is None:
            return Spot(file=self.path)
        return Spot(file=self.path, line=line, source=self.content[line - 1])


class Places:
    """The files in which the objects of a database stand.

    The text of a file need not be what the database would be exported as: lines that differ are
    matched with those around them, and what the file does not have has no line.

    Args:
        database: the objects.
        settings: the project's, which name each schema's committed export.
        file: where all of them were read from, instead of the committed exports.
    """

    def __init__(self, database: Database, settings: Settings, file: Path | None = None) -> None:
        self._database, self._settings, self._file = database, settings, file
        self._known: dict[str, _File | None] = {}

    def spot(self, ref: Ref, owner: Ref | None = None) -> Spot | None:
        """Return where an object stands, or None if there is no file of it.

        Args:
            ref: the object.
            owner: what it is a part of.
        """
        names = [schema.name for schema in self._database.schemas]
        name = ref.schema if ref.schema in names or not names else names[0]
        if name not in self._known:
            self._known[name] = self._read(name)
        found = self._known[name]
        return None if found is None else found.spot(ref, owner)

    def _read(self, name: str) -> _File | None:
        path = self._file or self._settings.schema(name).committed
        text = read_text(path)
        if text is None:
            return None
        if path.suffix == ".json":
            return _File(path=path)
        text = text.replace("\r\n", "\n")  # as git may have it on Windows
        database = self._database if self._file else self._database.only([name])
        export = parse_export(text)
        head = text.count("\n", 0, len(text) - len(export.body))
        body = export.body.split("\n")
        rendered = render(*database.schemas, database=database).split("\n")
        alignment = Alignment(rendered, body)
        placed = {ref: alignment.line(line) for ref, line in lines(database).items()}
        return _File(
            path=path,
            content=tuple(text.split("\n")),
            lines={ref: head + line for ref, line in placed.items() if _names(body[line - 1], ref)},
        )


def _names(line: str, ref: Ref) -> bool:
    """Tell whether a line speaks of an object, and not only of what stands around its place."""
    name = ref.detail if ref.kind in PARTS else ref.name or ref.schema
    return quote_identifier(name).partition("\n")[0] in line
