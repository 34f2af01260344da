"""Text that PostgreSQL or the renderer printed, cut at its parentheses and commas.

No SQL is parsed here. Printed text is qualified, quoted the standard way and free of comments; all
that is needed is to step over strings and quoted names.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

_PIECE = re.compile(
    r"""
    [eE]'(?:[^'\\]|\\.|'')*'
  | '(?:[^']|'')*'
  | "(?:[^"]|"")*"
  | \$(?P<tag>[A-Za-z_0-9]*)\$.*?\$(?P=tag)\$
  | [A-Za-z_\x80-\U0010ffff][A-Za-z0-9_$\x80-\U0010ffff]*
  | .
    """,
    re.VERBOSE | re.DOTALL,
)

_NAME = re.compile(r'"(?:[^"]|"")+"|[a-z_\x80-\U0010ffff][a-z0-9_$\x80-\U0010ffff]*')

_DEPTHS = {"(": 1, "[": 1, ")": -1, "]": -1}


def pieces(text: str, start: int = 0) -> Iterator[tuple[int, str]]:
    """Yield strings, quoted names, words, and all other characters one by one, with offsets."""
    for match in _PIECE.finditer(text, start):
        yield match.start(), match[0]


def items(text: str, opening: int) -> list[tuple[int, int]]:
    """Return where the items of a list in parentheses begin and end, white space left out.

    Args:
        text: what was printed.
        opening: the offset of the list's opening parenthesis.
    """
    bounds, depth = [opening], 0
    for offset, piece in pieces(text, opening):
        depth += _DEPTHS.get(piece, 0)
        if depth == 0:
            bounds.append(offset)
            break
        if depth == 1 and piece == ",":
            bounds.append(offset)
    found = []
    for before, after in itertools.pairwise(bounds):
        item = text[before + 1 : after]
        start = before + 1 + len(item) - len(item.lstrip())
        if item.strip():
            found.append((start, start + len(item.strip())))
    return found


def lists(text: str, start: int = 0) -> Iterator[int]:
    """Yield the offsets of the opening parentheses that stand in no other parentheses."""
    depth = 0
    for offset, piece in pieces(text, start):
        if depth == 0 and piece == "(":
            yield offset
        depth += _DEPTHS.get(piece, 0)


def leading_name(text: str, start: int = 0) -> tuple[str, int] | None:
    """Return the name that a text begins with, without its quotes, and the offset behind it."""
    match = _NAME.match(text, start)
    if match is None:
        return None
    quoted = match[0]
    name = quoted[1:-1].replace('""', '"') if quoted.startswith('"') else quoted
    return name, match.end()


def names(text: str, opening: int) -> list[str | None]:
    """Return the names that the items of a list are; None stands for an item that is no name."""
    found: list[str | None] = []
    for start, end in items(text, opening):
        name = leading_name(text, start)
        found.append(name[0] if name is not None and name[1] == end else None)
    return found
