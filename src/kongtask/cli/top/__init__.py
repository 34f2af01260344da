"""``kongtask top``: a live view of a queue."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import click

from kongtask.cli.base import (
    Command,
    connection_option,
    note,
    option,
    timeout_option,
    worker_schema_option,
)
from kongtask.errors import UsageError

if TYPE_CHECKING:
    from kongtask.monitoring import Overview


@click.command(cls=Command, name="top")
@connection_option
@worker_schema_option
@option("--interval", type=click.FloatRange(min=0.1), default=2, show_default=True,
        metavar="SECONDS", help="How long to wait between two looks.")  # fmt: skip
@option("--once", is_flag=True, help="Print one look, with the rates of one interval.")
@timeout_option
@option("--json", "as_json", is_flag=True, help="Print one look as JSON.")
def command(
    *, conn: str | None, schema: str | None, interval: float, once: bool, timeout: float,
    as_json: bool,
) -> None:  # fmt: skip
    """Watch a queue: its jobs, its workers, how fast jobs come and go, what fails.

    The key q ends it, and p pauses it. Of a very large queue a part is looked at, and what is
    counted there is called "about". How many jobs are added and finished comes from PostgreSQL's
    own counters, and is a few seconds old.

    Exit codes: 0 done, 2 error.
    """
    from kongtask.cli.target import command_target
    from kongtask.cli.top.frame import frame
    from kongtask.cli.top.screen import Screen, styled
    from kongtask.cli.top.watching import Watching
    from kongtask.database.connection import connect, describe
    from kongtask.settings import load_settings, worker_schema_name

    is_live = not (once or as_json)
    if is_live and not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError("watching needs a terminal; --once prints one look, and --json as JSON")
    settings = load_settings()
    name = schema if schema is not None else worker_schema_name(settings)
    with command_target(conn, settings) as target, connect(target) as connection:
        note(f"using {describe(connection)}, from {target.source}")
        title = f"{describe(connection)}, schema {name}"
        watching = Watching(target, connection, name, title, timeout=timeout)
        if is_live:
            with Screen() as screen, suppress(KeyboardInterrupt):
                watching.run(screen, interval)
            return
        overview = watching.once(interval)
    if as_json:
        from kongtask.cli.jobs.report import print_json

        print_json(_document(overview))
        return
    width = os.get_terminal_size().columns if sys.stdout.isatty() else None
    for line in frame(overview, title, width=width):
        click.echo(styled(line, has_colours=True))


def _document(overview: Overview) -> dict[str, Any]:
    import msgspec

    statistics: dict[str, Any] = msgspec.to_builtins(overview.statistics)
    return {
        **statistics,
        "is_estimate": overview.statistics.is_estimate,
        "oldest_age": overview.statistics.oldest_age,
        "rates": msgspec.to_builtins(overview.rates),
        "pools": msgspec.to_builtins(overview.pools),
    }
