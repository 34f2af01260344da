"""The command line: one module a command, loaded when it is called."""

from __future__ import annotations

import importlib

import click

from kongtask import __version__
from kongtask.cli.base import Command, leave
from kongtask.cli.lazy import LazyGroup

COMMANDS = {
    "migrate": ("kongtask.cli.migrate", "Bring a schema up to date with its migrations."),
    "schema-dump": (
        "kongtask.cli.schema_dump", "Export a schema as one loadable, deterministic SQL file."
    ),
    "schema": ("kongtask.cli.schema", "Compare, verify and document schemas."),
    "cron": ("kongtask.cli.cron", "Read crontabs."),
    "run": (
        "kongtask.cli.worker.run",
        "Run a worker: claim jobs, run their tasks, and write how they ended.",
    ),
    "init": (
        "kongtask.cli.init", "Lay out a project: settings, migrations, exports, Makefile, CI step."
    ),
    "add-job": ("kongtask.cli.add_job", "Add a job."),
    "jobs": (
        "kongtask.cli.jobs",
        "List, show, retry, cancel, fail, complete, reschedule and remove jobs.",
    ),
    "queues": ("kongtask.cli.queues", "List the queues and their jobs by state."),
    "pools": ("kongtask.cli.pools", "List the pools of workers, and tell them what to do."),
    "top": (
        "kongtask.cli.top",
        "Watch a queue: its jobs, its workers, how fast jobs come and go, what fails.",
    ),
    "doctor": (
        "kongtask.cli.doctor", "Find out what is wrong with a queue, and what mends it."
    ),
    "pause": (
        "kongtask.cli.pause",
        "Begin no more jobs of a task, of a queue, in one pool, or no more at all.",
    ),
    "resume": (
        "kongtask.cli.resume",
        "End pauses, each as it was begun: --all does not end that of a task.",
    ),
    "pauses": ("kongtask.cli.pauses", "List what is paused, and since when."),
    "limits": ("kongtask.cli.limits", "List, set and remove limits on jobs."),
    "cleanup": ("kongtask.cli.cleanup", "Delete what nobody needs any more."),
    "unlock": ("kongtask.cli.unlock", "Free the jobs and queues of workers that are no more."),
    "demo": ("kongtask.cli.demo", "Migrate, export, prove, compare and run jobs, with a report."),
    "completion": ("kongtask.cli.completion", "Print the shell's completion script."),
}  # fmt: skip

#: Other names of commands, which the help does not list.
ALIASES = {"worker": "run"}


@click.group(cls=LazyGroup, commands_by_name=COMMANDS, aliases=ALIASES)
@click.version_option(__version__, "-V", "--version", prog_name="kongtask")
def kongtask() -> None:
    """A PostgreSQL job queue whose database schema is a verified artefact."""


def schema_dump() -> None:
    """Run ``schema-dump``, the exporter as a program of its own."""
    module = importlib.import_module("kongtask.cli.schema_dump")
    command: Command = module.command
    try:
        command.main(prog_name="schema-dump")
    except SystemExit as end:
        leave(end)
