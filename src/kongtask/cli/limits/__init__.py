"""``kongtask limits``: how many jobs may run at once, and how often they may begin."""

from __future__ import annotations

import click

from kongtask.cli.lazy import LazyGroup

COMMANDS = {
    "list": ("kongtask.cli.limits.list", "List the limits that hold."),
    "set": ("kongtask.cli.limits.set", "Set a limit on a task, or on several that share it."),
    "remove": (
        "kongtask.cli.limits.remove",
        "Remove limits that were set by hand; what workers declare under their names holds again.",
    ),
}


@click.group(cls=LazyGroup, commands_by_name=COMMANDS, default="list", name="limits")
def command() -> None:
    """List, set and remove limits on jobs.

    Without a command it lists them.
    """
