"""Which jobs may begin under limits: a pure function, so that its law can be tested."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

#: What is counted together: a limit's name and a key; without a key, the empty one.
Group = tuple[str, str]


class Candidate(NamedTuple):
    """A job that may begin as far as one could see before the limits were locked.

    Attributes:
        id: the job's.
        revision: what it was when its groups were looked up.
        job_queue_id: the number of its named queue, if it is in one.
        free_before: how many jobs of tasks without limits come before it.
        groups: what it counts in.
    """

    id: int
    revision: int
    job_queue_id: int | None
    free_before: int
    groups: tuple[Group, ...]


class Choice(NamedTuple):
    """Which jobs to take.

    Attributes:
        taken: those that may begin.
        later: those that may begin too, if others do not fill the claim.
    """

    taken: list[Candidate]
    later: list[Candidate]


def choose(
    candidates: Sequence[Candidate], free: Mapping[Group, int], size: int, room: int
) -> Choice:
    """Choose jobs such that no group gets more than it has free, the most urgent first.

    Args:
        candidates: in the order of urgency.
        free: how many more each group may have.
        size: how many jobs are wanted, of tasks with limits and without.
        room: how many of them may be of tasks with limits.
    """
    left = dict(free)
    taken: list[Candidate] = []
    later: list[Candidate] = []
    queues: set[int] = set()
    for job in candidates:
        if job.job_queue_id in queues:
            continue  # one at a time, in their order
        if job.job_queue_id is not None:
            queues.add(job.job_queue_id)
        if job.free_before + len(taken) >= size or len(taken) >= room:
            later.append(job)
        elif all(left[group] > 0 for group in job.groups):
            taken.append(job)
            for group in job.groups:
                left[group] -= 1
    return Choice(taken, later)
