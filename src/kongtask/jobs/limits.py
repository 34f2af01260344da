"""Limits on how many jobs run at once and on how often they begin, over all Python workers."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import KW_ONLY, dataclass
from typing import TypeAlias

import msgspec
from msgspec import Struct

from kongtask.errors import JobSpecError
from kongtask.jobs.operations import Operation
from kongtask.jobs.specs import check_list
from kongtask.jobs.statements import Row, Statement, Steps, ask
from kongtask.names import WORKER_SCHEMA

#: What PostgreSQL's int holds.
_GREATEST = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Concurrency:
    """At most so many jobs run at once, in all Python workers together.

    Attributes:
        amount: how many.
        key: where the payload has what they are counted by, ``customer_id`` or ``customer.id``;
            jobs without it are counted together. None counts all.
        group: what tasks share the limit that name the same group; None is the task alone.
    """

    amount: int
    _: KW_ONLY
    key: str | None = None
    group: str | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot be kept.

        Raises:
            JobSpecError: a value is out of its range; the message says which.
        """
        _check(self.amount, self.key, self.group)

    @property
    def per(self) -> None:
        """No time: the number holds at every moment."""

    @property
    def key_path(self) -> list[str]:
        """The members to follow in the payload to the key."""
        return _key_path(self.key)

    def name(self, task: str) -> str:
        """Return what the limit is called in the database, on a task."""
        return _name(self.group or task, "concurrency", self.key)


@dataclass(frozen=True, slots=True)
class Rate:
    """At most so many jobs begin in any time of some length, in all Python workers together.

    Each attempt of a job counts.

    Attributes:
        amount: how many.
        per: seconds: in any time that is so long.
        key: as :class:`Concurrency` has it.
        group: the same.
    """

    amount: int
    _: KW_ONLY
    per: float
    key: str | None = None
    group: str | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot be kept.

        Raises:
            JobSpecError: a value is out of its range; the message says which.
        """
        _check(self.amount, self.key, self.group)
        if not 0.001 <= self.per <= 366 * 86_400:
            raise JobSpecError(f"per is {self.per}: a rate is per 0.001 seconds to a year")

    @property
    def key_path(self) -> list[str]:
        """The members to follow in the payload to the key."""
        return _key_path(self.key)

    def name(self, task: str) -> str:
        """Return what the limit is called in the database, on a task."""
        return _name(self.group or task, f"rate/{self.per:g}s", self.key)


Limit: TypeAlias = Concurrency | Rate


class ActiveLimit(Struct, frozen=True, kw_only=True):
    """A limit that holds now.

    Attributes:
        name: what it is called.
        tasks: the tasks that it is on.
        amount: so many jobs at once; with ``per``, so many begun.
        per: in any time of so many seconds; None for a limit on concurrency.
        key: where the payload has what jobs are counted by; None counts all.
        is_set: whether it was set by hand; else live workers declare it.
        held: how many jobs count now, of all keys.
    """

    name: str
    tasks: list[str]
    amount: int
    per: float | None
    key: str | None
    is_set: bool
    held: int


_ACTIVE = msgspec.json.Decoder(ActiveLimit)


@Operation
def set_limit(limit: Limit, tasks: Collection[str], *, schema: str = WORKER_SCHEMA) -> Steps[None]:
    """Set a limit by hand; it goes before those of the same name that applications declare.

    Workers keep it within a second. Jobs that run already are not counted where no such limit was
    there before.

    Args:
        limit: the limit.
        tasks: the identifiers of its tasks; several only with a group.
        schema: the worker schema.

    Raises:
        JobSpecError: several tasks, and no group.
    """
    identifiers = check_list("tasks", tasks)
    if not identifiers or (len(identifiers) > 1 and limit.group is None):
        raise JobSpecError("a limit is on one task, or on several that share a group; name that")
    return ask(
        Statement(
            name="set_limit", schema=schema, doing="setting a limit", decode=_nothing,
            values=(
                limit.name(identifiers[0]), identifiers, limit.amount,
                None if limit.per is None else repr(float(limit.per)), limit.key_path,
            ),
        )
    )  # fmt: skip


@Operation
def remove_limit(name: str, *, schema: str = WORKER_SCHEMA) -> Steps[bool]:
    """Remove a limit that was set by hand; what applications declare under its name holds again.

    Args:
        name: what it is called.
        schema: the worker schema.

    Returns:
        Whether there was one.
    """
    statement = Statement(
        name="remove_limit", schema=schema, doing="removing a limit",
        values=(*check_list("name", [name]),), decode=_only_value,
    )  # fmt: skip
    return ask(statement)


@Operation
def find_limits(*, schema: str = WORKER_SCHEMA) -> Steps[list[ActiveLimit]]:
    """Return the limits that hold now, by name."""
    return ask(
        Statement(
            name="find_limits", schema=schema, doing="looking for limits",
            decode=lambda rows: [_ACTIVE.decode(row) for (row,) in rows],
        )
    )  # fmt: skip


def _key_path(key: str | None) -> list[str]:
    return key.split(".") if key else []


def _name(subject: str, kind: str, key: str | None) -> str:
    return f"{subject}:{kind}" if key is None else f"{subject}:{kind}:{key}"


def _check(amount: object, key: object, group: object) -> None:
    if not isinstance(amount, int) or isinstance(amount, bool) or not 1 <= amount <= _GREATEST:
        raise JobSpecError(f"a limit's number is from 1 to {_GREATEST}, not {amount!r}")
    for name, value in (("key", key), ("group", group)):
        if value is not None and (not isinstance(value, str) or not value or "\0" in value):
            raise JobSpecError(f"a limit's {name} is {value!r}; give a text, or leave it out")


def _nothing(rows: Sequence[Row]) -> None:
    del rows


def _only_value(rows: Sequence[Row]) -> bool:
    return bool(rows[0][0])
