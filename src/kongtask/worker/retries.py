"""Which errors of the database pass by themselves, and how long to wait for that."""

from __future__ import annotations

import random
from dataclasses import dataclass

import psycopg

#: Two transactions were in each other's way; the loser tries again.
_CLASHES = frozenset({"40001", "40P01", "55P03"})

#: The server or the connection goes away, or is not there yet.
_LOST_CLASSES = ("08", "57P", "53")


@dataclass(frozen=True, slots=True)
class Backoff:
    """Growing waits, each varied so that many who wait do not come back at once.

    Attributes:
        shortest: seconds before the first further try.
        longest: seconds at most.
    """

    shortest: float
    longest: float

    def delay(self, attempt: int) -> float:
        """Return the seconds to wait after an attempt, counted from 0."""
        wait = min(self.shortest * 1.5 ** min(attempt, 60), self.longest)
        return wait * random.uniform(0.5, 1.5)  # noqa: S311 -- spreads out, hides nothing


CLASH = Backoff(0.05, 5.0)
LOST = Backoff(0.2, 30.0)

#: How often one statement is tried.
MOST_ATTEMPTS = 100


def backoff_for(error: BaseException) -> Backoff | None:
    """Return how to wait after an error that passes by itself; None if it does not pass."""
    if isinstance(error, TimeoutError | OSError):
        return LOST
    if not isinstance(error, psycopg.Error):
        return None
    state = error.sqlstate
    if state in _CLASHES:
        return CLASH
    # Without an SQLSTATE it was the driver that noticed: the connection is gone.
    if state is None:
        return LOST if isinstance(error, psycopg.OperationalError) else None
    return LOST if state.startswith(_LOST_CLASSES) else None


def is_lost(error: BaseException) -> bool:
    """Tell whether nobody knows what became of the statement."""
    return backoff_for(error) is LOST
