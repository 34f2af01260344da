"""What commands share that pause and resume: naming what is meant."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeVar

from kongtask.cli.base import option
from kongtask.errors import UsageError

if TYPE_CHECKING:
    from kongtask.jobs import PauseKind

F = TypeVar("F", bound=Callable[..., Any])


def subject_options(function: F) -> F:
    """Add ``--task``, ``--queue``, ``--pool`` and ``--all``."""
    for add in (
        option("--all", "is_all", is_flag=True, help="All jobs, in every pool."),
        option("--pool", "pools", multiple=True, metavar="ID", help="A pool; `kongtask pools` "
               "lists them. Repeatable."),
        option("--queue", "queues", multiple=True, metavar="NAME", help="A queue. Repeatable."),
        option("--task", "tasks", multiple=True, metavar="NAME", help="A task. Repeatable."),
    ):  # fmt: skip
        function = add(function)
    return function


def subjects(
    *, tasks: Iterable[str], queues: Iterable[str], pools: Iterable[str], is_all: bool
) -> list[tuple[PauseKind, str]]:
    """Return what is meant.

    Raises:
        UsageError: nothing is.
    """
    found: list[tuple[PauseKind, str]] = [
        *(("task", name) for name in tasks),
        *(("queue", name) for name in queues),
        *(("pool", name) for name in pools),
        *([("all", "")] if is_all else ()),
    ]
    if not found:
        raise UsageError("say what: --task, --queue, --pool or --all")
    return found


def title(kind: str, name: str) -> str:
    """Return what to call something that can be paused."""
    return "everything" if kind == "all" else f"the {kind} {name}"
