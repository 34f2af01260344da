"""``kongtask schema matrix``: which environment has which object, all of them at once."""

from __future__ import annotations

import json
import sys
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import click

from kongtask.cli.base import Command, note, option
from kongtask.cli.schema.diff import compare_sides, under_one_name
from kongtask.cli.schema.sides import Side, read_side
from kongtask.errors import EXIT_DIFFERENT, EXIT_DONE, EXIT_FAILED, KongtaskError, UsageError
from kongtask.settings import load_settings

if TYPE_CHECKING:
    from kongtask.schema.diff import Difference, Scope
    from kongtask.schema.model import Ref
    from kongtask.settings import Settings

FORMATS = ("text", "json", "markdown")

SAME, DIFFERS, MISSING, ADDED, UNKNOWN = "same", "differs", "missing", "added", "?"
HAS_IT = "has it"

_COLOURS = {DIFFERS: "yellow", MISSING: "red", ADDED: "green", UNKNOWN: "magenta"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One environment beside the reference.

    Attributes:
        name: what it is called.
        is_base: whether it is the reference.
        error: why it cannot be read; None if it was.
        cells: what it has, by the objects of which it has not the same.
        top: those of them that are told by themselves.
    """

    name: str
    is_base: bool = False
    error: str | None = None
    cells: Mapping[Ref, str] = field(default_factory=dict)
    top: tuple[Ref, ...] = ()


@click.command(cls=Command, name="matrix")
@option("--base", metavar="NAME", help="What the others are compared with: an environment, or what "
        "schema diff takes, such as migration:latest. Default: the first environment.")  # fmt: skip
@option("-schema", "--schema", "-s", "schemas", metavar="NAME", multiple=True,
        help="Schema to compare; may be given several times. Default: GRAPHILE_WORKER_SCHEMA, then "
        "the project's, then graphile_worker.")  # fmt: skip
@option("--format", "format_", type=click.Choice(FORMATS), default="text", show_default=True,
        help="How to tell it.")  # fmt: skip
@option("--json", "as_json", is_flag=True, help="The same as --format json.")
@option("--ignore-column-order", is_flag=True, help="The same columns in another order are no "
        "difference.")  # fmt: skip
@option("--no-comments", "without_comments", is_flag=True, help="Other comments are no difference.")
@option("--owners", is_flag=True, help="Compare owners too.")
@option("--privileges", is_flag=True, help="Compare grants too.")
def command(
    *,
    base: str | None,
    schemas: tuple[str, ...],
    format_: str,
    as_json: bool,
    ignore_column_order: bool,
    without_comments: bool,
    owners: bool,
    privileges: bool,
) -> None:
    """Tell which environment has which object, all of them at once.

    The environments are those of [tool.kongtask.environments]. Each object that is not the same
    everywhere has a row, and each environment a column: same, differs, missing, or added where
    only the environment has it. What differs, schema diff tells.

    Exit codes: 0 all are the same, 1 differences, 2 error, also where only one cannot be reached.
    """
    from kongtask.schema.diff import Scope

    settings = load_settings()
    scope = Scope(
        comments=not without_comments,
        owners=owners,
        privileges=privileges,
        column_order=not ignore_column_order,
    )
    columns = _columns(settings, base, schemas, scope)
    if as_json or format_ == "json":
        click.echo(json.dumps(document(columns), indent=2, ensure_ascii=False))
    else:
        lines = markdown_lines if format_ == "markdown" else text_lines
        for line in lines(columns):
            click.echo(line)
    if any(column.error is not None for column in columns):
        sys.exit(EXIT_FAILED)
    sys.exit(EXIT_DIFFERENT if any(column.top for column in columns) else EXIT_DONE)


def _columns(
    settings: Settings, base: str | None, schemas: Sequence[str], scope: Scope
) -> list[Column]:
    """Read all environments and compare them with the reference, which comes first."""
    names = list(settings.environments)
    if base is None and len(names) < 2:
        raise UsageError(
            "there is nothing to compare: give two or more in [tool.kongtask.environments], or "
            "compare one with --base migration:latest"
        )
    read: dict[str, Side | str] = {}
    if base is not None:
        read[base] = read_side(f"env:{base}" if base in names else base, settings, schemas)
    for name in names:
        if name not in read:
            read[name] = _read(name, settings, schemas)
    reference = next((name for name, side in read.items() if isinstance(side, Side)), None)
    if reference is not None and reference != next(iter(read)):
        note(f"warning: comparing with {reference}, the first environment that can be read")
    return [_column(name, side, reference, read, scope) for name, side in read.items()]


def _read(name: str, settings: Settings, schemas: Sequence[str]) -> Side | str:
    """Read an environment, or return why it cannot be read."""
    try:
        return read_side(f"env:{name}", settings, schemas)
    except KongtaskError as error:
        note(f"warning: {name} cannot be read: {error}")
        return str(error)


def _column(
    name: str,
    side: Side | str,
    reference: str | None,
    read: Mapping[str, Side | str],
    scope: Scope,
) -> Column:
    if isinstance(side, str):
        return Column(name=name, error=side)
    base = read[reference or name]
    assert isinstance(base, Side), "the reference is one that was read"
    if name == reference:
        return Column(name=name, is_base=True)
    _, _, difference = compare_sides(*under_one_name(base, side), scope)
    return Column(name=name, cells=_cells(difference), top=tuple(x.ref for x in difference.top()))


def _cells(difference: Difference) -> dict[Ref, str]:
    from kongtask.schema.diff import Action

    words = {Action.ADDED: ADDED, Action.REMOVED: MISSING, Action.CHANGED: DIFFERS}
    return {change.ref: words[change.action] for change in difference.changes}


def rows(columns: Sequence[Column]) -> list[tuple[Ref, list[str]]]:
    """Return the objects that are not the same everywhere, each with a word for each column."""
    refs = {ref for column in columns for ref in column.top}
    return [
        (ref, [_cell(ref, column, columns) for column in columns])
        for ref in sorted(refs, key=lambda ref: (ref.schema, ref.name, ref.detail, ref.kind))
    ]


def _cell(ref: Ref, column: Column, columns: Sequence[Column]) -> str:
    if column.error is not None:
        return UNKNOWN
    if column.is_base:
        is_added = any(other.cells.get(ref) == ADDED for other in columns)
        return MISSING if is_added else HAS_IT
    return column.cells.get(ref, SAME)


def text_lines(columns: Sequence[Column]) -> Iterator[str]:
    """Yield the lines for a terminal; colours are taken out by click where there is none."""
    from kongtask.schema.diff import title

    found = [(" ".join(title(ref).split()), cells) for ref, cells in rows(columns)]
    if found:
        head = ["", *(_head(column) for column in columns)]
        table = [head, *([words, *cells] for words, cells in found)]
        widths = [max(_width(line[place]) for line in table) for place in range(len(head))]
        for line in table:
            padded = (
                click.style(text, fg=_COLOURS.get(text)) + " " * (width - _width(text))
                for text, width in zip(line, widths, strict=True)
            )
            yield "  ".join(padded).rstrip()
    yield _summary(columns)


def markdown_lines(columns: Sequence[Column]) -> Iterator[str]:
    """Yield the lines of a Markdown table."""
    from kongtask.cli.schema.report import code
    from kongtask.schema.diff import title

    found = rows(columns)
    if found:
        yield f"| Object | {' | '.join(_head(column) for column in columns)} |"
        yield "| --- |" + " --- |" * len(columns)
        for ref, cells in found:
            marked = (cell if cell == SAME else f"**{cell}**" for cell in cells)
            yield f"| {code(title(ref))} | {' | '.join(marked)} |"
        yield ""
    yield _summary(columns)


def document(columns: Sequence[Column]) -> dict[str, Any]:
    """Return the matrix for programs."""
    from kongtask.cli.schema.report import ref_document
    from kongtask.schema.diff import title

    names = [column.name for column in columns]
    return {
        "base": next((column.name for column in columns if column.is_base), None),
        "environments": [
            {"name": column.name, "error": column.error, "different": len(column.top)}
            for column in columns
        ],
        "objects": [
            {
                "object": ref_document(ref),
                "title": title(ref),
                "cells": dict(zip(names, cells, strict=True)),
            }
            for ref, cells in rows(columns)
        ],
    }


def _summary(columns: Sequence[Column]) -> str:
    base = next((column.name for column in columns if column.is_base), None)
    unread = [column.name for column in columns if column.error is not None]
    different = [column.name for column in columns if column.top]
    parts = []
    if different:
        parts.append(f"not the same as {base}: {', '.join(different)}")
    elif base is not None and len(columns) - len(unread) > 1:
        parts.append(f"all the same as {base}" if not unread else f"the others are as {base}")
    if unread:
        parts.append(f"not read: {', '.join(unread)}")
    return "; ".join(parts)


def _head(column: Column) -> str:
    return f"{column.name} (base)" if column.is_base else column.name


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(char) in {"W", "F"} else 1 for char in text)
