"""Diagrams in the language of Mermaid, which code hosts draw."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from kongtask.schema.docs.links import one_line
from kongtask.schema.docs.view import Box, Diagram, Link
from kongtask.schema.model import Ref


def mermaid(diagram: Diagram, titles: Mapping[Ref, str]) -> str:
    """Return an ER diagram.

    Args:
        diagram: what to draw.
        titles: what the tables are called.
    """
    ids = {box.ref: f"t{number}" for number, box in enumerate(diagram.boxes, 1)}
    lines = ["erDiagram"]
    for box in diagram.boxes:
        lines += _box(box, ids[box.ref], titles.get(box.ref, box.ref.name))
    lines += (_link(link, ids) for link in diagram.links)
    return "\n".join(lines)


def _box(box: Box, id_: str, title: str) -> Iterator[str]:
    name = f'    {id_}["{_text(title)}"]'
    if not box.fields:
        yield name
        return
    yield f"{name} {{"
    for field in box.fields:
        marks = f" {field.marks}" if field.marks else ""
        # Mermaid knows words of letters, digits and some signs; what is called otherwise is named
        # behind, as a comment.
        plain = _word(field.name)
        comment = f' "{_text(field.name)}"' if plain != field.name else ""
        yield f"        {_word(field.type)} {plain}{marks}{comment}"
    yield "    }"


def _link(link: Link, ids: Mapping[Ref, str]) -> str:
    many = "|o" if link.is_single else "}o"
    one = "o|" if link.is_optional else "||"
    label = _text(", ".join(link.source_columns))
    return f'    {ids[link.source]} {many}--{one} {ids[link.target]} : "{label}"'


def _word(text: str) -> str:
    """Return a name or type as an attribute of an entity may be spelled."""
    word = re.sub(r"[^A-Za-z0-9_]+", "_", text.replace("[]", "_array")).strip("_")
    return word if re.match(r"[A-Za-z]", word) else f"c_{word}"


def _text(text: str) -> str:
    """Return a text as it may stand between double quotes."""
    return re.sub(r"[\"<>&;#\\%`{}]", lambda found: f"#{ord(found[0])};", one_line(text))
