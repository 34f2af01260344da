"""``kongtask completion``: the shell's completion script."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from kongtask.cli.base import Command


@click.command(cls=Command)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> None:
    """Print the shell's completion script.

    Put its output where your shell looks for completions, or evaluate it in the shell's start-up
    file: eval "$(kongtask completion bash)".
    """
    from kongtask.cli import kongtask

    complete = get_completion_class(shell)
    if complete is None:
        raise click.UsageError(f"there is no completion for {shell}")
    click.echo(complete(kongtask, {}, "kongtask", "_KONGTASK_COMPLETE").source())
