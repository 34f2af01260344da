"""Which errors of the database pass by themselves, and how long to wait for that."""

from __future__ import annotations

import random
from dataclasses import dataclass

import psycopg

#: Somebody was in the way, or stopped the statement; it has done nothing and is tried again.
_CLASHES = frozenset({"40001", "40P01", "55P03", "57014"})

#: The server or the connection goes away, is not there yet, or has become a read-only one.
LOST_CLASSES = ("08", "57P", "53", "25006")


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
LOST = Backoff(0.1, 5.0)

#: No such schema, table, column or function, or no right to use it.
MISSING = frozenset({"3F000", "42P01", "42703", "42883", "42501"})

#: How often a statement is tried that others are in the way of.
MOST_ATTEMPTS = 100


def backoff_for(error: BaseException) -> Backoff | None:
    """Return how to wait after an error that passes by itself; None if it does not pass."""
    if isinstance(error, TimeoutError | OSError):
        return LOST
    if not isinstance(error, psycopg.Error):
        return None
    state = error.sqlstate
    if state is None:
        return LOST if _is_of_connection(error) else None
    if state in _CLASHES:
        return CLASH
    return LOST if state.startswith(LOST_CLASSES) else None


def is_lost(error: BaseException) -> bool:
    """Tell whether nobody knows what became of the statement."""
    return backoff_for(error) is LOST


def _is_of_connection(error: psycopg.Error) -> bool:
    """Tell whether an error that the server did not send means that the connection is gone.

    An answer that is cut off or garbled is a plain DatabaseError.
    """
    kinds = (psycopg.OperationalError, psycopg.InterfaceError, psycopg.InternalError)
    return isinstance(error, kinds) or type(error) is psycopg.DatabaseError
