"""What a task may choose: to be tried again in a while, to fail for good, to come again later."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from kongtask.errors import UsageError

#: Seconds in a hundred years: PostgreSQL has no moments for waits without an end.
_LONGEST = 36525 * 86400.0


class Retry(Exception):  # noqa: N818 -- no error, but what the task wants
    """Raised by a task that is to be tried again; the attempt counts.

    Args:
        message: why, for the job's last error; without one, what the exception's cause says.
        in_: how long to wait, in seconds or as a timedelta; None for as long as the task's retry
            policy says.

    Attributes:
        in_: how long to wait, in seconds, or None.

    Raises:
        UsageError: the wait is below 0 or above 100 years.
    """

    def __init__(self, message: str | None = None, *, in_: float | timedelta | None = None) -> None:
        super().__init__(message)
        self.in_ = None if in_ is None else seconds_of(in_, "in_")

    def __str__(self) -> str:
        return _text(self, "the task asked to be tried again")

    def __reduce__(self) -> tuple[object, ...]:
        return partial(type(self), in_=self.in_), (str(self),)  # the cause is left behind


class Fail(Exception):  # noqa: N818 -- no error, but what the task wants
    """Raised by a task whose job is not to be tried again: it uses up the attempts.

    Args:
        message: why, for the job's last error; without one, what the exception's cause says.
    """

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message)

    def __str__(self) -> str:
        return _text(self, "the task gave its job up")

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (str(self),)  # the cause is left behind


@dataclass(frozen=True, slots=True)
class Snooze:
    """Returned by a task whose job is to come again later, as if this attempt had not been made.

    Args:
        in_: how long to wait, in seconds or as a timedelta.

    Raises:
        UsageError: the wait is below 0 or above 100 years.
    """

    in_: float | timedelta

    def __post_init__(self) -> None:
        seconds_of(self.in_, "in_")

    @property
    def seconds(self) -> float:
        """How long to wait, in seconds."""
        return seconds_of(self.in_, "in_")


def seconds_of(wait: float | timedelta, name: str) -> float:
    """Return a wait in seconds.

    Args:
        wait: in seconds, or a timedelta.
        name: what the message calls it.

    Raises:
        UsageError: it is no wait, below 0, or above 100 years.
    """
    is_number = isinstance(wait, int | float) and not isinstance(wait, bool)
    seconds = wait.total_seconds() if isinstance(wait, timedelta) else wait if is_number else None
    if seconds is None or math.isnan(seconds) or not 0 <= seconds <= _LONGEST:
        raise UsageError(f"{name} is 0 seconds to 100 years, or a timedelta, not {wait!r}")
    return float(seconds)


def _text(error: Exception, otherwise: str) -> str:
    return str(error.args[0] or error.__cause__ or otherwise)
