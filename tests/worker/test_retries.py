"""When a job comes again: retry policies, and what a task chooses."""

from __future__ import annotations

import logging
import pickle
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kongtask.errors import UsageError
from kongtask.worker import App, Exponential, Fail, Fixed, Retry, Snooze
from kongtask.worker.claimed import ClaimedJob
from kongtask.worker.claiming.claimer import Claimer
from kongtask.worker.events import (
    JobComplete,
    JobError,
    JobEvent,
    JobFailed,
    JobSnoozed,
    LocalQueueGetJobsComplete,
    PoolListenSuccess,
)

from .queue import Queue
from .running import Watch, run, running

#: How a job waits, to some seconds: those since its attempt was written are forgiven.
WAIT = "attempts, round(extract(epoch from run_at - now()) / 60)::int"


def job_with(attempts: int) -> ClaimedJob:
    row = (1, 1, "null", 0, 0, attempts, 25, None, None, 0, None, 0, None, 0)
    return ClaimedJob(row, "t")


def choose(outcome: str) -> Snooze | None:
    """End as told; in a process too."""
    if outcome == "snooze":
        return Snooze(in_=timedelta(hours=1))
    if outcome == "fail":
        raise Fail("not this one")
    raise Retry(in_=3600) from KeyError("the cause")


async def choose_in_loop(outcome: str) -> Snooze | None:
    return choose(outcome)


@pytest.fixture(params=["loop", "thread", "process"])
def chooser(request: pytest.FixtureRequest, app: App) -> App:
    """An application whose task ``choose`` ends as told, wherever it runs."""
    function = choose_in_loop if request.param == "loop" else choose
    app.task("choose", process=request.param == "process")(function)
    return app


def test_exponential_waits_grow_up_to_the_cap_and_chance_only_shortens_them() -> None:
    policy = Exponential(base=2, factor=3, cap=timedelta(minutes=1), jitter=0)
    waits = [policy(job_with(attempt), ValueError()) for attempt in (1, 2, 3, 4, 5, 32_000)]
    assert waits == [2, 6, 18, 54, 60, 60]
    jittered = Exponential(base=8, factor=1, jitter=0.25)
    varied = {jittered(job_with(1), ValueError()) for _ in range(200)}
    assert len(varied) > 100
    assert 6 <= min(varied) < 6.5
    assert 7.5 < max(varied) <= 8


def test_fixed_waits_are_the_same_but_for_chance() -> None:
    assert Fixed(timedelta(minutes=2))(job_with(9), ValueError()) == 120
    varied = {Fixed(10, jitter=1)(job_with(1), ValueError()) for _ in range(200)}
    assert 0 <= min(varied) < 2 < 8 < max(varied) <= 10


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda: Exponential(base=-1), "base is 0 seconds to 100 years, or a timedelta, not -1"),
        (lambda: Exponential(cap=float("nan")), "cap is 0 seconds"),
        (lambda: Exponential(factor=0.5), "factor is 1 or more"),
        (lambda: Exponential(jitter=1.5), "jitter is a share"),
        (lambda: Fixed(timedelta(days=-1)), "wait is 0 seconds"),
        (lambda: Fixed(1, jitter=-1), "jitter is a share"),
        (lambda: Retry(in_=float("inf")), "in_ is 0 seconds"),
        (lambda: Snooze(in_=timedelta.max), "in_ is 0 seconds"),
        (lambda: Snooze(in_="60"), "in_ is 0 seconds"),  # type: ignore[arg-type]
        (lambda: App().task(retry=5)(choose), "is no ordinary function"),  # type: ignore[call-overload]
        (lambda: App().task(retry=Exponential)(choose), "as Exponential\\(\\) is one"),  # type: ignore[arg-type]
        (lambda: App().task(retry=choose_in_loop)(choose), "no ordinary"),  # type: ignore[arg-type]
        (lambda: App().task(no_retry=[KeyError])(choose), "no class of errors"),  # type: ignore[call-overload]
    ],
)
def test_what_cannot_be_a_wait_or_a_policy_is_refused(make: Any, reason: str) -> None:
    with pytest.raises(UsageError, match=reason):
        make()


@pytest.mark.parametrize(
    ("retry", "minutes"),
    [
        (Fixed(600), 10),
        (Exponential(base=600, factor=2, cap=86400, jitter=0), 20),
        (lambda job, error: timedelta(minutes=7 * job.attempts, seconds=len(str(error))), 14),
        (lambda job, error: None, 0),  # 7 seconds, as without a policy
        (lambda job, error: 1 / 0, 0),
        (lambda job, error: -5, 0),
    ],
)
def test_a_policy_says_how_long_a_job_waits(
    queue: Queue, app: App, retry: Any, minutes: int
) -> None:
    @app.task(retry=retry)
    async def bad() -> None:
        raise ValueError("no")

    queue.add("bad")
    queue.connection.execute(b"update graphile_worker._private_jobs set attempts = 1")
    run(app.run_once())
    assert queue.jobs(WAIT) == [(2, minutes)]
    assert queue.jobs("last_error, locked_by") == [("no", None)]


def test_a_policy_that_fails_is_told_of_and_the_job_waits_as_without_it(
    queue: Queue, app: App, caplog: pytest.LogCaptureFixture
) -> None:
    @app.task(retry=lambda job, error: f"{job}{error}")  # type: ignore[arg-type, return-value]
    async def bad() -> None:
        raise ValueError("no")

    queue.add("bad")
    run(app.run_once())
    (wait,) = queue.jobs("extract(epoch from run_at - now())::float8")
    assert 1 < wait < 2.72
    assert "the retry policy of bad has failed" in caplog.text


def test_an_error_that_is_not_to_be_retried_uses_up_the_attempts(queue: Queue, app: App) -> None:
    errors, failed = Watch(app, JobError), Watch(app, JobFailed)

    @app.task(no_retry=(LookupError, TypeError), retry=Fixed(600))
    async def bad(kind: str) -> None:
        raise {"key": KeyError("k"), "value": ValueError("v"), "retry": Retry("r")}[kind]

    queue.add("bad", "key", max_attempts=3)
    queue.add("bad", "value", max_attempts=3)
    queue.add("bad", "key", max_attempts=1)
    run(app.run_once())
    assert queue.jobs("attempts, is_available, last_error") == [
        (
            3,
            False,
            "'k'\nNot tried again after attempt 1 of 3: KeyError is in the task's no_retry.",
        ),
        (1, True, "v"),
        (1, False, "'k'"),
    ]
    assert len(errors.seen) == 3
    assert sorted(event.job.id for event in failed.seen) == [1, 3]


def test_a_policy_may_give_a_job_up(queue: Queue, app: App) -> None:
    def policy(job: ClaimedJob, error: BaseException) -> float:
        if job.attempts == 2:
            raise Fail(f"twice {error} is enough")
        return 0

    @app.task(retry=policy)
    def bad() -> None:
        raise ValueError("no")

    queue.add("bad")
    run(app.run_once())
    (job,) = queue.jobs("attempts, last_error")
    reason = "the task's retry policy raised Fail: twice no is enough"
    assert job == (25, f"no\nNot tried again after attempt 2 of 25: {reason}.")


def test_a_task_asks_for_the_next_attempt(queue: Queue, chooser: App) -> None:
    queue.add("choose", "retry", queue_name="q")
    run(chooser.run_once())
    assert queue.jobs(f"last_error, {WAIT}") == [("'the cause'", 1, 60)]
    assert queue.locks() == 0


def test_a_task_gives_its_job_up(queue: Queue, chooser: App) -> None:
    failed = Watch(chooser, JobFailed)
    queue.add("choose", "fail", queue_name="q")
    run(chooser.run_once())
    assert queue.jobs("attempts, is_available, last_error") == [
        (25, False, "not this one\nNot tried again after attempt 1 of 25: the task raised Fail.")
    ]
    assert len(failed.seen) == 1
    assert queue.locks() == 0


def test_a_task_snoozes_its_job_and_the_attempt_does_not_count(queue: Queue, chooser: App) -> None:
    seen: list[Any] = []

    def note(event: JobEvent) -> None:
        seen.append((type(event), queue.jobs("attempts")[0]))

    chooser.on(JobEvent, note)
    snoozed = Watch(chooser, JobSnoozed)
    queue.add("choose", "snooze", queue_name="q", max_attempts=3)
    queue.connection.execute(
        b"update graphile_worker._private_jobs set attempts = 2, last_error = 'before'"
    )
    run(chooser.run_once())
    assert queue.jobs(f"last_error, {WAIT}") == [("before", 2, 60)]
    assert queue.locks() == 0
    assert snoozed.seen[0].wait == 3600
    assert [name.__name__ for name, _ in seen] == ["JobStart", "JobSnoozed"]
    assert [attempts for _, attempts in seen] == [3, 2]


def test_a_retry_without_a_wait_waits_as_the_policy_says(queue: Queue, app: App) -> None:
    @app.task(retry=Fixed(600), no_retry=Exception)
    async def again() -> None:
        raise Retry("not yet")

    queue.add("again")
    run(app.run_once())
    assert queue.jobs(f"last_error, {WAIT}") == [("not yet", 1, 10)]


def test_a_chosen_end_has_no_traceback_but_that_of_its_cause(
    queue: Queue, app: App, caplog: pytest.LogCaptureFixture
) -> None:
    @app.task
    async def plain() -> None:
        raise Retry("not yet", in_=60)

    app.task("choose")(choose)
    queue.add("plain")
    queue.add("choose", "retry")
    run(app.run_once())
    first, second = (record for record in caplog.records if "failed, attempt" in record.message)
    assert (first.levelno, second.levelno) == (logging.WARNING, logging.WARNING)
    assert not first.exc_info
    assert second.exc_info is not None
    assert second.exc_info[0] is KeyError


def test_what_a_task_raises_survives_pickling() -> None:
    error = Retry(in_=5)
    error.__cause__ = ValueError("the cause")
    retry = pickle.loads(pickle.dumps(error))
    assert (str(retry), retry.in_) == ("the cause", 5)
    assert str(pickle.loads(pickle.dumps(Fail()))) == "the task gave its job up"
    assert str(Retry()) == "the task asked to be tried again"


@pytest.mark.parametrize("is_returning", [True, False])
def test_middleware_passes_a_snooze_on_and_chooses_too(
    queue: Queue, app: App, is_returning: bool
) -> None:
    """One that forgets to return the result does not complete the job by that."""

    @app.middleware
    async def around(context: Any, call_next: Any) -> Any:
        if context.job.payload == "hold":
            return Snooze(in_=1200)
        if context.job.payload == "refuse":
            raise Fail("refused")
        result = await call_next()
        return result if is_returning else None

    app.task("choose")(choose)
    for payload in ("snooze", "hold", "refuse"):
        queue.add("choose", payload)
    run(app.run_once())
    assert queue.jobs(f"is_available, {WAIT}")[:2] == [(True, 0, 60), (True, 0, 20)]
    assert queue.jobs("attempts")[2] == 25


def test_of_a_batch_job_the_entries_that_choose_so_are_left(queue: Queue, app: App) -> None:
    snoozed = Watch(app, JobSnoozed)

    @app.task(no_retry=LookupError)
    async def batch(payload: list[str]) -> list[Any]:
        async def one(kind: str) -> Snooze | None:
            if kind == "no":
                raise ValueError("no")
            if kind == "key":
                raise KeyError("k")
            return None if kind == "good" else choose(kind)

        return [one(kind) for kind in payload]

    for payload in (
        ["good", "snooze", "good", "snooze"],
        ["good", "snooze", "no"],
        ["fail", "good", "key"],
        ["fail", "no"],
        ["no", "retry", "good"],
        ["good", "good"],
    ):
        queue.add("batch", payload)
    run(app.run_once())
    assert queue.jobs(f"payload, {WAIT}, is_available") == [
        (["snooze", "snooze"], 0, 60, True),
        (["snooze", "no"], 1, 60, True),
        (["fail", "key"], 25, 0, False),
        (["fail", "no"], 1, 0, True),
        (["no", "retry"], 1, 60, True),
    ]
    assert [event.job.id for event in snoozed.seen] == [1]
    mixed, final = queue.jobs("last_error")[1:3]
    assert mixed == "Batch failures:\nthe task snoozed this entry\nno"
    assert final.startswith(
        "Batch failures:\nnot this one\n'k'\nNot tried again after attempt 1 of"
    )
    assert final.endswith(": the task raised Fail; KeyError is in the task's no_retry.")


def test_short_waits_are_not_rounded_up_to_the_next_poll(queue: Queue, app: App) -> None:
    calls: list[int] = []

    @app.task
    async def often() -> Snooze | None:
        calls.append(1)
        if len(calls) == 5:
            raise Retry(in_=0)
        return Snooze(in_=0.01) if len(calls) < 10 else None

    async def work() -> None:
        done, listening = Watch(app, JobComplete), Watch(app, PoolListenSuccess)
        claims = Watch(app, LocalQueueGetJobsComplete)
        async with running(app, poll_interval=600):
            await listening.until(1)
            await claims.until(1)
            queue.add("often")
            await done.until(2)

    run(work())
    assert len(calls) == 10
    assert queue.jobs() == []


def test_the_queue_of_a_snoozed_job_goes_on_with_the_next(queue: Queue, app: App) -> None:
    got: list[str] = []

    @app.task
    async def step(name: str) -> Snooze | None:
        got.append(name)
        return Snooze(in_=3600) if name == "first" else None

    for name in ("first", "second", "third"):
        queue.add("step", name, queue_name="q")
    run(app.run_once(concurrency=4))
    assert got == ["first", "second", "third"]
    assert queue.jobs("payload, attempts") == [("first", 0)]


def test_a_job_that_was_taken_away_is_not_snoozed(
    queue: Queue, app: App, caplog: pytest.LogCaptureFixture
) -> None:
    snoozed = Watch(app, JobSnoozed)

    @app.task
    def slow() -> Snooze:
        queue.connection.execute(
            b"update graphile_worker._private_jobs set locked_by = 'other', attempts = 7"
        )
        return Snooze(in_=3600)

    queue.add("slow")
    run(app.run_once())
    assert queue.jobs("locked_by, attempts, run_at < now()") == [("other", 7, True)]
    assert snoozed.seen == []
    assert "was not this worker's any more" in caplog.text


@pytest.mark.parametrize("call", ["remove_job('k')", "add_job('task', job_key => 'k')"])
def test_a_job_that_lost_its_key_while_it_ran_does_not_come_again(
    queue: Queue, app: App, call: str
) -> None:
    @app.task
    def task() -> Snooze:
        if queue.jobs("key")[0] is not None:
            queue.connection.execute(f"select graphile_worker.{call}".encode())
        return Snooze(in_=3600)

    queue.add("task", job_key="k", max_attempts=1)
    run(app.run_once())
    first, *others = queue.jobs("key, is_available, last_error")
    reason = "Removed or replaced by its job key while it ran; so it does not come again"
    assert first == (None, False, reason)
    assert others == ([] if "remove" in call else [("k", True, None)])


def test_a_snooze_ends_a_row_of_deaths_and_keeps_what_was_said(queue: Queue, app: App) -> None:
    app.task("choose")(choose)
    queue.add("choose", "snooze")
    queue.connection.execute(b"""
        update graphile_worker._private_jobs set last_error = 'Worker died (2 in a row): web died'
    """)
    run(app.run_once())
    assert queue.jobs("last_error") == ["Worker died: web died"]


def test_waits_go_by_the_clock_that_decides_what_is_due(
    queue: Queue, app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A policy's waits too; Graphile Worker's own go by the server's, as they do in Node."""
    late = datetime.now(UTC) + timedelta(hours=5)
    monkeypatch.setattr(Claimer, "now", lambda _: late)

    @app.task(retry=Fixed(3600))
    async def fixed() -> None:
        raise ValueError("no")

    @app.task
    async def plain() -> None:
        raise ValueError("no")

    queue.add("fixed")
    queue.add("plain", max_attempts=1)
    run(app.run_once(use_client_time=True))
    assert queue.jobs(WAIT) == [(1, 360), (1, 0)]
