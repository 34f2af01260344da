"""Places in a text file: line, column, and the line with a caret under it."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

#: A longer line is shown in part, around the caret.
_LONGEST_LINE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A character of a file.

    Attributes:
        file: the file's path as the user knows it.
        line: its line, from 1.
        column: its column in characters, from 1.
        content: the whole line.
    """

    file: str
    line: int
    column: int
    content: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"

    def picture(self) -> str:
        """Draw the place: where it is, its line, and a caret under the character."""
        line, caret = self.drawing()
        return f"{' ' * len(str(self.line))}--> {self}\n{line}\n{caret}"

    def drawing(self) -> tuple[str, str]:
        """Return its line, and a line with a caret under the character."""
        number = str(self.line)
        line, before = _window(self.content, self.column - 1)
        margin = " " * len(number)
        # Tabs stay tabs in both lines, so the caret stands right whatever a tab's width is.
        padding = "".join("\t" if char == "\t" else " " * _width(char) for char in before)
        return f"{number} | {line}", f"{margin} | {padding}^"


def find_place(file: str, text: str, offset: int) -> Place:
    """Return the place of an offset in a file's text."""
    offset = min(max(offset, 0), len(text))
    start = text.rfind("\n", 0, offset) + 1
    end = text.find("\n", offset)
    return Place(
        file=file,
        line=text.count("\n", 0, offset) + 1,
        column=offset - start + 1,
        content=text[start : end if end >= 0 else len(text)],
    )


def _window(line: str, index: int) -> tuple[str, str]:
    """Return the part of a line to show, and the part of that before the caret."""
    # Control characters could move the caret, or the cursor of the reader's terminal.
    clean = "".join(
        char if char == "\t" or char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in line
    )
    if len(clean) <= _LONGEST_LINE:
        return clean, clean[:index]
    first = max(0, min(index - _LONGEST_LINE // 2, len(clean) - _LONGEST_LINE))
    last = first + _LONGEST_LINE
    left = "…" if first > 0 else ""
    right = "…" if last < len(clean) else ""
    return f"{left}{clean[first:last]}{right}", left + clean[first:index]


def _width(char: str) -> int:
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in {"W", "F"} else 1
