"""``kongtask cron``: what a crontab says."""

from __future__ import annotations

import click

from kongtask.cli.lazy import LazyGroup

COMMANDS = {
    "list": ("kongtask.cli.cron.list", "Show the schedules of a crontab and when they run next."),
    "check": ("kongtask.cli.cron.check", "Tell every fault of a crontab, with its place."),
}


@click.group(cls=LazyGroup, commands_by_name=COMMANDS, name="cron")
def command() -> None:
    """Read crontabs."""
