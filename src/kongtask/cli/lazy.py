"""Groups of commands that import a command's module only when the command is called."""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Mapping
from typing import Any

import click

from kongtask.cli.base import GuardedGroup


class LazyGroup(GuardedGroup):
    """A group of commands that are named, and not yet imported.

    Args:
        commands: command name -> (module that has it as ``command``, one line of help). The help
            stands here so that the group's own help imports none of them; a test holds it against
            theirs.
        aliases: other name -> command name.
        default: the command that is meant where none is named.
    """

    def __init__(
        self,
        *args: Any,
        commands_by_name: Mapping[str, tuple[str, str]],
        aliases: Mapping[str, str] | None = None,
        default: str | None = None,
        **extra: Any,
    ) -> None:
        extra.setdefault("context_settings", {"help_option_names": ["-h", "-help", "--help"]})
        super().__init__(*args, **extra)
        self.commands_by_name = commands_by_name
        self._aliases = aliases or {}
        self._default = default

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the default command in front of options, or of nothing."""
        is_named = bool(args) and (not args[0].startswith("-") or args[0] in ctx.help_option_names)
        if self._default is not None and not is_named:
            args = [self._default, *args]
        return super().parse_args(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of the help page."""
        del ctx
        return list(self.commands_by_name)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """Import a command, or return None if there is none of that name."""
        del ctx
        name = self._aliases.get(name, name)
        if name not in self.commands_by_name:
            return None
        command: click.Command = importlib.import_module(self.commands_by_name[name][0]).command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that is meant; for an unknown one, name those that are near."""
        near = difflib.get_close_matches(args[0], self.commands_by_name, n=3)
        is_known = args[0] in self.commands_by_name or args[0] in self._aliases
        if not is_known and near and not args[0].startswith("-"):
            ctx.fail(f"No such command {args[0]!r}. Did you mean {' or '.join(near)}?")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without importing them."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(
                [(name, help_) for name, (_, help_) in self.commands_by_name.items()]
            )
