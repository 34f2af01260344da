"""How an attempt ended that has not completed its job, and what follows from an error."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from enum import Enum
from typing import ClassVar, Literal, NamedTuple

from kongtask.errors import BatchError, JobCancelledError
from kongtask.worker.claimed import ClaimedJob
from kongtask.worker.tasks.outcomes import Fail, Retry, seconds_of
from kongtask.worker.tasks.task import Task

_log = logging.getLogger("kongtask.worker")

#: What is recorded for an exception that says nothing.
NO_MESSAGE = "Non error or error without message thrown."

#: What becomes of the job; sql/requeue.sql knows these words.
Verdict = Literal["retry", "fail", "snooze"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """An attempt that failed.

    Attributes:
        job: the job.
        error: what was raised.
        message: what is recorded as the job's last error; never empty.
        payload: what is left of the payload, as JSON; None where all of it is.
        wait: seconds until the next attempt; None for as long as Graphile Worker waits.
        is_final: whether the job is not tried again, though it has attempts left.
    """

    job: ClaimedJob
    error: BaseException
    message: str
    payload: str | None = None
    wait: float | None = None
    is_final: bool = False

    @property
    def verdict(self) -> Verdict:
        """What becomes of the job."""
        return "fail" if self.is_final else "retry"

    @property
    def is_last(self) -> bool:
        """Whether no attempt comes after this one."""
        return self.is_final or self.job.attempts >= self.job.max_attempts


@dataclass(frozen=True, slots=True, kw_only=True)
class Snoozed:
    """An attempt that does not count: its job comes again later.

    Attributes:
        job: the job.
        wait: seconds until then.
        payload: what is left of the payload, as JSON; None where all of it is.
    """

    verdict: ClassVar[Verdict] = "snooze"
    message: ClassVar[None] = None

    job: ClaimedJob
    wait: float
    payload: str | None = None


#: How an attempt ended that has not completed its job.
Unfinished = Failure | Snoozed


class Settled(Enum):
    """How an attempt ended whose job's end is not for the pool to write."""

    COMMITTED = "written in the task's own transaction"
    LOST = "the job is somebody else's, and the task's own transaction was rolled back"


class _Judgement(NamedTuple):
    """What follows from an error: how long to wait, or why the job is not tried again."""

    wait: float | None = None
    why_final: str | None = None


def failure_of(job: ClaimedJob, task: Task | None, error: BaseException) -> Failure:
    """Return how an attempt failed, as its task's retry policy has it.

    Args:
        job: the job.
        task: its task; None where nothing is known of it.
        error: what was raised.
    """
    if isinstance(error, JobCancelledError):
        return Failure(job=job, error=error, message=message_of(error), is_final=True)
    wait, why_final = _judge(job, task, error)
    message = message_of(error)
    if why_final is not None and job.attempts < job.max_attempts:
        attempt = f"attempt {job.attempts} of {job.max_attempts}"
        message += f"\nNot tried again after {attempt}: {why_final}."
    return Failure(
        job=job, error=error, message=message, wait=wait, is_final=why_final is not None,
        payload=error.payload if isinstance(error, BatchError) else None,
    )  # fmt: skip


def message_of(error: BaseException) -> str:
    """Return what is recorded of an error; never empty."""
    try:
        text = str(error)
    except Exception:
        text = ""
    return text or (type(error).__name__ if type(error) is not Exception else NO_MESSAGE)


def _judge(job: ClaimedJob, task: Task | None, error: BaseException) -> _Judgement:
    if isinstance(error, BatchError):
        return _judge_batch(job, task, error)
    if isinstance(error, Fail):
        return _Judgement(why_final="the task raised Fail")
    if isinstance(error, Retry) and error.in_ is not None:
        return _Judgement(wait=error.in_)
    if task is None:
        return _Judgement()
    if isinstance(error, task.no_retry) and not isinstance(error, Retry):
        return _Judgement(why_final=f"{type(error).__name__} is in the task's no_retry")
    return _ask_policy(job, task, error)


def _ask_policy(job: ClaimedJob, task: Task, error: BaseException) -> _Judgement:
    try:
        wait = None if task.retry is None else task.retry(job, error)
        return _Judgement(wait=None if wait is None else seconds_of(wait, "what it returns"))
    except Fail as fail:
        return _Judgement(why_final=f"the task's retry policy raised Fail: {fail}")
    except Exception:
        _log.exception(
            "the retry policy of %s has failed; %r waits as without it", task.identifier, job
        )
        return _Judgement()


def _judge_batch(job: ClaimedJob, task: Task | None, batch: BatchError) -> _Judgement:
    """Try a batch again while one of its entries is to be, and not before it is to be."""
    judged = [_judge(job, task, error) for error in batch.errors]
    reasons = {each.why_final: None for each in judged if each.why_final is not None}
    if all(each.why_final is not None for each in judged):
        return _Judgement(why_final="; ".join(reasons))
    waits = [each.wait for each in judged if each.wait is not None]
    return _Judgement(wait=max(waits, default=None))
