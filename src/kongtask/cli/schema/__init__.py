"""``kongtask schema``: what a schema is, was and should be."""

from __future__ import annotations

import click

from kongtask.cli.lazy import LazyGroup

COMMANDS = {
    "diff": ("kongtask.cli.schema.diff", "Tell what differs between two schemas."),
}


@click.group(cls=LazyGroup, commands_by_name=COMMANDS, name="schema")
def command() -> None:
    """Compare, verify and document schemas."""
