"""``kongtask limits remove``: remove limits that were set by hand."""

from __future__ import annotations

import sys

import click

from kongtask.cli.base import Command, connection_option, worker_schema_option
from kongtask.errors import EXIT_DIFFERENT


@click.command(cls=Command, name="remove")
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@connection_option
@worker_schema_option
def command(*, names: tuple[str, ...], conn: str | None, schema: str | None) -> None:
    """Remove limits that were set by hand; what workers declare under their names holds again.

    Exit codes: 0 done, 1 some were not set by hand, 2 error.
    """
    from kongtask.cli.jobs.session import job_session
    from kongtask.jobs import remove_limit

    with job_session(conn, schema, "removing a limit") as session:
        was_set = {name: remove_limit(session.connection, name, schema=session.schema)
                   for name in names}  # fmt: skip
    for name, is_gone in was_set.items():
        click.echo(f"removed {name}" if is_gone else f"{name} was not set by hand")
    if not all(was_set.values()):
        sys.exit(EXIT_DIFFERENT)
