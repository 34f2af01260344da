"""``kongtask jobs``: the jobs that are there, and what is to become of them."""

from __future__ import annotations

import click

from kongtask.cli.lazy import LazyGroup

COMMANDS = {
    "list": ("kongtask.cli.jobs.list", "List jobs."),
    "show": ("kongtask.cli.jobs.show", "Show all that is known of jobs, their payloads too."),
    "retry": ("kongtask.cli.jobs.retry", "Let jobs be executed now, with all their attempts."),
    "cancel": ("kongtask.cli.jobs.cancel", "Cancel jobs, also those that run."),
    "fail": ("kongtask.cli.jobs.fail", "Take their remaining attempts from jobs."),
    "complete": ("kongtask.cli.jobs.complete", "Delete jobs, as if they had been executed."),
    "reschedule": (
        "kongtask.cli.jobs.reschedule", "Change when and how often jobs are executed."
    ),
    "remove": ("kongtask.cli.jobs.remove", "Delete jobs by their keys."),
}  # fmt: skip


@click.group(cls=LazyGroup, commands_by_name=COMMANDS, name="jobs")
def command() -> None:
    """List, show, retry, cancel, fail, complete, reschedule and remove jobs."""
