"""Where the boxes and lines of a diagram stand: Graphviz, through the wheel of pygraphviz.

Graphviz is given boxes of a size and no text. How wide it would take a text to be depends on the
fonts of the machine, and the same schema is to give the same bytes everywhere.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from kongtask.schema.docs.links import one_line
from kongtask.schema.docs.view import Box, Diagram, Link
from kongtask.schema.model import Ref

#: Sizes, in points: of a letter in the diagram's monospaced font, a row, and what is around them.
LETTER, ROW, HEAD, PADDING = 7.3, 20, 26, 10

#: Letters of a name or type that are shown before the rest is left out.
_LONGEST = 36

#: How far a line from a table to itself stands out.
_LOOP = 42

Point = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A box with its place.

    Attributes:
        title: what its head says, cut where it is very long.
        rows: (name, type, marks) of each column, cut in the same way.
        x, y: the upper left corner.
        names: the letters that the longest name takes: types begin behind them.
    """

    box: Box
    title: str
    rows: tuple[tuple[str, str, str], ...]
    x: float
    y: float
    width: float
    height: float
    names: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """A foreign key with its line: the points of cubic curves, from the source to the target."""

    link: Link
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """A diagram with its places."""

    width: float
    height: float
    boxes: tuple[Placed, ...]
    lines: tuple[Drawn, ...]


def lay_out(diagram: Diagram, titles: dict[Ref, str]) -> Layout:
    """Return where everything in a diagram stands.

    Args:
        diagram: what to draw.
        titles: what the tables are called.
    """
    import pygraphviz

    shapes = [_shape(box, titles[box.ref]) for box in diagram.boxes]
    ids = {box.ref: f"t{number}" for number, box in enumerate(diagram.boxes)}
    dot = "\n".join(_dot(diagram, shapes, ids))
    found = json.loads(pygraphviz.AGraph(string=dot).draw(format="json", prog="dot"))
    _, _, width, height = (float(x) for x in found["bb"].split(","))
    nodes = {node["name"]: node for node in found["objects"]}
    boxes = {x.box.ref: _moved(x, nodes[ids[x.box.ref]], height) for x in shapes}
    curves = {int(x["id"]): _points(x["pos"], height) for x in found.get("edges", ())}
    lines = tuple(
        Drawn(link=link, points=curves.get(number) or _loop(boxes[link.source], link))
        for number, link in enumerate(diagram.links)
    )
    right = max(x for line in lines for x, _ in line.points) if lines else 0
    return Layout(width=max(width, right), height=height, boxes=tuple(boxes.values()), lines=lines)


def _shape(box: Box, title: str) -> Placed:
    """Return a box with its size, at no place yet."""
    rows = tuple((_cut(x.name), _cut(x.type), x.marks) for x in box.fields)
    names = max((columns_of(name) for name, _, _ in rows), default=0)
    types = max((columns_of(type_) for _, type_, _ in rows), default=0)
    marks = max((columns_of(mark) + 2 for _, _, mark in rows if mark), default=0)
    letters = max(names + 2 + types + marks if rows else 0, columns_of(_cut(title)), 6)
    count = len(rows) + (1 if box.left_out else 0)
    return Placed(
        box=box,
        title=_cut(title),
        rows=rows,
        x=0,
        y=0,
        width=round(letters * LETTER + 2 * PADDING),
        height=HEAD + ROW * count,
        names=names,
    )


def _dot(diagram: Diagram, shapes: list[Placed], ids: dict[Ref, str]) -> Iterator[str]:
    yield "digraph {"
    # Boxes without columns are many, and small.
    room = "0.35, ranksep=0.9" if any(shape.rows for shape in shapes) else "0.12, ranksep=0.7"
    yield f"graph [rankdir=LR, nodesep={room}, pad=0];"
    yield 'node [shape=plain, label="", margin=0];'
    yield "edge [dir=none];"
    places: dict[tuple[Ref, str], str] = {}
    for shape in shapes:
        yield f"{ids[shape.box.ref]} [label=<{_table(shape)}>];"
        for number, field in enumerate(shape.box.fields):
            places[shape.box.ref, field.name] = f":f{number}"
    for number, link in enumerate(diagram.links):
        if link.source == link.target:
            continue  # Graphviz leads those around other boxes
        source = ids[link.source] + places.get((link.source, link.source_columns[0]), "")
        target = ids[link.target] + places.get((link.target, link.target_columns[0]), "")
        # What is referred to stands on the left: a reader begins there.
        yield f'{target} -> {source} [id="{number}"];'
    yield "}"


def _table(shape: Placed) -> str:
    cell = '<TR><TD FIXEDSIZE="TRUE" WIDTH="{width}" HEIGHT="{height}"{port}></TD></TR>'
    width = int(shape.width)
    rows = [cell.format(width=width, height=HEAD, port="")]
    rows += [
        cell.format(width=width, height=ROW, port=f' PORT="f{number}"')
        for number in range(len(shape.rows))
    ]
    if shape.box.left_out:
        rows.append(cell.format(width=width, height=ROW, port=""))
    table = '<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="0">'
    return f"{table}{''.join(rows)}</TABLE>"


def _moved(shape: Placed, node: dict[str, Any], height: float) -> Placed:
    x, y = (float(part) for part in node["pos"].split(","))
    return replace(
        shape, x=round(x - shape.width / 2, 1), y=round(height - y - shape.height / 2, 1)
    )


def _points(text: str, height: float) -> tuple[Point, ...]:
    """Return the points of a line from the source on, which Graphviz draws from the target."""
    pairs = re.findall(r"(-?[\d.e+-]+),(-?[\d.e+-]+)", text)
    points = [(round(float(x), 1), round(height - float(y), 1)) for x, y in pairs]
    return tuple(reversed(points))


def _loop(placed: Placed, link: Link) -> tuple[Point, ...]:
    """Return a line from a box to itself, beside its right edge."""
    rows = {field.name: HEAD + ROW * (n + 0.5) for n, field in enumerate(placed.box.fields)}
    right = placed.x + placed.width
    # Columns that are not shown have the head in their place.
    start = placed.y + rows.get(link.source_columns[0], HEAD * 0.7)
    end = placed.y + rows.get(link.target_columns[0], HEAD * 0.3)
    out = right + _LOOP
    return (right, start), (out, start), (out, end), (right, end)


def _cut(text: str) -> str:
    text = one_line(text)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def columns_of(text: str) -> int:
    """Return how many letters wide a text is: East Asian ones take two."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)
