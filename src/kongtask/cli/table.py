"""Tables for people: aligned, one line a row, cut to the width of the terminal."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable, Sequence

import click


def print_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table on stdout; at a terminal no line is wider than it.

    Args:
        head: the columns' names.
        rows: a cell for each column.
    """
    cells = [tuple(head), *(tuple(one_line(cell) for cell in row) for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(head))]
    limit = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    for row in cells:
        line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        click.echo(cut(line.rstrip(), limit))


def cut(line: str, limit: int | None) -> str:
    """Return the line, with an ellipsis at its end where it is too long."""
    return line if limit is None or len(line) <= limit else line[: limit - 1] + "…"


def one_line(text: str) -> str:
    """Return a text without line ends and without anything that a terminal would obey."""
    return "".join(char if char.isprintable() else " " for char in text)
