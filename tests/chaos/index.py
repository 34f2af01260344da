"""A history, looked up by what a checker asks of it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property

from .history import Event, History


@dataclass(frozen=True, slots=True)
class Hold:
    """A time for which a pool had a job.

    Attributes:
        since: the claim.
        until: what ended it, if anything did.
    """

    since: Event
    until: Event | None

    def covers(self, moment: int) -> bool:
        """Tell whether an event's id lies in it."""
        return self.since.id < moment and (self.until is None or moment < self.until.id)


class Index:
    """A history, looked up by what is asked of it."""

    def __init__(self, history: History) -> None:
        self.history = history

    @cached_property
    def of_jobs(self) -> dict[int, list[Event]]:
        """What happened to each job's row."""
        found: dict[int, list[Event]] = defaultdict(list)
        for event in self.history.events:
            if event.job is not None and event.what in {"added", "changed", "removed"}:
                found[event.job].append(event)
        return found

    @cached_property
    def holds(self) -> list[Hold]:
        """Who had which job, in the order of the claims."""
        found = []
        for events in self.of_jobs.values():
            since: Event | None = None
            for event in events:
                if since is not None and event.pool != since.pool:
                    found.append(Hold(since, event))
                    since = None
                if since is None and event.pool is not None:
                    since = event
            if since is not None:
                found.append(Hold(since, None))
        return sorted(found, key=lambda hold: hold.since.id)

    @cached_property
    def processes(self) -> dict[str, str]:
        """The process of each pool: who registered it, or claimed as it first."""
        found: dict[str, str] = {}
        for event in self.history.events:
            if event.pool is not None and event.what in {"registered", "changed"}:
                found.setdefault(event.pool, event.process)
        return found

    @cached_property
    def takeovers(self) -> dict[tuple[int, str], Event]:
        """The recoveries, by transaction and dead pool."""
        return {
            (event.transaction_id, event.pool): event
            for event in self.history.events
            if event.what in {"recovered", "forgotten"} and event.pool is not None
        }

    @cached_property
    def written(self) -> dict[tuple[int | None, str | None], list[int]]:
        """The ids of ends and effects that tasks have written, by job and pool."""
        found: dict[tuple[int | None, str | None], list[int]] = defaultdict(list)
        for event in self.history.events:
            if event.what in {"end", "effect"}:
                found[event.job, event.pool].append(event.id)
        return found

    @cached_property
    def kills(self) -> dict[str, float]:
        """When each killed process was killed."""
        return {
            fault.process: fault.began
            for fault in self.history.disturbances
            if fault.what == "kill" and fault.process is not None
        }

    def is_cancellation(self, event: Event) -> bool:
        """Tell whether an event fails a job for good that somebody has cancelled."""
        has_failed = event.pool is None and event.attempts == event.max_attempts
        return has_failed and event.job in self.history.cancelled

    def is_takeover(self, event: Event) -> bool:
        """Tell whether an event belongs to the recovery of the job's owner."""
        return (event.transaction_id, event.old_pool) in self.takeovers
