"""``kongtask schema``: what a schema is, was and should be."""

from __future__ import annotations

import click

from kongtask.cli.lazy import LazyGroup

COMMANDS = {
    "verify": (
        "kongtask.cli.schema.verify",
        "Prove that migrations, committed export and live database agree.",
    ),
    "diff": ("kongtask.cli.schema.diff", "Tell what differs between two schemas."),
    "history": ("kongtask.cli.schema.history", "Tell which migration did what to which object."),
    "blame": ("kongtask.cli.schema.blame", "Tell of each line of the export who wrote it."),
    "show": ("kongtask.cli.schema.show", "Print a schema as it was at a revision."),
    "export-versions": (
        "kongtask.cli.schema.export_versions",
        "Keep the exports of every revision current.",
    ),
    "matrix": (
        "kongtask.cli.schema.matrix",
        "Tell which environment has which object, all of them at once.",
    ),
    "lint": (
        "kongtask.cli.schema.lint",
        "Look for faults in migrations and in the schema that they make.",
    ),
    "docs": ("kongtask.cli.schema.docs", "Write a reference of a schema, at every revision."),
}


@click.group(cls=LazyGroup, commands_by_name=COMMANDS, name="schema")
def command() -> None:
    """Compare, verify and document schemas."""
