"""Pausing tasks, queues, pools, or everything: what waits is not begun, what runs may end."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, cast, get_args

import msgspec
from msgspec import Struct

from kongtask.errors import JobSpecError
from kongtask.jobs.operations import Operation
from kongtask.jobs.specs import check_list
from kongtask.jobs.statements import Row, Statement, Steps, Value, ask
from kongtask.names import WORKER_SCHEMA

#: Who seems to have locked a queue that is paused: see the migration that makes ``pause``.
PAUSER = "kongtask pause"

PauseKind = Literal["all", "task", "queue", "pool"]
Resumed = Literal["resumed", "requested"]


class Pause(Struct, frozen=True, kw_only=True):
    """Something that is paused.

    Attributes:
        kind: what it is.
        name: which one; empty for ``all``.
        paused_at: since when.
        is_ending: whether it is a queue that goes on once what runs of it has ended.
    """

    kind: PauseKind
    name: str
    paused_at: datetime
    is_ending: bool


_PAUSE = msgspec.json.Decoder(Pause)


@Operation
def pause(kind: PauseKind, name: str = "", *, schema: str = WORKER_SCHEMA) -> Steps[bool]:
    """Begin no more jobs of a task, of a queue, in one pool, or no more at all.

    Python workers obey within a second. To workers of Node a paused queue looks busy, so they obey
    too; of the rest they know nothing.

    Args:
        kind: ``task``, ``queue``, ``pool``, or ``all``.
        name: which task or queue, or the pool's id; nothing for ``all``.
        schema: the worker schema.

    Returns:
        Whether it was not paused before.

    Raises:
        JobSpecError: no name where there must be one, or one where there must not.
    """
    statement = Statement(
        name="pause", schema=schema, doing="pausing", values=_subject(kind, name),
        decode=lambda rows: bool(rows[0][0]),
    )  # fmt: skip
    return ask(statement)


@Operation
def resume(
    kind: PauseKind, name: str = "", *, schema: str = WORKER_SCHEMA
) -> Steps[Resumed | None]:
    """End a pause.

    Args:
        kind: as :func:`pause` takes it.
        name: the same.
        schema: the worker schema.

    Returns:
        ``resumed``; ``requested`` of a queue of which a job still runs that ran when the pause
        began, and which goes on when that has ended; None where it was not paused.
    """
    statement = Statement(
        name="resume", schema=schema, doing="resuming", values=_subject(kind, name),
        decode=_decode_resumed,
    )  # fmt: skip
    return ask(statement)


@Operation
def find_pauses(*, schema: str = WORKER_SCHEMA) -> Steps[list[Pause]]:
    """Return what is paused."""
    statement = Statement(
        name="find_pauses", schema=schema, doing="looking for pauses",
        decode=lambda rows: [_PAUSE.decode(row) for (row,) in rows],
    )  # fmt: skip
    return ask(statement)


def _subject(kind: str, name: str) -> tuple[Value, ...]:
    if kind not in get_args(PauseKind):
        raise JobSpecError(f"{kind!r} is nothing to pause; there are {get_args(PauseKind)}")
    (name,) = check_list("name", [name])
    if bool(name) is (kind == "all"):
        raise JobSpecError("to pause all takes no name" if name else f"which {kind}? give its name")
    return kind, name


def _decode_resumed(rows: Sequence[Row]) -> Resumed | None:
    return cast("Resumed | None", rows[0][0])
