"""Who wrote each line: the lines of a schema's export, each with the revision that it came with."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import SequenceMatcher

from msgspec import Struct

from kongtask.schema.history.lives import History, Revision
from kongtask.schema.model import Ref
from kongtask.schema.render import Block, render_blocks

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

    @property
    def text(self) -> str:
        """The block as it stands in the export."""
        return "\n".join(line for line, _ in self.lines)


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
    found: tuple[BlamedBlock, ...] = ()
    for revision, blocks in blames(history):
        if revision.number > until:
            break
        found = blocks
    return found


def blames(history: History) -> Iterator[tuple[Revision, tuple[BlamedBlock, ...]]]:
    """Yield what :func:`blame` tells of each revision, each rendered once."""
    known: dict[_Key, BlamedBlock] = {}
    for revision in history.revisions:
        database = revision.database
        blocks = render_blocks(*database.schemas, database=database, privileges=True)
        former = dict(_former(history, revision.number))
        now = dict[_Key, BlamedBlock]()
        for block in blocks:
            key = _key(block)
            before = known.get(former.get(key, key))
            now[key] = _blamed(block, before, revision.number)
        known = now
        yield revision, tuple(known.values())


def _key(block: Block) -> _Key:
    return ("", block.key) if block.key is not None else (block.section, None)


def _former(history: History, number: int) -> Iterator[tuple[_Key, _Key]]:
    for life in history.lives.values():
        for event in life.events:
            if event.number == number and event.former is not None:
                yield ("", event.change.ref), ("", event.former)


def _blamed(block: Block, before: BlamedBlock | None, number: int) -> BlamedBlock:
    """Return a block's lines with their revisions, those that were there before with their old."""
    if before is not None and before.key == block.key and before.text == block.text:
        return before
    lines = block.text.split("\n")
    old = before.lines if before is not None else ()
    found = [(line, number) for line in lines]
    # A comma comes and goes with what follows a line: it does not make the line a new one.
    matcher = SequenceMatcher(
        None, [line.rstrip(",") for line, _ in old], [line.rstrip(",") for line in lines], False
    )
    for start_old, start, size in matcher.get_matching_blocks():
        for step in range(size):
            found[start + step] = (lines[start + step], old[start_old + step][1])
    return BlamedBlock(section=block.section, key=block.key, lines=tuple(found))
