"""``kongtask schema history``: what each migration did, object by object."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from kongtask.cli.base import Command, connection_option, option, schema_option
from kongtask.settings import default_schema_name, load_settings

if TYPE_CHECKING:
    from kongtask.schema.history import History, Life, Revision
    from kongtask.schema.model import Ref


@click.command(cls=Command, name="history")
@click.argument("objects", nargs=-1, metavar="[OBJECT]...")
@connection_option
@schema_option
@option("--patch", "-p", is_flag=True, help="Show what each object looked like: its SQL when it "
        "was made, and what changed of it since.")  # fmt: skip
@option("--json", "as_json", is_flag=True, help="Print it as JSON.")
@option("--no-cache", is_flag=True, help="Run every migration again.")
def command(
    *,
    objects: tuple[str, ...],
    conn: str | None,
    schema: str | None,
    patch: bool,
    as_json: bool,
    no_cache: bool,
) -> None:
    """Tell which migration did what to which object.

    OBJECT is a name (orders), one with its schema (shop.orders), a part of a table (orders.total),
    or a function with its types; * and ? are wildcards. Without an OBJECT, everything is told,
    migration by migration. Objects that are gone are told too.

    The migrations are run in a scratch database, once: what they make is kept until they change.

    Exit codes: 0 done, 2 error.
    """
    from kongtask.cli.schema.replaying import replayed

    settings = load_settings()
    name = schema or default_schema_name(settings)
    history = replayed(settings, name, conn, cached=not no_cache)
    lives = _wanted(history, objects)
    if as_json:
        click.echo(json.dumps(_document(history, name, lives), indent=2, ensure_ascii=False))
        return
    for line in _lines(history, lives, are_named=bool(objects), patch=patch):
        click.echo(line)


def _wanted(history: History, words: tuple[str, ...]) -> list[Life]:
    """Return the lives that were asked for, each table's with those of its parts."""
    if not words:
        return list(history.lives.values())
    from kongtask.schema.naming import fitting

    former = {
        event.former: life.ref
        for life in history.lives.values()
        for event in life.events
        if event.former is not None and event.former not in history.lives
    }
    found = {former.get(ref, ref) for ref in fitting([*history.lives, *former], words)}
    return [life for ref, life in history.lives.items() if ref in found or life.owner in found]


def _lines(history: History, lives: list[Life], *, are_named: bool, patch: bool) -> Iterator[str]:
    from kongtask.cli.schema.report import event_lines

    texts: dict[Ref, str] = {}
    for revision in history.revisions:
        events = [
            (life, event)
            for life in lives
            for event in life.events
            if event.number == revision.number and (are_named or not event.is_implied)
        ]
        if not events and are_named:
            continue
        yield click.style(revision.name, bold=True)
        if not events:
            yield "  changes nothing"
        for _, event in events:
            yield from (f"  {line}" for line in event_lines(event))
        if patch:
            now = _texts(revision)
            keys = dict.fromkeys(x for life, _ in events for x in (life.owner, life.ref) if x)
            for key in keys:
                yield from (f"    {line}" for line in _patch(texts.get(key), now.get(key)))
            texts = now


def _texts(revision: Revision) -> dict[Ref, str]:
    from kongtask.schema.render import render_blocks

    database = revision.database
    blocks = render_blocks(*database.schemas, database=database)
    return {block.key: block.text for block in blocks if block.key is not None}


def _patch(old: str | None, new: str | None) -> Iterator[str]:
    """Yield an object's SQL where it is new, and what changed of it where it is not."""
    if new is None or old == new:
        return
    if old is None:
        yield from new.splitlines()
        return
    lines = difflib.unified_diff(old.splitlines(), new.splitlines(), lineterm="", n=1)
    for line in list(lines)[2:]:
        yield click.style(line, fg={"+": "green", "-": "red"}.get(line[:1]))


def _document(history: History, schema: str, lives: list[Life]) -> dict[str, Any]:
    from kongtask.cli.schema.report import change_document, ref_document
    from kongtask.schema.diff import title

    return {
        "schema": schema,
        "revisions": [{"number": x.number, "name": x.name} for x in history.revisions],
        "objects": [
            {
                "object": ref_document(life.ref),
                "title": title(life.ref),
                "part_of": ref_document(life.owner) if life.owner else None,
                "introduced": life.introduced,
                "touched": life.touched,
                "is_there": life.is_there,
                "events": [
                    {
                        "number": event.number,
                        **change_document(event.change),
                        "former": ref_document(event.former) if event.former else None,
                        "is_implied": event.is_implied,
                    }
                    for event in life.events
                ],
            }
            for life in lives
        ],
    }
