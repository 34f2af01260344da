"""The checker on histories made by hand: each kind of violation once, beside what is right."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest

from kongtask import Concurrency, Rate

from .checker import Kind, check, recoveries
from .history import OPERATOR, Disturbance, Event, History, Left, Told
from .tasks import NAP

#: The minute at which everything here begins, in seconds since 1970.
NOW = 1_800_000_000.0


class Script:
    """Writes the events of a history, one after the other, a second apart."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.wrote("registered", process="one", pool="pool-1", mode="lock")
        self.wrote("registered", process="two", pool="pool-2", mode="lock")

    def wrote(self, what: str, **values: Any) -> Event:
        number = len(self.events) + 1
        moment = NOW + number
        given = {"at": moment, "transaction_began_at": moment, "transaction_id": number, **values}
        self.events.append(Event(id=number, what=what, **given))
        return self.events[-1]

    def add(self, job: int = 1, **values: Any) -> None:
        self.wrote("added", process="producer", job=job, number=10 * job, **values)

    def claim(self, job: int = 1, pool: str = "pool-1", attempt: int = 1, **values: Any) -> Event:
        return self.wrote(
            "changed", job=job, number=10 * job,
            **{
                "process": _PROCESSES[pool], "pool": pool, "old_attempts": attempt - 1,
                "attempts": attempt, "max_attempts": 25, "old_run_at": NOW, "run_at": NOW, **values,
            },
        )  # fmt: skip

    def free(
        self, job: int = 1, pool: str | None = "pool-1", attempt: int = 1, **values: Any
    ) -> Event:
        return self.wrote(
            "changed", job=job, number=10 * job, old_pool=pool,
            **{
                "process": _PROCESSES.get(pool or ""), "old_attempts": attempt,
                "attempts": attempt,
                "max_attempts": 25, "old_run_at": NOW, "run_at": NOW,
                **values,
            },
        )  # fmt: skip

    def fail(self, job: int = 1, attempt: int = 1, off_by: float = 0.0) -> Event:
        due = NOW + len(self.events) + 1 + math.exp(attempt) + off_by
        return self.free(job, attempt=attempt, run_at=due)

    def take_over(self, *jobs: int, dead: str = "pool-1", by: str = "two") -> None:
        recovered = self.wrote("recovered", process=by, pool=dead)
        for job in jobs:
            self.free(job, dead, process=by, transaction_id=recovered.transaction_id)

    def begin(self, job: int = 1, pool: str = "pool-1") -> None:
        self.wrote("begin", process=_PROCESSES[pool], job=job, number=10 * job, pool=pool)

    def finish(self, job: int = 1, pool: str = "pool-1", what: str = "end") -> None:
        self.wrote(what, process=_PROCESSES[pool], job=job, number=10 * job, pool=pool)

    def remove(self, job: int = 1, pool: str | None = "pool-1", **values: Any) -> None:
        process = _PROCESSES.get(pool or "", "one")
        self.wrote("removed", job=job, number=10 * job, old_pool=pool,
                   **{"process": process, **values})  # fmt: skip

    def run(self, job: int = 1, pool: str = "pool-1", **values: Any) -> None:
        """Let a job run from its claim to its end."""
        self.claim(job, pool, **values)
        self.begin(job, pool)
        self.finish(job, pool)
        self.remove(job, pool)

    def history(self, **values: Any) -> History:
        return History(events=self.events, **values)


_PROCESSES = {"pool-1": "one", "pool-2": "two", "pool-node": "node"}

KILLED = Disturbance(what="kill", process="one", began=NOW + 0.5, ended=NOW + 0.5)


@pytest.fixture
def script() -> Script:
    return Script()


def kinds(history: History) -> set[Kind]:
    return {violation.kind for violation in check(history)}


def test_a_history_in_which_all_is_right(script: Script) -> None:
    """Jobs run, fail and run again, are given back; a worker dies; an operator unlocks Node's."""
    for job in (1, 2, 3, 4):
        script.add(job, queue=7 if job == 1 else None)
    script.claim(queue=7)
    script.claim(2)
    script.begin(2)
    script.fail(2)
    script.claim(3)
    script.free(3, attempts=0)
    script.run(3, "pool-2")
    script.claim(4, "pool-node")
    script.free(4, "pool-node", process=OPERATOR)
    script.run(4, "pool-2", attempt=2)
    script.take_over(1)
    script.run(1, "pool-2", attempt=2, queue=7)
    script.run(2, "pool-2", attempt=2)
    ended = NOW + len(script.events)
    history = script.history(
        produced={10: "committed", 20: "committed", 30: "committed", 50: "rolled back"},
        told=[Told(process="two", job=2, at=ended)],
        disturbances=[KILLED],
        bound=60,
    )
    assert check(history) == []
    assert len(recoveries(history)) == 1


def test_a_committed_job_that_never_ended_is_lost(script: Script) -> None:
    script.add()
    assert kinds(script.history(produced={10: "committed"})) == {Kind.LOST}
    assert kinds(script.history(produced={10: "unknown"})) == set()


def test_a_job_that_has_used_its_attempts_is_not_lost(script: Script) -> None:
    script.add()
    left = Left(job=1, number=10, attempts=2, max_attempts=2, has_error=True, locked_by=None)
    given = {"produced": {10: "committed"}}
    assert kinds(script.history(left=[left], **given)) == set()
    without = replace(left, has_error=False)
    assert kinds(script.history(left=[without], **given)) == {Kind.LOST}


def test_a_rolled_back_job_must_not_be_there(script: Script) -> None:
    script.add()
    script.run()
    assert kinds(script.history(produced={10: "rolled back"})) == {Kind.GHOST}


def test_a_job_that_could_run_must_not_be_left(script: Script) -> None:
    left = Left(job=1, number=None, attempts=1, max_attempts=2, has_error=True, locked_by=None)
    assert kinds(script.history(left=[left])) == {Kind.LEFT}


def test_an_effect_happens_once(script: Script) -> None:
    script.add()
    script.claim()
    script.finish(what="effect")
    script.remove()
    assert kinds(script.history()) == set()
    script.finish(what="effect")
    assert kinds(script.history()) == {Kind.REPEATED}


def test_a_job_that_a_task_adds_is_added_once_and_not_lost(script: Script) -> None:
    script.wrote("added", process="one", job=7, number=70)
    assert kinds(script.history()) == {Kind.LOST}
    script.run(7)
    assert kinds(script.history()) == set()
    script.wrote("added", process="one", job=8, number=70)
    assert kinds(script.history()) == {Kind.REPEATED}


def test_a_job_is_completed_after_its_end(script: Script) -> None:
    script.add()
    script.claim()
    script.begin()
    script.remove()
    script.finish()
    assert kinds(script.history()) == {Kind.UNENDED}


def test_an_end_is_written_before_it_is_told(script: Script) -> None:
    script.add()
    script.run()
    ended = NOW + len(script.events)
    early = Told(process="one", job=1, at=ended - 0.5)
    assert kinds(script.history(told=[early])) == {Kind.TOLD}
    assert kinds(script.history(told=[replace(early, job=2)])) == {Kind.TOLD}


def test_a_job_is_freed_before_another_pool_takes_it(script: Script) -> None:
    script.add()
    script.claim()
    script.claim(pool="pool-2", old_pool="pool-1", attempt=2)
    assert Kind.STOLEN in kinds(script.history())


def test_a_pool_deletes_no_job_of_another(script: Script) -> None:
    script.add()
    script.claim(pool="pool-2")
    script.begin(pool="pool-2")
    script.finish(pool="pool-2")
    script.remove(pool="pool-2", process="one")
    assert kinds(script.history()) == {Kind.STALE}


def test_a_pool_deletes_no_job_that_nobody_has(script: Script) -> None:
    script.add()
    script.claim()
    script.take_over(1)
    script.remove(pool=None)
    assert kinds(script.history(disturbances=[KILLED])) == {Kind.STALE}


def test_a_pool_frees_jobs_of_another_only_when_it_takes_over(script: Script) -> None:
    script.add()
    script.claim()
    script.free(process="two")
    assert Kind.STALE in kinds(script.history())


def test_a_worker_runs_only_what_it_holds(script: Script) -> None:
    script.add()
    script.begin()
    assert kinds(script.history()) == {Kind.UNHELD}
    crash = Disturbance(what="restart", process=None, began=NOW, ended=NOW)
    assert kinds(script.history(disturbances=[crash])) == set()


def test_who_was_taken_for_dead_may_begin_what_it_had(script: Script) -> None:
    script.add()
    script.claim()
    script.take_over(1)
    script.begin()
    assert kinds(script.history(disturbances=[KILLED])) == set()


def test_only_the_dead_are_taken_over_from(script: Script) -> None:
    """One that was stopped has its lock still; one whose connections broke may have lost it."""
    script.take_over()
    stopped = replace(KILLED, what="stop", began=NOW, ended=NOW + 9)
    assert kinds(script.history()) == {Kind.ALIVE}
    assert kinds(script.history(disturbances=[stopped])) == {Kind.ALIVE}
    assert kinds(script.history(disturbances=[replace(stopped, what="half-open")])) == set()
    later = replace(KILLED, began=NOW + 60)
    assert kinds(script.history(disturbances=[later])) == {Kind.ALIVE}


def test_one_without_a_lock_counts_as_dead_when_it_is_silent(script: Script) -> None:
    script.wrote("registered", process="one", pool="pool-3", mode="heartbeat")
    script.take_over(dead="pool-3")
    assert kinds(script.history()) == set()


def test_jobs_of_the_dead_are_free_within_the_bound(script: Script) -> None:
    """The time runs from the end of what kept everybody else from the server."""
    script.add()
    script.claim()
    script.begin()
    script.wrote("elsewhere", at=NOW + 30)
    script.events[-1] = replace(script.events[-1], id=6)
    script.take_over(1)
    killed = replace(KILLED, began=NOW + 4.5)
    freed_at = script.events[-1].at
    assert recoveries(script.history(disturbances=[killed])) == [freed_at - killed.began]
    assert kinds(script.history(disturbances=[killed], bound=2)) == {Kind.LATE}
    away = Disturbance(what="restart", process=None, began=NOW + 5, ended=freed_at - 1)
    assert kinds(script.history(disturbances=[killed, away], bound=2)) == set()


def test_of_a_queue_one_job_is_held_at_a_time(script: Script) -> None:
    script.claim(1, queue=7)
    script.claim(2, queue=7)
    assert kinds(script.history()) == {Kind.OVERLAP}


def test_jobs_of_two_queues_are_held_side_by_side(script: Script) -> None:
    script.claim(1, queue=7)
    script.claim(2, queue=8)
    assert kinds(script.history()) == set()


def test_no_more_jobs_are_held_than_a_limit_allows(script: Script) -> None:
    """One that has ended makes room for another one, of whatever pool."""
    given = {"limits": {"call": [Concurrency(2)]}}
    script.claim(1, task="call")
    script.claim(2, "pool-2", task="call")
    script.claim(3, task="other")
    script.fail(1)
    script.claim(4, task="call")
    assert kinds(script.history(**given)) == set()
    script.claim(5, task="call")
    assert kinds(script.history(**given)) == {Kind.EXCEEDED}


def test_no_more_jobs_of_a_key_are_held_than_a_limit_allows(script: Script) -> None:
    given = {"limits": {"call": [Concurrency(1, key="customer")]}}
    script.claim(1, task="call", customer=7)
    script.claim(2, task="call", customer=8)
    script.claim(3, task="call")
    assert kinds(script.history(**given)) == set()
    script.claim(4, "pool-2", task="call", customer=8)
    assert kinds(script.history(**given)) == {Kind.EXCEEDED}


def test_a_job_of_the_dead_counts_until_it_is_free(script: Script) -> None:
    given: dict[str, Any] = {"limits": {"call": [Concurrency(1)]}, "disturbances": [KILLED]}
    script.claim(1, task="call")
    script.take_over(1)
    script.claim(2, "pool-2", task="call")
    assert kinds(script.history(**given)) == set()
    script.events = [*script.events[:3], script.events[-1], *script.events[3:-1]]
    events = [replace(event, id=number) for number, event in enumerate(script.events)]
    assert kinds(History(events=events, **given)) == {Kind.EXCEEDED}


@pytest.mark.parametrize(("at", "found"), [(10.0, set()), (9.9, {Kind.EXCEEDED})])
def test_no_more_jobs_begin_in_a_time_than_a_rate_allows(
    script: Script, at: float, found: set[Kind]
) -> None:
    """Each attempt counts, from the moment of its claim, also when it has ended."""
    script.claim(1, task="call", locked_at=NOW)
    script.fail(1)
    script.claim(2, "pool-2", task="call", locked_at=NOW + 1)
    script.claim(1, task="call", attempt=2, locked_at=NOW + at)
    assert kinds(script.history(limits={"call": [Rate(2, per=10)]})) == found


@pytest.mark.parametrize(
    ("before", "after", "most"), [(0, 2, 25), (1, 1, 25), (25, 26, 25)], ids=str
)
def test_a_claim_counts_one_attempt(script: Script, before: int, after: int, most: int) -> None:
    script.claim(old_attempts=before, attempts=after, max_attempts=most)
    assert kinds(script.history()) == {Kind.ATTEMPTS}


def test_what_is_given_back_was_no_attempt(script: Script) -> None:
    script.claim()
    script.free()
    assert kinds(script.history()) == {Kind.ATTEMPTS}


def test_what_is_cancelled_fails_for_good(script: Script) -> None:
    """Its worker does that, or another one where that has died."""
    script.claim()
    script.free(attempts=25, run_at=NOW + 5)
    assert kinds(script.history()) == {Kind.ATTEMPTS, Kind.BACKOFF}
    assert kinds(script.history(cancelled={1})) == set()
    script.claim(2)
    script.take_over(2)
    script.free(2, None, process="two", attempts=25)
    disturbances = [KILLED]
    assert kinds(script.history(cancelled={1}, disturbances=disturbances)) == {Kind.STALE}
    assert kinds(script.history(cancelled={1, 2}, disturbances=disturbances)) == set()


def test_a_death_does_not_add_attempts(script: Script) -> None:
    script.claim()
    script.take_over(1)
    script.events[-1] = replace(script.events[-1], attempts=2)
    assert kinds(script.history(disturbances=[KILLED])) == {Kind.ATTEMPTS}


@pytest.mark.parametrize("off_by", [-0.5, 0.5])
def test_a_failed_job_is_due_when_it_should_be(script: Script, off_by: float) -> None:
    script.claim()
    script.fail(off_by=off_by)
    assert kinds(script.history()) == {Kind.BACKOFF}


@pytest.mark.parametrize(
    ("task", "seconds", "wrong"),
    [
        ("nap", NAP, set()),
        ("nap", NAP + 1, {Kind.BACKOFF}),
        ("work", NAP, {Kind.BACKOFF, Kind.ATTEMPTS}),
    ],
)
def test_only_a_nap_comes_again_as_if_it_had_not_begun(
    script: Script, task: str, seconds: float, wrong: set[Kind]
) -> None:
    """And it comes when it is to."""
    script.claim(task=task)
    due = NOW + len(script.events) + 1 + seconds
    script.free(task=task, attempts=0, run_at=due)
    assert kinds(script.history()) == wrong


def test_no_job_is_claimed_before_it_is_due(script: Script) -> None:
    script.claim(old_run_at=NOW + 100)
    assert kinds(script.history()) == {Kind.EARLY}


def test_each_minute_of_a_schedule_gives_one_job(script: Script) -> None:
    script.add(1, cron="c", minute=5)
    assert kinds(script.history(minutes={"c": [5]})) == set()
    assert kinds(script.history(minutes={"c": [5, 6]})) == {Kind.CRON}
    script.add(2, cron="c", minute=5)
    assert kinds(script.history(minutes={"c": [5]})) == {Kind.CRON}


def test_no_lock_is_left_at_rest(script: Script) -> None:
    left = Left(job=1, number=None, attempts=1, max_attempts=9, has_error=False, locked_by="p")
    assert kinds(script.history(left=[left])) == {Kind.LOCKED}
    assert kinds(script.history(locked_queues=1)) == {Kind.LOCKED}


def test_a_worker_ends_only_when_it_is_told_to(script: Script) -> None:
    assert kinds(script.history(ended={"python-1.1": 1})) == {Kind.ENDED}
