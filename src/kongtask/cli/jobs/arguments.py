"""Reading what commands on jobs are given: times, payloads, numbers."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from kongtask.errors import FileFailedError, UsageError

if TYPE_CHECKING:
    from msgspec import Raw

F = TypeVar("F", bound=Callable[..., Any])

_UNITS = {"w": "weeks", "d": "days", "h": "hours", "m": "minutes", "s": "seconds"}
_SPAN = re.compile(r"\+((?:\d+[wdhms])+)")


def ids_argument(function: F) -> F:
    """Add the argument ID..."""
    return click.argument(
        "ids", nargs=-1, required=True, metavar="ID...", type=click.IntRange(min=0)
    )(function)


def read_time(text: str | None) -> datetime | None:
    """Return the time that ``--run-at`` names.

    Args:
        text: ISO 8601 with a time zone, ``now``, or a span from now on: ``+5m``, ``+1d12h``.

    Raises:
        UsageError: it is neither.
    """
    if text is None:
        return None
    try:
        span = _SPAN.fullmatch(text)
        if text == "now" or span:
            return datetime.now(UTC) + _span(span[1] if span else "")
        time = datetime.fromisoformat(text)
    except (ValueError, OverflowError) as error:
        raise UsageError(
            f'--run-at "{text}" is no time; give one like 2030-01-31T12:00:00Z, now, or a span '
            "from now on like +30s, +5m, +2h, +1d12h"
        ) from error
    if time.utcoffset() is None:
        raise UsageError(
            f'--run-at "{text}" has no time zone; add Z for UTC, or an offset like +02:00'
        )
    return time


def read_payload(text: str | None) -> Raw | None:
    """Return the payload that an argument gives: JSON, ``-`` for stdin, or ``@`` and a file.

    Raises:
        UsageError: it is no JSON.
        FileFailedError: the file cannot be read.
    """
    from kongtask.jobs.payloads import json_payload

    if text is None:
        return None
    if text == "-":
        return json_payload(sys.stdin.read())
    if text.startswith("@"):
        try:
            return json_payload(Path(text[1:]).read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            raise FileFailedError(f"cannot read the payload from {text[1:]}: {error}") from error
    return json_payload(text)


def _span(text: str) -> timedelta:
    parts = re.findall(r"(\d+)([wdhms])", text)
    return sum((timedelta(**{_UNITS[unit]: int(n)}) for n, unit in parts), timedelta())
