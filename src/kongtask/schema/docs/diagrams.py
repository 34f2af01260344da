"""Tables and their foreign keys, as pictures show them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from kongtask.schema.docs.keys import marks
from kongtask.schema.docs.scene import Scene
from kongtask.schema.docs.view import Box, Diagram, Field, Link
from kongtask.schema.model import Ref, Table

#: Up to so many tables, the picture of all of them shows their columns.
MANY_TABLES = 40

#: Columns of a table that are shown before the rest is counted.
_MANY_COLUMNS = 30

#: Up to so many neighbours a table's picture has.
_MANY_NEIGHBOURS = 24


def overview(scene: Scene) -> tuple[Diagram | None, bool]:
    """Return the picture of all tables but partitions, and whether it shows names alone.

    Among many tables, those that no foreign key joins with others are left out.
    """
    tables = {ref: table for ref, table in scene.tables.items() if not table.is_partition}
    links = [x for ref in tables for x in scene.outgoing[ref] if x.target in tables]
    is_compact = len(tables) > MANY_TABLES
    if is_compact:
        joined = {ref for link in links for ref in (link.source, link.target)}
        boxes = [Box(ref=ref, fields=()) for ref in tables if ref in joined]
    else:
        boxes = [_box(tables[ref], _MANY_COLUMNS) for ref in tables]
    return (_diagram(scene, boxes, links), is_compact) if boxes else (None, is_compact)


def neighbours(scene: Scene, ref: Ref) -> Diagram | None:
    """Return a table with those that its foreign keys and others' join it with, or None.

    Of the others the joining columns are shown: the picture is the table's own.
    """
    links = [*scene.outgoing.get(ref, ())]
    links += [link for link in scene.incoming.get(ref, ()) if link.source != ref]
    if not links:
        return None
    shown: dict[Ref, list[str]] = {}
    kept = []
    for link in links:
        other, columns = (
            (link.target, link.target_columns)
            if link.source == ref
            else (link.source, link.source_columns)
        )
        if other == ref or other in shown or len(shown) < _MANY_NEIGHBOURS:
            kept.append(link)
            if other != ref:
                shown.setdefault(other, []).extend(columns)
    boxes = [_box(scene.tables[ref], _MANY_COLUMNS, is_subject=True)]
    boxes += [_part_of_box(scene.tables[other], columns) for other, columns in shown.items()]
    return _diagram(scene, boxes, kept)


def _box(table: Table, most: int, *, is_subject: bool = False) -> Box:
    keys = marks(table)
    # Columns in keys first in the choice, not in the picture.
    order = sorted(table.columns, key=lambda column: column.name not in keys)
    chosen = {column.name for column in order[:most]}
    fields = tuple(
        Field(name=x.name, type=x.type, marks=", ".join(keys.get(x.name, [])))
        for x in table.columns
        if x.name in chosen
    )
    left_out = len(table.columns) - len(fields)
    return Box(ref=table.ref, fields=fields, left_out=left_out, is_subject=is_subject)


def _part_of_box(table: Table, columns: Iterable[str]) -> Box:
    keys, wanted = marks(table), set(columns)
    fields = tuple(
        Field(name=x.name, type=x.type, marks=", ".join(keys.get(x.name, [])))
        for x in table.columns
        if x.name in wanted
    )
    # How many others there are is not counted: another column there is no change here.
    return Box(ref=table.ref, fields=fields)


def _diagram(scene: Scene, boxes: Iterable[Box], links: Iterable[Link]) -> Diagram:
    names: Mapping[Ref, Ref] = scene.moment.names
    return Diagram(
        boxes=tuple(replace(x, ref=names.get(x.ref, x.ref)) for x in boxes),
        links=tuple(
            replace(x, source=names.get(x.source, x.source), target=names.get(x.target, x.target))
            for x in links
        ),
    )
