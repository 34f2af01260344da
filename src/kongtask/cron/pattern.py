"""The five fields in front of a cron item: reading them, and telling which minutes they match.

All times are UTC.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import groupby

from msgspec import Struct

from kongtask.cron.faults import Faults, quoted


class Digest(Struct, frozen=True, kw_only=True):
    """A minute as cron sees it, in UTC.

    Attributes:
        min: 0 to 59.
        hour: 0 to 23.
        date: day of the month, 1 to 31.
        month: 1 to 12.
        dow: day of the week, 0 (Sunday) to 6.
    """

    min: int
    hour: int
    date: int
    month: int
    dow: int


def digest(moment: datetime) -> Digest:
    """Return what cron sees of a moment."""
    utc = moment.astimezone(UTC)
    return Digest(
        min=utc.minute, hour=utc.hour, date=utc.day, month=utc.month, dow=utc.isoweekday() % 7
    )


class Pattern(Struct, frozen=True, kw_only=True):
    """Which minutes an item is due: a set of bits for each field, bit n for the value n.

    Attributes:
        minutes: bits 0 to 59.
        hours: bits 0 to 23.
        dates: bits 1 to 31.
        months: bits 1 to 12.
        days: days of the week, bits 0 (Sunday) to 6.
    """

    minutes: int
    hours: int
    dates: int
    months: int
    days: int

    def matches(self, at: Digest) -> bool:
        """Tell whether a minute is due."""
        is_time = self.minutes >> at.min & self.hours >> at.hour & 1
        return bool(is_time) and self.matches_day(at)

    def matches_day(self, at: Digest) -> bool:
        """Tell whether the minute's day has due minutes.

        Where both the day of the month and the day of the week are restricted, either suffices.
        """
        if not self.months >> at.month & 1:
            return False
        is_date, is_day = bool(self.dates >> at.date & 1), bool(self.days >> at.dow & 1)
        if self.dates != DATE.every and self.days != DAY.every:
            return is_date or is_day
        return is_date and is_day

    def __str__(self) -> str:
        values = (self.minutes, self.hours, self.dates, self.months, self.days)
        return " ".join(map(_field_text, FIELDS, values))


class Field(Struct, frozen=True, kw_only=True):
    """One of the five fields.

    Attributes:
        name: what one value is called.
        plural: what several are called.
        low, high: its least and its greatest value.
        alias: a further value that may be written, and stands for the least one.
    """

    name: str
    plural: str
    low: int
    high: int
    alias: int | None = None

    @property
    def every(self) -> int:
        """The bits of ``*``."""
        return _bits(range(self.low, self.high + 1))


MINUTE = Field(name="minute", plural="minutes", low=0, high=59)
HOUR = Field(name="hour", plural="hours", low=0, high=23)
DATE = Field(name="day of the month", plural="days of the month", low=1, high=31)
MONTH = Field(name="month", plural="months", low=1, high=12)
DAY = Field(name="day of the week", plural="days of the week", low=0, high=6, alias=7)
FIELDS = (MINUTE, HOUR, DATE, MONTH, DAY)

#: Digits as Node reads them: none from other scripts.
_NUMBER = re.compile(r"[0-9]+")
_RANGE = re.compile(r"([0-9]+)-([0-9]+)")
_STEPS = re.compile(r"\*/([0-9]+)")


def read_pattern(words: Sequence[tuple[int, str]], faults: Faults) -> Pattern | None:
    """Read five fields.

    Args:
        words: offset and text of each field.
        faults: where to note what is wrong.

    Returns:
        The pattern, or None if something is wrong.
    """
    before = len(faults)
    values = [
        _read_field(field, offset, text, faults)
        for field, (offset, text) in zip(FIELDS, words, strict=True)
    ]
    if len(faults) > before:
        return None
    minutes, hours, dates, months, days = values
    return Pattern(minutes=minutes, hours=hours, dates=dates, months=months, days=days)


def _read_field(field: Field, offset: int, text: str, faults: Faults) -> int:
    bits = 0
    for part in text.split(","):
        bits |= _bits(_read_part(field, offset, part, faults))
        offset += len(part) + 1
    return bits


def _read_part(field: Field, offset: int, part: str, faults: Faults) -> Iterator[int]:
    """Yield the values that one part of a comma list stands for."""
    if part == "*":
        yield from range(field.low, field.high + 1)
    elif match := _STEPS.fullmatch(part):
        step = _number(match[1])
        if step == 0:
            faults.add(offset + 2, f"{quoted(part)} is never: a step is 1 or more")
            return
        # From the field's least value: */4 is 1, 5, 9 … for days of the month.
        yield from range(field.low, field.high + 1, step)
    elif match := _RANGE.fullmatch(part):
        first = _value(field, offset, match[1], faults)
        last = _value(field, offset + match.start(2), match[2], faults)
        if first is None or last is None:
            return
        if last <= first:
            faults.add(
                offset, f"{quoted(part)} is no range: its second number must be above its first"
            )
        yield from (_canonical(field, value) for value in range(first, last + 1))
    elif _NUMBER.fullmatch(part):
        value = _value(field, offset, part, faults)
        if value is not None:
            yield _canonical(field, value)
    elif not part:
        faults.add(offset, f"a {field.name} is missing beside the comma")
    else:
        faults.add(
            offset,
            f"{quoted(part)} is no {field.name}: write a number, a range such as 1-5, * or */n, "
            "or several of them with commas; names are not known",
        )


def _value(field: Field, offset: int, digits: str, faults: Faults) -> int | None:
    value = _number(digits)
    high = field.high if field.alias is None else field.alias
    if field.low <= value <= high:
        return value
    faults.add(
        offset,
        f"there is no {field.name} {quoted(digits)}: {field.plural} go from {field.low} to {high}",
    )
    return None


def _canonical(field: Field, value: int) -> int:
    return field.low if value == field.alias else value


def _number(digits: str) -> int:
    """Return a number; one that is too long for Python to read is too large for any field."""
    return int(digits[-9:]) if len(digits.lstrip("0")) < 10 else 10**9


def _bits(values: Iterator[int] | range) -> int:
    bits = 0
    for value in values:
        bits |= 1 << value
    return bits


def values_of(bits: int) -> Iterator[int]:
    """Yield the values of a set of bits, from the least."""
    while bits:
        least = bits & -bits
        yield least.bit_length() - 1
        bits ^= least


def _field_text(field: Field, bits: int) -> str:
    """Write a field in the shortest way that a person would."""
    if bits == field.every:
        return "*"
    values = list(values_of(bits))
    if len(values) > 2:
        step = values[1] - values[0]
        if step > 1 and values == list(range(field.low, field.high + 1, step)):
            return f"*/{step}"
    parts = []
    for _, pairs in groupby(enumerate(values), key=lambda pair: pair[1] - pair[0]):
        run = [value for _, value in pairs]
        parts.append(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}")
    return ",".join(parts)
