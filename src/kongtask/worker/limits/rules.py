"""What is limited and paused, as the database says it and as a pool goes by it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import msgspec
from msgspec import Struct

from kongtask.worker.claimed import ClaimedJob
from kongtask.worker.tasks.task import Task


class LimitRule(Struct, frozen=True, kw_only=True):
    """A limit.

    Attributes:
        name: what it is called; jobs of all its tasks count together.
        tasks: the identifiers of its tasks.
        amount: so many jobs at once, or in any time of ``per``.
        per: seconds; None for a limit on concurrency.
        key_path: where the payload has what jobs are counted by; empty for all of them.
        is_set: whether it was set by hand.
    """

    name: str
    tasks: list[str]
    amount: int
    per: float | None
    key_path: list[str]
    is_set: bool = False


class State(Struct, frozen=True, kw_only=True):
    """What sql/read.sql tells.

    Attributes:
        is_paused: whether this pool is, or all are.
        tasks: the identifiers of paused tasks.
        queues: the numbers of paused queues.
        limits: those that hold.
    """

    is_paused: bool
    tasks: list[str]
    queues: list[int]
    limits: list[LimitRule]


STATE = msgspec.json.Decoder(State)

#: Nothing is limited, nothing is paused.
NOTHING = State(is_paused=False, tasks=[], queues=[], limits=[])


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What a pool goes by; tasks by their numbers.

    Attributes:
        is_paused: whether it begins nothing at all.
        paused_tasks: of these it begins nothing.
        paused_queues: nor of these.
        free_tasks: are claimed as ever.
        limits_of: the limits of each of the other tasks.
    """

    is_paused: bool
    paused_tasks: frozenset[int]
    paused_queues: frozenset[int]
    free_tasks: Sequence[int]
    limits_of: Mapping[int, tuple[LimitRule, ...]]

    def is_held_back(self, job: ClaimedJob, before: Rules | None) -> bool:
        """Tell whether a job must not begin that was claimed under the rules before these."""
        limits_before = {} if before is None else before.limits_of
        return (
            self.is_paused
            or job.task_id in self.paused_tasks
            or job.job_queue_id in self.paused_queues
            or _names(self.limits_of, job.task_id) != _names(limits_before, job.task_id)
        )


def declared_limits(tasks: Iterable[Task]) -> list[LimitRule]:
    """Return the limits that tasks declare: of each name the strictest, on all its tasks."""
    found = [
        LimitRule(
            name=limit.name(task.identifier), tasks=[task.identifier], amount=limit.amount,
            per=limit.per, key_path=limit.key_path,
        )
        for task in tasks for limit in task.limits
    ]  # fmt: skip
    return _merged(found)


def make_rules(
    state: State, declared: Sequence[LimitRule], numbers: Mapping[int, str]
) -> Rules | None:
    """Return what a pool goes by, or None where nothing of its own is held back.

    Args:
        state: what the database tells.
        declared: the pool's own limits, which hold whatever others declare.
        numbers: the identifiers of the pool's tasks by number.
    """
    limits = _merged([*state.limits, *declared])
    paused = frozenset(number for number, task in numbers.items() if task in state.tasks)
    limits_of = {
        number: mine
        for number, task in numbers.items()
        if number not in paused and (mine := tuple(one for one in limits if task in one.tasks))
    }
    if not (state.is_paused or paused or state.queues or limits_of):
        return None
    return Rules(
        is_paused=state.is_paused, paused_tasks=paused, paused_queues=frozenset(state.queues),
        free_tasks=[n for n in numbers if n not in paused and n not in limits_of],
        limits_of=limits_of,
    )  # fmt: skip


def _merged(limits: Iterable[LimitRule]) -> list[LimitRule]:
    """Return one limit of each name: the one that was set by hand, or else the strictest."""
    by_name: dict[str, LimitRule] = {}
    for limit in limits:
        known = by_name.get(limit.name, limit)
        stricter = min(known, limit, key=lambda one: (not one.is_set, one.amount))
        tasks = sorted({*known.tasks, *limit.tasks})
        by_name[limit.name] = msgspec.structs.replace(stricter, tasks=tasks)
    return sorted(by_name.values(), key=lambda one: one.name)


def _names(limits_of: Mapping[int, tuple[LimitRule, ...]], task_id: int) -> list[str]:
    return [limit.name for limit in limits_of.get(task_id, ())]
