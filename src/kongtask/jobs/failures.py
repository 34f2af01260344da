"""What a server's refusal means for a job: the one place that reads a driver's errors here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from kongtask.errors import JobError, JobSpecError, KongtaskError, SchemaNotFoundError
from kongtask.jobs.statements import Statement


def sqlstate_of(error: BaseException) -> str | None:
    """Return the SQLSTATE of an error of psycopg, asyncpg, SQLAlchemy or Django, if it has one."""
    return next((state for state, _ in _states(error)), None)


def translated(error: BaseException, statement: Statement[Any]) -> KongtaskError | None:
    """Return what the user can do about an error; None where it concerns the transaction alone.

    A lost connection, a deadlock or a serialization failure is for the code around the transaction,
    which knows its driver's errors and no others.
    """
    for state, root in _states(error):
        if state in _MEANINGS:
            return _MEANINGS[state](statement, _first_line(root))
    return None


def _states(error: BaseException) -> Iterator[tuple[str, BaseException]]:
    """Yield an error's SQLSTATE and its driver's error; SQLAlchemy and Django wrap that."""
    found: BaseException | None = error
    while found is not None:
        state = getattr(found, "sqlstate", None)
        if isinstance(state, str):
            yield state, found
        found = found.__cause__


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__


def _no_schema(statement: Statement[Any], message: str) -> KongtaskError:
    return SchemaNotFoundError(
        f'{statement.doing}: {message}; the worker schema "{statement.schema}" is not in this '
        "database, or not all of it: `kongtask migrate` installs it; if it has another name, give "
        "that, with -schema or in Python with schema=…"
    )


def _refused(statement: Statement[Any], message: str) -> KongtaskError:
    return JobSpecError(f"{statement.doing}: {message}")


def _unmergeable(statement: Statement[Any], message: str) -> KongtaskError:
    return JobSpecError(
        f"{statement.doing}: {message}; PostgreSQL cannot append a list with a NUL character or "
        "half a surrogate pair in it to the payload of the job that has the key"
    )


def _failed(statement: Statement[Any], message: str) -> KongtaskError:
    return JobError(f"{statement.doing}: {message}")


_MEANINGS: dict[str, Callable[[Statement[Any], str], KongtaskError]] = {
    "3F000": _no_schema,
    "42P01": _no_schema,
    "42704": _no_schema,
    "42883": _no_schema,
    "22P02": _unmergeable,
    "22P05": _unmergeable,
    "21000": _refused,
    "22003": _refused,
    "23514": _refused,
    "GWBKM": _failed,
}
