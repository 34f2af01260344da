"""``kongtask cron list``: the schedules of a crontab, and when they run next."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kongtask.cli.base import Command, option

if TYPE_CHECKING:
    from kongtask.cron import CronItem

_TITLES = ("schedule", "pattern", "next run (UTC)", "task", "options", "payload")


@click.command(cls=Command, name="list")
@click.argument("crontab", metavar="[CRONTAB]", default="crontab", type=click.Path(path_type=Path))
@option("--next", "count", type=click.IntRange(min=1), default=1, show_default=True, metavar="N",
        help="How many runs to show of each schedule.")  # fmt: skip
@option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def command(*, crontab: Path, count: int, as_json: bool) -> None:
    """Show the schedules of a crontab and when they run next.

    CRONTAB is a file; without it, the file crontab of the working folder. All times are UTC.

    Exit codes: 0 done, 2 error.
    """
    from kongtask.cli.cron.reading import pattern_of, read_crontab
    from kongtask.cron import SystemClock, next_runs

    items, now = read_crontab(crontab), SystemClock().now()
    runs = [list(islice(next_runs(pattern_of(item), now), count)) for item in items]
    if as_json:
        found = [_document(item, times) for item, times in zip(items, runs, strict=True)]
        click.echo(json.dumps(found, indent=2, ensure_ascii=False))
        return
    for line in _table(items, runs):
        click.echo(line)


def _table(items: Sequence[CronItem], runs: Sequence[list[datetime]]) -> list[str]:
    rows = [_TITLES]
    for item, times in zip(items, runs, strict=True):
        first, *further = [f"{run:%Y-%m-%d %H:%M}" for run in times] or ["never"]
        rows.append(
            (item.identifier, str(item.match), first, item.task_identifier, _options(item),
             "" if item.payload is None else json.dumps(dict(item.payload), ensure_ascii=False))
        )  # fmt: skip
        rows += [("", "", time, "", "", "") for time in further]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_TITLES))]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def _options(item: CronItem) -> str:
    """Say a schedule's options as the crontab spells them."""
    options = {
        "fill": _period(item.backfill_period),
        "max": item.max_attempts,
        "queue": item.queue_name,
        "jobKey": item.job_key,
        "jobKeyMode": item.job_key_mode,
        "priority": item.priority,
    }
    return " ".join(f"{key}={value}" for key, value in options.items() if value is not None)


def _period(period: timedelta) -> str | None:
    """Spell a period as a crontab does; None for none."""
    left, parts = int(period.total_seconds()), ""
    for unit, seconds in (("w", 604_800), ("d", 86_400), ("h", 3600), ("m", 60), ("s", 1)):
        number, left = divmod(left, seconds)
        parts += f"{number}{unit}" if number else ""
    return parts or None


def _document(item: CronItem, runs: list[datetime]) -> dict[str, Any]:
    return {
        "identifier": item.identifier,
        "task_identifier": item.task_identifier,
        "pattern": str(item.match),
        "next_runs": [run.isoformat().replace("+00:00", "Z") for run in runs],
        "payload": item.payload,
        "backfill_seconds": int(item.backfill_period.total_seconds()),
        "max_attempts": item.max_attempts,
        "queue_name": item.queue_name,
        "job_key": item.job_key,
        "job_key_mode": item.job_key_mode,
        "priority": item.priority,
    }
