"""Judges a history: a pure function from what happened to what was wrong with it."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from kongtask.jobs.limits import Limit, Rate

from .history import OPERATOR, Disturbance, Event, History
from .index import Hold, Index
from .tasks import NAP

#: Seconds by which a moment that the server has computed may differ from the same here.
_ROUNDING = 0.001

#: Seconds for which a disturbance excuses that a pool seems dead.
_AFTERMATH = 15.0

#: What takes no worker's connections away, and gives nobody a reason to come late.
_HARMLESS = frozenset({"kill", "control"})

#: Faults that make the server forget claims that it had not written out.
CRASHES = frozenset({"restart", "failover"})


class Kind(StrEnum):
    """What can be wrong."""

    LOST = "a committed job is lost"
    GHOST = "a rolled-back job was there"
    LEFT = "a job is left that could run"
    REPEATED = "a transaction had its effects twice"
    UNENDED = "a job was completed before its end"
    TOLD = "an end was told before it was written"
    STOLEN = "a job was taken from its owner"
    STALE = "somebody wrote to a job that was not theirs"
    UNHELD = "a worker ran a job that it did not hold"
    ALIVE = "a live worker was taken for dead"
    LATE = "jobs of a killed worker were freed late"
    OVERLAP = "two jobs of one queue were held at once"
    EXCEEDED = "a limit was exceeded"
    ATTEMPTS = "attempts were counted wrong"
    BACKOFF = "a failed job's next attempt is due at the wrong time"
    EARLY = "a job was claimed before it was due"
    CRON = "a minute of a schedule gave no job, or two"
    LOCKED = "a lock is left at rest"
    ENDED = "a worker gave up"


@dataclass(frozen=True, slots=True)
class Violation:
    """Something that must not have happened.

    Attributes:
        kind: what.
        text: of which job, when, by whom.
    """

    kind: Kind
    text: str


def check(history: History) -> list[Violation]:
    """Return all that is wrong with a history; nothing where nothing is."""
    index = Index(history)
    return [violation for find in _CHECKS for violation in find(index)]


def recoveries(history: History) -> list[float]:
    """Return for each killed worker that had jobs the seconds until others had freed them all.

    Where something else kept everybody from the server meanwhile, the time runs from its end.
    """
    return [seconds for _, seconds in _recoveries(Index(history))]


def _lost(index: Index) -> Iterator[Violation]:
    history = index.history
    done = {event.number for event in history.events if event.what in {"end", "effect"}}
    given_up = {
        job.number for job in history.left if job.attempts >= job.max_attempts and job.has_error
    }
    committed = {number for number, what in history.produced.items() if what == "committed"}
    # Jobs that tasks have added are there because their transactions were committed.
    workers = set(index.processes.values())
    committed |= {
        event.number
        for event in history.events
        if event.what == "added" and event.process in workers and event.number is not None
    }
    for number in sorted(committed - done - given_up):
        yield Violation(Kind.LOST, f"number {number}")


def _ghosts(index: Index) -> Iterator[Violation]:
    for event in index.history.events:
        if index.history.produced.get(event.number or 0) == "rolled back":
            yield Violation(Kind.GHOST, f"number {event.number}: {event.what} by {event.process}")


def _left(index: Index) -> Iterator[Violation]:
    for job in index.history.left:
        # A schedule may have added one at the very end, which nobody has begun.
        is_new = job.number is None and job.attempts == 0
        if job.attempts < job.max_attempts and job.locked_by is None and not is_new:
            yield Violation(Kind.LEFT, f"job {job.job}")


def _repeated(index: Index) -> Iterator[Violation]:
    seen: set[tuple[str, int]] = set()
    for event in index.history.events:
        if event.what in {"effect", "added"} and event.number is not None:
            one = event.what, event.number
            if one in seen:
                yield Violation(
                    Kind.REPEATED, f"number {event.number}: {event.what} again by {event.process}"
                )
            seen.add(one)


def _unended(index: Index) -> Iterator[Violation]:
    for event in index.history.events:
        if event.what == "removed" and event.old_pool is not None:
            ends = index.written.get((event.job, event.old_pool), [])
            if not any(number < event.id for number in ends):
                yield Violation(Kind.UNENDED, f"job {event.job} by {event.process}")


def _told(index: Index) -> Iterator[Violation]:
    removed = {e.job: e.at for e in index.history.events if e.what == "removed"}
    for told in index.history.told:
        if removed.get(told.job, math.inf) > told.at:
            yield Violation(Kind.TOLD, f"job {told.job} by {told.process}")


def _stolen(index: Index) -> Iterator[Violation]:
    for event in index.history.events:
        if event.old_pool and event.pool and event.old_pool != event.pool:
            yield Violation(Kind.STOLEN, f"job {event.job} of {event.old_pool} by {event.pool}")


def _stale(index: Index) -> Iterator[Violation]:
    for event in index.history.events:
        if event.what not in {"changed", "removed"} or event.process == OPERATOR:
            continue
        owner = event.old_pool
        if owner is None:
            # Whoever sees it cancels what a dead worker had when that was asked for.
            is_right = event.pool is not None or index.is_cancellation(event)
        else:
            is_own = index.processes.get(owner) == event.process
            is_right = is_own or (event.what == "changed" and index.is_takeover(event))
        if not is_right:
            yield Violation(
                Kind.STALE, f"job {event.job} of {owner}: {event.what} by {event.process}"
            )


def _unheld(index: Index) -> Iterator[Violation]:
    holds: dict[tuple[int | None, str | None], list[Hold]] = defaultdict(list)
    for hold in index.holds:
        holds[hold.since.job, hold.since.pool].append(hold)
    for event in index.history.events:
        if event.what != "begin" or _is_after_crash(index.history.disturbances, event.at):
            continue
        own = holds[event.job, event.pool]
        # Whoever was taken for dead may not know it yet: its writes are refused.
        was_lost = any(hold.until is not None and index.is_takeover(hold.until) for hold in own)
        if not was_lost and not any(hold.covers(event.id) for hold in own):
            yield Violation(Kind.UNHELD, f"job {event.job} by {event.process}")


def _is_after_crash(disturbances: Sequence[Disturbance], at: float) -> bool:
    return any(fault.what in CRASHES and fault.began <= at for fault in disturbances)


def _alive(index: Index) -> Iterator[Violation]:
    modes = {e.pool: e.mode for e in index.history.events if e.what == "registered"}
    for event in index.history.events:
        if event.what != "recovered" or modes.get(event.pool) != "lock":
            continue
        process = index.processes.get(event.pool or "", "")
        if index.kills.get(process, math.inf) <= event.at:
            continue
        # A stopped process keeps its lock; whoever lost its connections may have lost it.
        is_excused = any(
            fault.what not in _HARMLESS | {"stop"}
            and fault.process in {None, process}
            and fault.began <= event.at <= fault.ended + _AFTERMATH
            for fault in index.history.disturbances
        )
        if not is_excused:
            yield Violation(Kind.ALIVE, f"{process} ({event.pool}) by {event.process}")


def _late(index: Index) -> Iterator[Violation]:
    for process, seconds in _recoveries(index):
        if seconds > index.history.bound:
            yield Violation(Kind.LATE, f"those of {process}, after {seconds:.1f} s")


def _recoveries(index: Index) -> list[tuple[str, float]]:
    longest: dict[str, float] = {}
    quiet = sorted(f.ended for f in index.history.disturbances if f.what not in _HARMLESS)
    taken_over_at = {
        event.pool: event.at for event in index.history.events if event.what == "recovered"
    }
    for hold in index.holds:
        end, process = hold.until, index.processes.get(hold.since.pool or "", "")
        killed_at = index.kills.get(process)
        if end is None or killed_at is None or not index.is_takeover(end):
            continue
        if hold.since.at > taken_over_at.get(hold.since.pool, math.inf):
            continue  # it was still being claimed when its owner was taken over from
        since = max([killed_at, *(moment for moment in quiet if moment < end.at)])
        longest[process] = max(longest.get(process, 0.0), end.at - since)
    return sorted(longest.items())


def _overlaps(index: Index) -> Iterator[Violation]:
    queues: dict[int, list[Hold]] = defaultdict(list)
    for hold in index.holds:
        if hold.since.queue is not None:
            queues[hold.since.queue].append(hold)
    for queue, holds in queues.items():
        for one, other in pairwise(holds):
            if one.until is None or other.since.id < one.until.id:
                yield Violation(
                    Kind.OVERLAP,
                    f"queue {queue}: job {one.since.job} of {one.since.pool} and job "
                    f"{other.since.job} of {other.since.pool}",
                )


def _exceeded(index: Index) -> Iterator[Violation]:
    for task, limits in index.history.limits.items():
        holds = [hold for hold in index.holds if hold.since.task == task]
        for limit in limits:
            groups: dict[int | None, list[Hold]] = defaultdict(list)
            for hold in holds:
                groups[None if limit.key is None else hold.since.customer].append(hold)
            for group in groups.values():
                for claim in _too_many(limit, group):
                    yield Violation(
                        Kind.EXCEEDED,
                        f"{limit.name(task)}, customer {claim.customer}: job {claim.job} by "
                        f"{claim.process}",
                    )


def _too_many(limit: Limit, holds: Sequence[Hold]) -> Iterator[Event]:
    """Yield the claims of a group that exceed its limit."""
    if isinstance(limit, Rate):
        claims = sorted((hold.since for hold in holds), key=_locked_at)
        for before, claim in zip(claims, claims[limit.amount :], strict=False):
            if _locked_at(claim) - _locked_at(before) < limit.per - _ROUNDING:
                yield claim
        return
    held: list[Hold] = []
    for hold in holds:
        held = [other for other in held if other.covers(hold.since.id)] + [hold]
        if len(held) > limit.amount:
            yield hold.since


def _locked_at(claim: Event) -> float:
    assert claim.locked_at is not None
    return claim.locked_at


def _attempts(index: Index) -> Iterator[Violation]:
    for event in _changes(index):
        before, after, most = event.old_attempts or 0, event.attempts or 0, event.max_attempts or 0
        if event.pool is not None:
            is_right = after == before + 1 <= most
        elif index.is_takeover(event):
            is_right = after in {before, before - 1} or after == most
        else:
            # Who fails waits for the next attempt; what was not begun is given back as it was, and
            # so is what naps.
            has_failed = event.run_at != event.old_run_at and not _naps(event)
            is_right = after == (before if has_failed else before - 1)
            is_right = is_right or index.is_cancellation(event)
        if not is_right:
            yield Violation(
                Kind.ATTEMPTS, f"job {event.job}: {before} to {after} by {event.process}"
            )


def _backoff(index: Index) -> Iterator[Violation]:
    for event in _changes(index):
        has_waited = event.pool is None and event.run_at != event.old_run_at
        if not has_waited or index.is_takeover(event) or index.is_cancellation(event):
            continue
        assert event.run_at is not None
        assert event.old_run_at is not None
        due = max(event.transaction_began_at, event.old_run_at)
        due += NAP if _naps(event) else math.exp(min(event.attempts or 0, 10))
        if abs(event.run_at - due) > _ROUNDING:
            yield Violation(
                Kind.BACKOFF, f"job {event.job}: {event.run_at - due:+.3f} s by {event.process}"
            )


def _naps(event: Event) -> bool:
    """Tell whether a job is to come again as if its attempt had not been made."""
    return event.task == "nap" and (event.attempts or 0) < (event.old_attempts or 0)


def _early(index: Index) -> Iterator[Violation]:
    for hold in index.holds:
        claim = hold.since
        assert claim.old_run_at is not None
        if claim.old_run_at > claim.transaction_began_at + _ROUNDING:
            yield Violation(Kind.EARLY, f"job {claim.job} by {claim.process}")


def _cron(index: Index) -> Iterator[Violation]:
    seen: dict[str, list[int]] = defaultdict(list)
    for event in index.history.events:
        if event.what == "added" and event.cron is not None and event.minute is not None:
            seen[event.cron].append(event.minute)
    for cron, minutes in seen.items():
        for minute in sorted(minute for minute in set(minutes) if minutes.count(minute) > 1):
            yield Violation(Kind.CRON, f"{cron}, minute {minute}: {minutes.count(minute)} jobs")
    for cron, due in index.history.minutes.items():
        for minute in sorted(set(due) - set(seen[cron])):
            yield Violation(Kind.CRON, f"{cron}, minute {minute}: no job")


def _locked(index: Index) -> Iterator[Violation]:
    for job in index.history.left:
        if job.locked_by is not None:
            yield Violation(Kind.LOCKED, f"job {job.job} by {job.locked_by}")
    if index.history.locked_queues:
        yield Violation(Kind.LOCKED, f"{index.history.locked_queues} queues")


def _ended(index: Index) -> Iterator[Violation]:
    for process, code in index.history.ended.items():
        yield Violation(Kind.ENDED, f"{process}, exit code {code}")


def _changes(index: Index) -> Iterator[Event]:
    """Yield what others than the operator changed in jobs that somebody held or then holds."""
    for event in index.history.events:
        is_held = event.old_pool is not None or event.pool is not None
        if event.what == "changed" and is_held and event.process != OPERATOR:
            yield event


_CHECKS = (
    _lost, _ghosts, _left, _repeated, _unended, _told, _stolen, _stale, _unheld, _alive, _late,
    _overlaps, _exceeded, _attempts, _backoff, _early, _cron, _locked, _ended,
)  # fmt: skip
