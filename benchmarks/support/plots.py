"""Line charts as SVG, drawn by hand: few lines, one text a number, readable in light and dark."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 640, 360
LEFT, RIGHT, TOP, BOTTOM = 70, 20, 40, 80
COLOURS = ("#2563eb", "#d97706", "#059669", "#dc2626", "#7c3aed", "#64748b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a chart.

    Attributes:
        name: in the legend.
        points: pairs of x and y, from left to right.
    """

    name: str
    points: Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """One axis.

    Attributes:
        title: what is measured, in which unit.
        ticks: the numbers that are written, the least first.
        is_logarithmic: whether distances are ratios.
    """

    title: str
    ticks: Sequence[float]
    is_logarithmic: bool = False

    def place(self, value: float) -> float:
        """Return where a value is, from 0 to 1."""
        low, high, value = (
            self._scale(self.ticks[0]),
            self._scale(self.ticks[-1]),
            max(self._scale(value), self._scale(self.ticks[0])),
        )
        return min(1.0, (value - low) / (high - low))

    def _scale(self, value: float) -> float:
        return math.log10(max(value, 1e-9)) if self.is_logarithmic else value


def line_chart(title: str, across: Axis, up: Axis, lines: Sequence[Line]) -> str:
    """Return a chart."""
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
        _text(WIDTH / 2, 20, title, "middle", size=14),
        *_grid(across, up),
    ]
    for number, line in enumerate(lines):
        colour = COLOURS[number % len(COLOURS)]
        places = " ".join(f"{_x(across, x):.1f},{_y(up, y):.1f}" for x, y in line.points)
        parts.append(
            f'<polyline points="{places}" fill="none" stroke="{colour}" stroke-width="2"/>'
        )
        if len(line.points) <= 12:
            parts += [
                f'<circle cx="{_x(across, x):.1f}" cy="{_y(up, y):.1f}" r="3" fill="{colour}"/>'
                for x, y in line.points
            ]
        x = LEFT + number % 2 * (WIDTH - LEFT - RIGHT) / 2
        y = HEIGHT - 32 + number // 2 * 18
        parts.append(f'<rect x="{x:.1f}" y="{y}" width="14" height="4" fill="{colour}"/>')
        parts.append(_text(x + 18, y + 6, line.name, "start"))
    return "\n".join([*parts, "</svg>", ""])


def _grid(across: Axis, up: Axis) -> list[str]:
    parts = []
    for value in across.ticks:
        x = _x(across, value)
        parts.append(_rule(x, TOP, x, HEIGHT - BOTTOM))
        parts.append(_text(x, HEIGHT - BOTTOM + 18, _number(value), "middle"))
    for value in up.ticks:
        y = _y(up, value)
        parts.append(_rule(LEFT, y, WIDTH - RIGHT, y))
        parts.append(_text(LEFT - 8, y + 4, _number(value), "end"))
    parts.append(_text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - BOTTOM + 38, across.title, "middle"))
    parts.append(_text(8, TOP - 10, up.title, "start"))
    return parts


def _x(axis: Axis, value: float) -> float:
    return LEFT + axis.place(value) * (WIDTH - LEFT - RIGHT)


def _y(axis: Axis, value: float) -> float:
    return HEIGHT - BOTTOM - axis.place(value) * (HEIGHT - TOP - BOTTOM)


def _rule(x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<path d="M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}" stroke="#e2e8f0"/>'


def _text(x: float, y: float, text: str, anchor: str, size: int = 12) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}" '
        f'font-family="sans-serif" fill="#334155">{escape(text)}</text>'
    )


def _number(value: float) -> str:
    for unit, sign in ((1e6, " M"), (1e3, " k")):
        if value >= unit:
            return f"{value / unit:g}{sign}"
    return f"{value:g}"


def even_ticks(highest: float, steps: int = 4) -> list[float]:
    """Return round numbers from 0 to a value or a little more."""
    rough = highest / steps
    size = 10 ** math.floor(math.log10(rough))
    step = next(size * n for n in (1, 2, 2.5, 5, 10) if size * n >= rough)
    return [step * n for n in range(math.ceil(highest / step) + 1)]
