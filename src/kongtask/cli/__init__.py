"""The command line: one module a command, loaded when it is called."""

from __future__ import annotations

import difflib
import importlib

import click

from kongtask import __version__
from kongtask.cli.base import Command, GuardedGroup

#: Command name -> (module below kongtask.cli, one line of help). The help stands here so that
#: ``kongtask --help`` imports none of the commands; a test holds it against theirs.
COMMANDS = {
    "migrate": ("migrate", "Bring a schema up to date with its migrations."),
    "schema-dump": ("schema_dump", "Export a schema as one loadable, deterministic SQL file."),
    "init": ("init", "Lay out a project: settings, migrations, exports, Makefile, CI step."),
    "demo": ("demo", "Migrate, export, prove and compare, with a report."),
    "completion": ("completion", "Print the shell's completion script."),
}


class LazyGroup(GuardedGroup):
    """A group that imports a command's module only when the command is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of the help page."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """Import a command, or return None if there is none of that name."""
        del ctx
        if name not in COMMANDS:
            return None
        module = importlib.import_module(f"kongtask.cli.{COMMANDS[name][0]}")
        command: click.Command = module.command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that is meant; for an unknown one, name those that are near."""
        near = difflib.get_close_matches(args[0], COMMANDS, n=3)
        if args[0] not in COMMANDS and near and not args[0].startswith("-"):
            ctx.fail(f"No such command {args[0]!r}. Did you mean {' or '.join(near)}?")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without importing them."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, help_) for name, (_, help_) in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "-help", "--help"]})
@click.version_option(__version__, "-V", "--version", prog_name="kongtask")
def kongtask() -> None:
    """A PostgreSQL job queue whose database schema is a verified artefact."""


def schema_dump() -> None:
    """Run ``schema-dump``, the exporter as a program of its own."""
    module = importlib.import_module("kongtask.cli.schema_dump")
    command: Command = module.command
    command.main(prog_name="schema-dump")
