"""The ``?options`` of a crontab's line: a URL's query string with a known set of keys."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import unquote_plus

import msgspec
from msgspec import Struct

from kongtask.cron.faults import Faults, quoted
from kongtask.cron.items import (
    JOB_KEY_MODES,
    LONGEST_KEY,
    LONGEST_NAME,
    NO_BACKFILL,
    SMALLINT,
    JobKeyMode,
    objection_to_text,
)


class Options(Struct, frozen=True, kw_only=True):
    """What the options of a line say; None is what they do not say."""

    id: str | None = None
    fill: timedelta = NO_BACKFILL
    max: int | None = None
    queue: str | None = None
    jobKey: str | None = None  # noqa: N815 -- spelled as in the crontab
    jobKeyMode: JobKeyMode | None = None  # noqa: N815 -- spelled as in the crontab
    priority: int | None = None


_IDENTIFIER = re.compile(r"[_a-zA-Z][-_a-zA-Z0-9]*")
_QUEUE = re.compile(r"[-a-zA-Z0-9_:]+")
_PERIODS = re.compile(r"(?:[0-9]+[smhdw])+")
_PERIOD = re.compile(r"([0-9]+)([smhdw])")
_COUNT = re.compile(r"[0-9]+")
_INTEGER = re.compile(r"-?[0-9]+")
_UNITS = {
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}


def read_options(offset: int, text: str, faults: Faults) -> Options | None:
    """Read the options behind the question mark.

    Args:
        offset: where they begin in the crontab.
        text: the options, still encoded.
        faults: where to note what is wrong.

    Returns:
        What they say, or None if something is wrong.
    """
    before = len(faults)
    found: dict[str, object] = {}
    for pair in text.split("&"):
        start, offset = offset, offset + len(pair) + 1
        if not pair:
            continue
        raw_key, _, raw_value = pair.partition("=")
        key, value = unquote_plus(raw_key), unquote_plus(raw_value)
        if key not in _READERS:
            faults.add(start, f"there is no option {quoted(key)}; known are {', '.join(_READERS)}")
        elif key in found:
            faults.add(start, f"the option {key} is there twice")
        else:
            at = start + len(raw_key) + (1 if "=" in pair else 0)
            found[key] = _read(key, value, at, faults)
    return None if len(faults) > before else msgspec.convert(found, Options)


def _read(key: str, value: str, offset: int, faults: Faults) -> object:
    if not value:
        faults.add(offset, f"{key} is empty: give it a value or leave it out")
        return None
    try:
        return _READERS[key](value)
    except ValueError as error:
        faults.add(offset, f"{key} {error}")
        return None


def _read_identifier(value: str) -> str:
    if not _IDENTIFIER.fullmatch(value):
        raise ValueError(
            f"cannot be {quoted(value)}: an identifier has letters, digits, _ and -, "
            "and begins with a letter or _"
        )
    return _stored(value, LONGEST_KEY)


def _read_fill(value: str) -> timedelta:
    if not _PERIODS.fullmatch(value):
        raise ValueError(
            f"cannot be {quoted(value)}: write numbers with s, m, h, d or w behind each, "
            "such as 1d12h"
        )
    try:
        return sum(
            (int(number) * _UNITS[unit] for number, unit in _PERIOD.findall(value)), NO_BACKFILL
        )
    except (OverflowError, ValueError):
        return timedelta.max  # millions of years, or more digits than Python reads


def _read_max(value: str) -> int:
    return _read_number(value, _COUNT, range(1, SMALLINT.stop))


def _read_priority(value: str) -> int:
    return _read_number(value, _INTEGER, SMALLINT)


def _read_queue(value: str) -> str:
    if not _QUEUE.fullmatch(value):
        raise ValueError(
            f"cannot be {quoted(value)}: a queue's name has letters, digits, _, - and :"
        )
    return _stored(value, LONGEST_NAME)


def _read_job_key(value: str) -> str:
    return _stored(value, LONGEST_KEY)


def _read_mode(value: str) -> JobKeyMode:
    if value not in JOB_KEY_MODES:
        raise ValueError(f"cannot be {quoted(value)}: it is {' or '.join(JOB_KEY_MODES)}")
    return value


_READERS: dict[str, Callable[[str], object]] = {
    "id": _read_identifier,
    "fill": _read_fill,
    "max": _read_max,
    "queue": _read_queue,
    "jobKey": _read_job_key,
    "jobKeyMode": _read_mode,
    "priority": _read_priority,
}


def _read_number(value: str, form: re.Pattern[str], allowed: range) -> int:
    # Longer than any number that is allowed, and than Python reads without complaint.
    if not form.fullmatch(value) or len(value) > 100 or int(value) not in allowed:
        raise ValueError(
            f"cannot be {quoted(value)}: it is a number from {allowed.start} to {allowed.stop - 1}"
        )
    return int(value)


def _stored(value: str, longest: int) -> str:
    objection = objection_to_text(value, longest)
    if objection:
        raise ValueError(objection)
    return value
