"""What the attempts of a test's jobs came to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self

if TYPE_CHECKING:
    from kongtask.worker import App
    from kongtask.worker.claimed import ClaimedJob
    from kongtask.worker.events import JobComplete, JobSnoozed, JobSuccess

#: How long a job waits for its next attempt, by its id; None where there is none.
Wait = Callable[[int], timedelta | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What an attempt came to.

    Attributes:
        job: the job, as it was claimed.
        end: ``completed``; ``retried``, after a failure; ``failed``, without a further attempt; or
            ``snoozed``.
        result: what its task returned, where it is completed.
        error: what its task raised.
        wait: how long the job waits for its next attempt; None where there is none.
    """

    job: ClaimedJob
    end: Literal["completed", "retried", "failed", "snoozed"]
    result: Any = None
    error: BaseException | None = None
    wait: timedelta | None = None


class Recorder:
    """Notes outcomes, in the order in which they were written, as long as its block lasts.

    Args:
        app: whose workers run.
        wait: looks how long a job waits.

    Attributes:
        outcomes: what was noted.
    """

    def __init__(self, app: App, wait: Wait) -> None:
        self.outcomes: list[Outcome] = []
        self._app, self._wait = app, wait
        self._results: dict[int, Any] = {}
        self._ends: list[Callable[[], None]] = []

    def __enter__(self) -> Self:
        from kongtask.worker.events import JobComplete, JobSnoozed, JobSuccess

        self._ends = [
            self._app.on(JobSuccess, self._succeeded),
            self._app.on(JobComplete, self._complete),
            self._app.on(JobSnoozed, self._snoozed),
        ]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        for end in self._ends:
            end()

    def _succeeded(self, event: JobSuccess) -> None:
        self._results[event.job.id] = event.result

    def _complete(self, event: JobComplete) -> None:
        job, error = event.job, event.error
        if error is None:
            result = self._results.pop(job.id, None)
            self.outcomes.append(Outcome(job=job, end="completed", result=result))
            return
        wait = self._wait(job.id)
        end: Literal["failed", "retried"] = "failed" if wait is None else "retried"
        self.outcomes.append(Outcome(job=job, end=end, error=error, wait=wait))

    def _snoozed(self, event: JobSnoozed) -> None:
        wait = timedelta(seconds=event.wait)
        self.outcomes.append(Outcome(job=event.job, end="snoozed", wait=wait))
