"""``kongtask schema blame``: the export, each line with the migration that wrote it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import click

from kongtask.cli.base import Command, connection_option, option, schema_option
from kongtask.settings import default_schema_name, load_settings

if TYPE_CHECKING:
    from kongtask.schema.history import BlamedBlock, History


@click.command(cls=Command, name="blame")
@click.argument("objects", nargs=-1, metavar="[OBJECT]...")
@option("--at", "number", type=int, metavar="N", help="The revision whose export it is: a "
        "migration's number. Default: the latest.")  # fmt: skip
@option("--summary", is_flag=True, help="A line for each object instead: who introduced it, who "
        "changed it last.")  # fmt: skip
@connection_option
@schema_option
@option("--json", "as_json", is_flag=True, help="Print it as JSON.")
@option("--no-cache", is_flag=True, help="Run every migration again.")
def command(
    *,
    objects: tuple[str, ...],
    number: int | None,
    summary: bool,
    conn: str | None,
    schema: str | None,
    as_json: bool,
    no_cache: bool,
) -> None:
    """Tell of each line of the export who wrote it.

    OBJECT is a name (orders), one with its schema (shop.orders), a part of a table (orders.total),
    or a function with its types; * and ? are wildcards. Without an OBJECT, the entire schema is
    told. A renamed object keeps the past that it had under its old name.

    The migrations are run in a scratch database, once: what they make is kept until they change.

    Exit codes: 0 done, 2 error.
    """
    from kongtask.cli.schema.replaying import replayed, revision_at
    from kongtask.schema.history import blame

    settings = load_settings()
    name = schema or default_schema_name(settings)
    history = replayed(settings, name, conn, cached=not no_cache)
    history = history.until(revision_at(history, number).number)
    if summary:
        lines = _summary(history, objects, as_json=as_json)
    else:
        blocks = _wanted(history, blame(history), objects)
        lines = iter([_document(blocks)]) if as_json else _annotated(history, blocks)
    for line in lines:
        click.echo(line)


def _wanted(
    history: History, blocks: Iterable[BlamedBlock], words: tuple[str, ...]
) -> list[BlamedBlock]:
    if not words:
        return list(blocks)
    from kongtask.schema.naming import fitting

    there = [life.ref for life in history.lives.values() if life.is_there]
    found = set(fitting(there, words))
    owners = {owner for ref in found if (owner := history.lives[ref].owner) is not None}
    return [block for block in blocks if block.key in found | owners]


def _annotated(history: History, blocks: Iterable[BlamedBlock]) -> Iterator[str]:
    names = {revision.number: revision.name for revision in history.revisions}
    is_first = True
    for block in blocks:
        if not is_first:
            yield ""
        is_first = False
        for line, number in block.lines:
            yield f"{click.style(names[number], dim=True)}  {line}".rstrip()


def _document(blocks: Iterable[BlamedBlock]) -> str:
    from kongtask.cli.schema.report import ref_document

    found = [
        {
            "object": ref_document(block.key) if block.key else None,
            "section": block.section,
            "lines": [{"number": number, "text": line} for line, number in block.lines],
        }
        for block in blocks
    ]
    return json.dumps(found, indent=2, ensure_ascii=False)


def _summary(history: History, words: tuple[str, ...], *, as_json: bool) -> Iterator[str]:
    from kongtask.cli.schema.report import ref_document
    from kongtask.schema.diff import title
    from kongtask.schema.naming import fitting

    lives = {life.ref: life for life in history.lives.values() if life.is_there}
    wanted = fitting(lives, words) if words else list(lives)
    found = [
        life for ref, life in lives.items() if ref in wanted or (words and life.owner in wanted)
    ]
    if as_json:
        yield json.dumps(
            [
                {
                    "object": ref_document(life.ref),
                    "title": title(life.ref),
                    "introduced": life.introduced,
                    "changed": life.touched,
                }
                for life in found
            ],
            indent=2,
            ensure_ascii=False,
        )
        return
    yield click.style("introduced  changed     object", bold=True)
    for life in found:
        changed = f"{life.touched:06}" if life.touched != life.introduced else ""
        yield f"{life.introduced:06}      {changed:10}  {title(life.ref)}"
