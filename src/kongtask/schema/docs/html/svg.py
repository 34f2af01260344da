"""Diagrams as SVG inside a page: its style sheet gives them their colours."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from html import escape

from kongtask.schema.docs.html.graph import (
    HEAD,
    LETTER,
    PADDING,
    ROW,
    Drawn,
    Layout,
    Placed,
)
from kongtask.schema.docs.links import one_line
from kongtask.schema.model import Ref

#: Around the drawing: a line's end may stick out of a box.
_MARGIN = 4

_MARKERS = """\
<defs>
<marker id="many" class="end" viewBox="0 0 14 14" refX="13" refY="7" markerWidth="14" \
markerHeight="14" orient="auto-start-reverse"><path d="M1,7 L13,1 M1,7 L13,7 M1,7 L13,13"/></marker>
<marker id="one" class="end" viewBox="0 0 14 14" refX="13" refY="7" markerWidth="14" \
markerHeight="14" orient="auto-start-reverse"><path d="M8,2 L8,12 M1,7 L13,7"/></marker>
<marker id="maybe" class="end" viewBox="0 0 18 14" refX="17" refY="7" markerWidth="18" \
markerHeight="14" orient="auto-start-reverse">\
<path d="M12,2 L12,12 M9,7 L17,7"/><circle cx="5" cy="7" r="4"/></marker>
</defs>"""


def svg(layout: Layout, title: str, address: Callable[[Ref], str | None]) -> str:
    """Return a drawing.

    Args:
        layout: what to draw, with its places.
        title: what it shows, for those who cannot see it.
        address: gives the address of a table's page, or None.
    """
    width, height = layout.width + 2 * _MARGIN, layout.height + 2 * _MARGIN
    opening = (
        f'<svg class="diagram" role="group" aria-label="{escape(title)}" '
        f'xmlns="http://www.w3.org/2000/svg" style="--width: {width:.0f}px" '
        f'viewBox="{-_MARGIN} {-_MARGIN} {width:.0f} {height:.0f}">'
    )
    parts = [
        opening,
        _MARKERS,
        *(_line(line) for line in layout.lines),
        *("".join(_box(placed, address(placed.box.ref))) for placed in layout.boxes),
        "</svg>",
    ]
    return "\n".join(parts)


def _line(drawn: Drawn) -> str:
    link = drawn.link
    (x, y), *rest = drawn.points
    curve = " ".join(f"{a:g},{b:g}" for a, b in rest)
    columns = ", ".join(link.source_columns)
    words = f"{link.name}: {columns} → {link.target.name} ({', '.join(link.target_columns)})"
    start = "one" if link.is_single else "many"
    end = "maybe" if link.is_optional else "one"
    return (
        f'<path class="link" d="M{x:g},{y:g} C{curve}" marker-start="url(#{start})" '
        f'marker-end="url(#{end})"><title>{escape(one_line(words))}</title></path>'
    )


def _box(placed: Placed, address: str | None) -> Iterator[str]:
    subject = " subject" if placed.box.is_subject else ""
    title = escape(one_line(placed.title))
    yield f'<g class="box{subject}" transform="translate({placed.x:g},{placed.y:g})">'
    if address is not None:
        yield f'<a href="{escape(address)}">'
    yield f"<title>{title}</title>"
    yield f'<rect class="frame" width="{placed.width:g}" height="{placed.height:g}" rx="5"/>'
    right = placed.width
    outline = f"M0,{HEAD} V5 Q0,0 5,0 H{right - 5:g} Q{right:g},0 {right:g},5 V{HEAD} Z"
    yield f'<path class="head" d="{outline}"/>'
    yield f'<text class="name" x="{PADDING}" y="17.5">{title}</text>'
    if address is not None:
        yield "</a>"
    for number, row in enumerate(placed.rows):
        yield from _row(placed, number, row)
    if placed.box.left_out:
        y = HEAD + ROW * len(placed.rows) + 14
        yield f'<text class="type" x="{PADDING}" y="{y}">… {placed.box.left_out} more</text>'
    yield "</g>\n"


def _row(placed: Placed, number: int, row: tuple[str, str, str]) -> Iterator[str]:
    name, type_, marks = row
    y = HEAD + ROW * number + 14
    key = " key" if "PK" in marks else ""
    yield f'<text class="field{key}" x="{PADDING}" y="{y}">{escape(name)}</text>'
    x = PADDING + (placed.names + 2) * LETTER
    yield f'<text class="type" x="{x:g}" y="{y}">{escape(type_)}</text>'
    if marks:
        right = placed.width - PADDING
        yield f'<text class="mark" x="{right:g}" y="{y}" text-anchor="end">{escape(marks)}</text>'
