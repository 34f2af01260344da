"""Telling which job became of which spec, among many that were added with one call."""

from __future__ import annotations

import itertools
from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from kongtask.jobs.job import Job, JobRow
from kongtask.jobs.specs import Prepared


class Added(Struct, frozen=True, kw_only=True, gc=False):
    """A row that came back; a name is None where the call has just registered it."""

    row: JobRow
    task_identifier: str | None
    queue_name: str | None

    def fingerprint(self) -> tuple[object, ...]:
        """Return what tells which spec this comes from, where it has no key."""
        row = self.row
        return (
            self.task_identifier,
            self.queue_name,
            bytes(row.payload).decode(),
            row.run_at,
            row.max_attempts,
            row.priority,
            frozenset(row.flags or ()),
        )

    def lacks_name(self) -> bool:
        """Tell whether the call has registered a name that is not known yet."""
        return self.task_identifier is None or (
            self.queue_name is None and self.row.job_queue_id is not None
        )

    def job(self) -> Job:
        """Return the job."""
        return self.row.job(task_identifier=self.task_identifier or "", queue_name=self.queue_name)


def matched(added: Iterable[Added], left: Mapping[int, Prepared]) -> dict[int, Job]:
    """Tell which spec each job comes from: by its key, else by all that it has.

    Equal specs become equal jobs; the first gets the smallest id. Jobs that something, a trigger
    for instance, has made unlike every spec go to what is left, in the same way.
    """
    by_id = sorted(added, key=lambda each: each.row.id)
    if in_order := _matched_in_order(by_id, left):
        return in_order
    keys = {each.spec.job_key: place for place, each in left.items() if each.spec.job_key}
    jobs = {keys[each.row.key]: each.job() for each in by_id if each.row.key in keys}
    keyless = [each for each in by_id if each.row.key not in keys]
    if not keyless:
        return jobs
    now = keyless[0].row.created_at
    places: dict[tuple[object, ...], deque[int]] = defaultdict(deque)
    for place, spec in left.items():
        if spec.spec.job_key is None:
            places[spec.fingerprint(now)].append(place)
    odd = []
    for each in keyless:
        fitting = places[each.fingerprint()]
        if fitting:
            jobs[fitting.popleft()] = each.job()
        else:
            odd.append(each)
    over = sorted(itertools.chain.from_iterable(places.values()))
    return jobs | {place: each.job() for place, each in zip(over, odd, strict=False)}


def _matched_in_order(by_id: Sequence[Added], left: Mapping[int, Prepared]) -> dict[int, Job]:
    """Tell which spec each job comes from where they came to be in the order of their specs.

    That is what nearly always happens; nothing where it did not, or where there are keys.
    """
    if len(by_id) != len(left):
        return {}
    now = by_id[0].row.created_at
    if all(
        each.spec.job_key is None and each.fingerprint(now) == job.fingerprint()
        for each, job in zip(left.values(), by_id, strict=True)
    ):
        return {place: job.job() for place, job in zip(left, by_id, strict=True)}
    return {}
