"""A finding: what a check has to say about a place."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from kongtask.rules import Level


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that a check found.

    Attributes:
        rule: the rule that it breaks.
        level: how much it matters.
        message: what is wrong, one sentence.
        hint: what to do about it; may be empty.
        file: the file that it is about, if it is about one.
        line: the line in that file, from 1.
        column: the column in that line in characters, from 1.
        end_line: the last line, where there are several.
        source: the text of the line.
        object: the words for the object that it is about, such as ``table shop.orders``.
    """

    rule: str
    level: Level
    message: str
    hint: str = ""
    file: Path | None = None
    line: int | None = None
    column: int | None = None
    end_line: int | None = None
    source: str | None = None
    object: str | None = None

    @property
    def place(self) -> tuple[str, int, int]:
        """What findings are sorted by: those without a file come last."""
        return (str(self.file) if self.file else "\U0010ffff", self.line or 0, self.column or 0)


def relative(path: Path, folder: Path) -> str:
    """Return a path as one looks for it from a folder, or in full where it lies elsewhere."""
    path = path.absolute()
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else str(path)
