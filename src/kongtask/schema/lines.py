"""Where in the text of an export each object and each part of it stands."""

from __future__ import annotations

import difflib
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from kongtask.schema.model import Database, Kind, Ref, Schema
from kongtask.schema.printed import items, leading_name, lists, pieces
from kongtask.schema.render import OPENING, Block, heading, render_blocks
from kongtask.schema.steps import Phase

#: Kinds whose statement lists their columns and constraints.
_LISTING = frozenset({Kind.TABLE, Kind.FOREIGN_TABLE, Kind.TYPE})

#: What a part without a place of its own can belong to.
_OWNERS = (
    Kind.TABLE, Kind.FOREIGN_TABLE, Kind.VIEW, Kind.MATERIALIZED_VIEW, Kind.TYPE, Kind.DOMAIN,
)  # fmt: skip


def lines(database: Database, *, comments: bool = True) -> dict[Ref, int]:
    """Return the line of each object and part in the body that ``render`` makes, from 1.

    Args:
        database: what is rendered.
        comments: whether that is with comments.

    Returns:
        Lines by identity. A part that is not spelled out, such as a view's column, has none of its
        own; :func:`line_of` knows its owner's.
    """
    found: dict[Ref, int] = {}
    line, section = _size(OPENING), Phase.SCHEMAS.title
    for block in render_blocks(*database.schemas, database=database, comments=comments):
        if block.section != section:
            section = block.section
            line += _size(heading(section))
        if block.key is not None:
            start = _start(block.text)
            for ref, offset in ((block.key, start), *_parts(block, block.key, start)):
                found.setdefault(ref, line + 1 + block.text.count("\n", 0, offset))
        line += _size(block.text)
    for schema in database.schemas:
        _add_key_indexes(schema, found)
    return found


def line_of(places: Mapping[Ref, int], ref: Ref, owner: Ref | None = None) -> int | None:
    """Return the line of an object, or of what it is a part of, or None.

    Args:
        places: what :func:`lines` returned.
        ref: the object.
        owner: what it is a part of, where that is known.
    """
    if ref in places:
        return places[ref]
    if owner is not None:
        return places.get(owner)
    candidates = (Ref(kind, ref.schema, ref.name) for kind in _OWNERS) if ref.detail else ()
    return next((places[candidate] for candidate in candidates if candidate in places), None)


class Alignment:
    """Which line of one text is which line of another that says nearly the same.

    Lines that stand once in both texts are matched first, and what lies between them piece by
    piece: two exports of thousands of tables would take a minute otherwise.

    Args:
        old: the lines of the first text.
        new: the lines of the second one.
    """

    def __init__(self, old: Sequence[str], new: Sequence[str]) -> None:
        self._size = len(new)
        self._pieces = list(_pieces(old, new))
        self._starts = [start for start, *_ in self._pieces]

    def line(self, line: int) -> int:
        """Return the line of the second text that a line of the first is or has become.

        What the second text does not have is where it would stand.
        """
        index = line - 1
        number = bisect_right(self._starts, index) - 1
        if number >= 0:
            start, _, new_start, new_end = self._pieces[number]
            index = min(new_start + index - start, max(new_end - 1, new_start))
        return min(index, max(self._size - 1, 0)) + 1


def _pieces(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[int, int, int, int]]:
    """Yield where parts of two texts that match begin and end, in order."""
    if old == new:
        yield 0, len(old), 0, len(new)
        return
    before, new_before = 0, 0
    for at, new_at in [*_anchors(old, new), (len(old), len(new))]:
        part, new_part = old[before:at], new[new_before:new_at]
        for _, i, j, k, m in difflib.SequenceMatcher(None, part, new_part).get_opcodes():
            if i < j:
                yield before + i, before + j, new_before + k, new_before + m
        before, new_before = at, new_at


def _anchors(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]]:
    """Return the most lines that stand once in both texts, and in the same order."""
    places = {line: at for at, line in enumerate(new)}
    counts, new_counts = Counter(old), Counter(new)
    pairs = [
        (at, places[line])
        for at, line in enumerate(old)
        if counts[line] == 1 and new_counts[line] == 1
    ]
    # The longest increasing run: of each length, the one that ends earliest, and what it came from.
    ends: list[int] = []
    last: list[int] = []
    came_from: list[int | None] = []
    for number, (_, new_at) in enumerate(pairs):
        length = bisect_left(ends, new_at)
        ends[length : length + 1] = [new_at]
        last[length : length + 1] = [number]
        came_from.append(last[length - 1] if length else None)
    found: list[tuple[int, int]] = []
    current = last[-1] if last else None
    while current is not None:
        found.append(pairs[current])
        current = came_from[current]
    return found[::-1]


def _size(text: str) -> int:
    """Return how many lines a text takes, with the blank one behind it."""
    return text.count("\n") + 2


def _parts(block: Block, key: Ref, start: int) -> Iterator[tuple[Ref, int]]:
    """Yield the parts that a block's list spells out, with their offsets."""
    opening = next(lists(block.text, start), None) if key.kind in _LISTING else None
    # Other lists, such as a partition's bounds, stand in one line.
    if opening is None or not block.text.startswith("(\n", opening):
        return
    for offset, _ in items(block.text, opening):
        kind, at = Kind.COLUMN, offset
        if block.text.startswith("CONSTRAINT ", offset):
            kind, at = Kind.CONSTRAINT, offset + len("CONSTRAINT ")
        name = leading_name(block.text, at)
        if name is not None:
            yield Ref(kind, key.schema, key.name, name[0]), offset


def _start(text: str) -> int:
    """Return where a block's first statement begins, the search_path that it needs left out."""
    if not text.startswith("SET search_path = "):
        return 0
    return next(offset for offset, piece in pieces(text) if piece == ";") + 2


def _add_key_indexes(schema: Schema, found: dict[Ref, int]) -> None:
    """Give the index of a key the key's line."""
    for table in schema.tables:
        for constraint in table.constraints:
            ref = table.part(Kind.CONSTRAINT, constraint.name)
            if constraint.index is not None and ref in found:
                found.setdefault(constraint.index.ref, found[ref])
