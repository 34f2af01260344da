"""How long to wait after a failed attempt.

A policy is any function of the job and the error. Tasks without one wait as Graphile Worker lets
them: e to the number of attempts, in seconds, from the tenth attempt on the same.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from kongtask.errors import UsageError
from kongtask.worker.claimed import ClaimedJob
from kongtask.worker.tasks.outcomes import seconds_of

#: Returns how long to wait, in seconds or as a timedelta, or None for as long as without a policy;
#: raises :class:`Fail` where the job is not to be tried again.
RetryPolicy = Callable[[ClaimedJob, BaseException], float | timedelta | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Exponential:
    """Waits that grow by a factor: ``base``, ``base * factor``, ``base * factor ** 2`` and so on.

    Attributes:
        base: the wait after the first attempt, in seconds or as a timedelta.
        factor: what each wait is multiplied with for the next one.
        cap: the longest wait, in seconds or as a timedelta.
        jitter: the share of each wait that chance may take away, so that jobs that failed together
            do not come back together: 0 for none, 1 for "full jitter".

    Raises:
        UsageError: a value is out of its range.
    """

    base: float | timedelta = 1.0
    factor: float = 2.0
    cap: float | timedelta = 3600.0
    jitter: float = 0.5

    def __post_init__(self) -> None:
        seconds_of(self.base, "base")
        seconds_of(self.cap, "cap")
        if not 1 <= self.factor < float("inf"):
            raise UsageError(f"factor is 1 or more, not {self.factor!r}")
        _check_jitter(self.jitter)

    def __call__(self, job: ClaimedJob, _error: BaseException) -> float:
        """Return the seconds to wait after an attempt."""
        cap = seconds_of(self.cap, "cap")
        try:
            wait = seconds_of(self.base, "base") * self.factor ** (job.attempts - 1)
        except OverflowError:
            wait = cap
        return _varied(min(wait, cap), self.jitter)


@dataclass(frozen=True, slots=True)
class Fixed:
    """The same wait after each attempt.

    Attributes:
        wait: in seconds or as a timedelta.
        jitter: the share of it that chance may take away, from 0 to 1.

    Raises:
        UsageError: a value is out of its range.
    """

    wait: float | timedelta
    jitter: float = 0.0

    def __post_init__(self) -> None:
        seconds_of(self.wait, "wait")
        _check_jitter(self.jitter)

    def __call__(self, _job: ClaimedJob, _error: BaseException) -> float:
        """Return the seconds to wait after an attempt."""
        return _varied(seconds_of(self.wait, "wait"), self.jitter)


def _check_jitter(jitter: float) -> None:
    if not 0 <= jitter <= 1:
        raise UsageError(f"jitter is a share of the wait, from 0 to 1, not {jitter!r}")


def _varied(wait: float, jitter: float) -> float:
    return wait * random.uniform(1 - jitter, 1)  # noqa: S311 -- spreads out, hides nothing
