"""Reading the crontab that a command was given."""

from __future__ import annotations

from pathlib import Path

from kongtask.cron import CronItem, Pattern, parse_crontab
from kongtask.errors import FileFailedError
from kongtask.files import read_text


def read_crontab(path: Path) -> tuple[CronItem, ...]:
    """Read a crontab.

    Raises:
        FileFailedError: there is no such file, or it cannot be read.
        CrontabError: something in it is wrong.
    """
    text = read_text(path)
    if text is None:
        raise FileFailedError(f"there is no crontab {path}; name one: kongtask cron … PATH")
    return parse_crontab(text, source=str(path))


def pattern_of(item: CronItem) -> Pattern:
    """Return the pattern of an item that comes from a crontab."""
    assert isinstance(item.match, Pattern), "a crontab holds no functions"
    return item.match
