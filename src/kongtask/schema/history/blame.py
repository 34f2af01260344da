"""Who wrote each line: the lines of a schema's export, each with the revision that it came with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from msgspec import Struct

from kongtask.schema.history.lives import History
from kongtask.schema.model import Ref
from kongtask.schema.render import Block, render_blocks

_Lines = list[tuple[str, int]]
_Key = tuple[str, Ref | None]


class BlamedBlock(Struct, frozen=True, kw_only=True):
    """One block of an export with the revision that each line came with.

    Attributes:
        section: the title of the section that it stands in.
        key: what it makes; None for a section about many objects.
        lines: (text, number of the revision).
    """

    section: str
    key: Ref | None
    lines: tuple[tuple[str, int], ...]


def blame(history: History, number: int | None = None) -> tuple[BlamedBlock, ...]:
    """Tell of each line of a schema's export which migration wrote it.

    A line is old where the same line of the same object was there before; an object that was
    renamed keeps its lines but for those that say the name.

    Args:
        history: of the schema.
        number: the revision whose export it is; the latest if None.

    Returns:
        The blocks of the export, in their order.
    """
    until = history.latest.number if number is None else number
    known: dict[_Key, _Lines] = {}
    blocks: Sequence[Block] = ()
    for revision in history.revisions:
        if revision.number > until:
            break
        database = revision.database
        blocks = tuple(render_blocks(*database.schemas, database=database, privileges=True))
        former = dict(_former(history, revision.number))
        known = {
            key: _attributed(block.text, known.get(former.get(key, key), []), revision.number)
            for block in blocks
            for key in [_key(block)]
        }
    return tuple(
        BlamedBlock(section=block.section, key=block.key, lines=tuple(known[_key(block)]))
        for block in blocks
    )


def _key(block: Block) -> _Key:
    return ("", block.key) if block.key is not None else (block.section, None)


def _former(history: History, number: int) -> Iterator[tuple[_Key, _Key]]:
    for life in history.lives.values():
        for event in life.events:
            if event.number == number and event.former is not None:
                yield ("", event.change.ref), ("", event.former)


def _attributed(text: str, before: _Lines, number: int) -> _Lines:
    """Return a block's lines with their revisions, those that were there before with their old."""
    lines = text.split("\n")
    old = [line for line, _ in before]
    if lines == old:
        return before
    found: _Lines = [(line, number) for line in lines]
    # A comma comes and goes with what follows a line: it does not make the line a new one.
    matcher = SequenceMatcher(
        None, [line.rstrip(",") for line in old], [line.rstrip(",") for line in lines], False
    )
    for start_old, start, size in matcher.get_matching_blocks():
        for step in range(size):
            found[start + step] = (lines[start + step], before[start_old + step][1])
    return found
