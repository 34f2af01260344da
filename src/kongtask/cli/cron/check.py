"""``kongtask cron check``: is a crontab as it must be?"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from kongtask.cli.base import Command, note, option
from kongtask.errors import EXIT_DIFFERENT, EXIT_DONE, CrontabError


@click.command(cls=Command, name="check")
@click.argument("crontab", metavar="FILE", type=click.Path(path_type=Path))
@option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def command(*, crontab: Path, as_json: bool) -> None:
    """Tell every fault of a crontab, with its place.

    No database is needed. A schedule that never runs, such as one of 30 February, is no fault, and
    is told in a warning.

    Exit codes: 0 no fault, 1 faults, 2 error.
    """
    from kongtask.cli.cron.reading import pattern_of, read_crontab
    from kongtask.cron import SystemClock, next_runs

    try:
        items, error = read_crontab(crontab), None
    except CrontabError as raised:
        items, error = (), raised
    now = SystemClock().now()
    never = [item.identifier for item in items if not any(next_runs(pattern_of(item), now))]
    if as_json:
        faults = error.faults if error else ()
        found = {
            "crontab": str(crontab),
            "schedules": len(items),
            "faults": [{"line": at, "column": column, "reason": why} for at, column, why in faults],
            "never": never,
        }
        click.echo(json.dumps(found, indent=2, ensure_ascii=False))
    else:
        click.echo(str(error) if error else f"{crontab}: {_count(len(items))}, no fault")
        for identifier in never:
            warning = click.style("warning:", fg="yellow", bold=True)
            note(f"{warning} the schedule {identifier!r} never runs: there is no such day")
    sys.exit(EXIT_DIFFERENT if error else EXIT_DONE)


def _count(number: int) -> str:
    return f"{number} {'schedule' if number == 1 else 'schedules'}"
