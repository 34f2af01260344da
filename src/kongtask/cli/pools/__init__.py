"""``kongtask pools``: the pools of workers that are there, and what they are told."""

from __future__ import annotations

import click

from kongtask.cli.lazy import LazyGroup

COMMANDS = {
    "list": ("kongtask.cli.pools.list", "List the pools of workers, and which of them live."),
    "set-concurrency": (
        "kongtask.cli.pools.set_concurrency", "Let a pool run more or fewer jobs at once."
    ),
}  # fmt: skip


@click.group(cls=LazyGroup, commands_by_name=COMMANDS, default="list", name="pools")
def command() -> None:
    """List the pools of workers, and tell them what to do.

    Without a command it lists them.
    """
