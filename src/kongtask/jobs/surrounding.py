"""Going around each call that adds jobs in this process, as middleware goes around a job.

For what concerns all of them, whoever calls and with whatever driver: tracing, for instance.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias, TypeVar

from kongtask.jobs.specs import JobSpec
from kongtask.jobs.statements import Steps

T = TypeVar("T")

#: Makes another spec of one: with a flag more, for instance.
Change: TypeAlias = Callable[[JobSpec], JobSpec]

#: Takes the name of the function that was called, the specs, and what adds the jobs once it is told
#: how to change each spec; returns what that returns.
Around: TypeAlias = Callable[[str, Sequence[JobSpec], Callable[[Change], Steps[Any]]], Steps[Any]]

_arounds: list[Around] = []


def surround_adding(around: Around) -> Callable[[], None]:
    """Let a function go around each call that adds jobs from now on.

    Args:
        around: called in the transaction of the caller, before anything is sent to the database.

    Returns:
        A function that ends it.
    """
    _arounds.append(around)
    return lambda: _arounds.remove(around)


def surrounded(
    name: str, specs: Callable[[], Sequence[JobSpec]], add: Callable[[Change], Steps[T]]
) -> Steps[T]:
    """Return the operation that adds jobs, with all that goes around it.

    Args:
        name: of the function that was called.
        specs: returns the jobs.
        add: makes the operation.
    """
    if not _arounds:
        return add(unchanged)
    given = specs()
    for around in _arounds:
        add = _within(around, name, given, add)
    return add(unchanged)


def _within(
    around: Around, name: str, specs: Sequence[JobSpec], add: Callable[[Change], Steps[T]]
) -> Callable[[Change], Steps[T]]:
    return lambda change: around(name, specs, lambda more: add(lambda spec: more(change(spec))))


def unchanged(spec: JobSpec) -> JobSpec:
    """Return the spec: nobody goes around."""
    return spec
