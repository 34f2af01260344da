"""What a worker has done so far, as numbers: counted from its events, in its event loop.

Counting is a few additions a job. How the numbers are told is others' business; the list below has
each of them, with its name and what it means.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from time import monotonic, time
from typing import Literal

from kongtask.worker.claimed import ClaimedJob
from kongtask.worker.events import (
    Emitter,
    JobError,
    JobEvent,
    JobFailed,
    JobLost,
    JobSnoozed,
    JobStart,
    JobSuccess,
    LocalQueueGetJobsComplete,
    LocalQueueReturnJobs,
    PoolConnectionLost,
    PoolListenError,
    PoolListenSuccess,
    PoolRelease,
    ResetLockedSuccess,
    WorkerGetJobError,
)
from kongtask.worker.life import PoolFenced, PoolRecovered

#: Upper bounds of the histograms, in seconds: how long a job took, and how long it waited.
BOUNDS = (
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Metric:
    """A number that is told.

    Attributes:
        name: without the prefix ``kongtask_`` and without ``_total``.
        kind: counters only grow.
        help: what it is.
        label: by what it is told apart, or None.
    """

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    help: str
    label: str | None = None


METRICS = (
    Metric("jobs_started", "counter", "Attempts that were begun.", "task"),
    Metric("jobs_succeeded", "counter", "Attempts whose task has returned.", "task"),
    Metric("jobs_failed", "counter", "Attempts whose task has raised.", "task"),
    Metric("jobs_permanently_failed", "counter", "Failed attempts with none left.", "task"),
    Metric("jobs_snoozed", "counter", "Attempts that put their job off.", "task"),
    Metric("job_locks_lost", "counter", "Jobs taken away while they ran.", "task"),
    Metric("jobs_running", "gauge", "Jobs that run now.", "task"),
    Metric("job_duration_seconds", "histogram", "How long an attempt took.", "task"),
    Metric("job_waiting_seconds", "histogram", "From when a job was due to its begin.", "task"),
    Metric("local_queue_jobs", "gauge", "Jobs that are claimed and not begun."),
    Metric("claims", "counter", "Claims that were answered."),
    Metric("claim_errors", "counter", "Claims that have failed."),
    Metric("jobs_claimed", "counter", "Jobs that were claimed."),
    Metric("jobs_returned", "counter", "Claimed jobs that were given back without a begin."),
    Metric("connection_losses", "counter", "Lost connections of the worker's own.", "connection"),
    Metric("pools_recovered", "counter", "Dead pools that this worker took over from."),
    Metric("jobs_recovered", "counter", "Jobs of dead pools that were freed."),
    Metric("expired_locks_freed", "counter", "Jobs whose locks were too old, and were freed."),
    Metric("fenced", "counter", "How often others took this worker for dead."),
)

CONNECTIONS = ("claims", "results", "listen")


class Histogram:
    """How many values fell where.

    Args:
        bounds: the upper bounds, which belong to what is below them.
    """

    __slots__ = ("bounds", "counts", "total")

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self.bounds, self.counts, self.total = bounds, [0] * (len(bounds) + 1), 0.0

    def add(self, value: float) -> None:
        """Count a value."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value


class TaskMeasures:
    """The numbers of one task."""

    __slots__ = (
        "failed", "locks_lost", "permanently_failed", "running", "seconds", "snoozed", "started",
        "succeeded", "waits",
    )  # fmt: skip

    def __init__(self) -> None:
        self.started = self.succeeded = self.failed = self.permanently_failed = 0
        self.snoozed = self.locks_lost = self.running = 0
        self.seconds, self.waits = Histogram(BOUNDS), Histogram(BOUNDS)


class Measures:
    """Counts what a worker tells.

    Args:
        emitter: the worker's.
        tasks: its tasks, which are told of from the start; there are no others.
    """

    def __init__(self, emitter: Emitter, tasks: Iterable[str]) -> None:
        self.tasks = {identifier: TaskMeasures() for identifier in tasks}
        self._counts = dict.fromkeys((metric.name for metric in METRICS if metric.label is None), 0)
        self._losses = dict.fromkeys(CONNECTIONS, 0)
        self._is_listen_lost = False
        self._begun: dict[ClaimedJob, tuple[TaskMeasures, float]] = {}
        emitter.on(JobStart, self._start)
        emitter.on(JobSuccess, self._succeed)
        emitter.on(JobError, self._err)
        emitter.on(JobFailed, self._fail)
        emitter.on(JobSnoozed, self._snooze)
        emitter.on(JobLost, self._lose)
        emitter.on(LocalQueueGetJobsComplete, self._claim)
        emitter.on(LocalQueueReturnJobs, self._give_back)
        emitter.on(WorkerGetJobError, lambda _: self._count("claim_errors"))
        emitter.on(PoolConnectionLost, lambda event: self._miss(event.connection))
        emitter.on(PoolListenError, self._miss_listen)
        emitter.on(PoolListenSuccess, self._listen)
        emitter.on(PoolRecovered, self._recover)
        emitter.on(PoolFenced, lambda _: self._count("fenced"))
        emitter.on(ResetLockedSuccess, lambda e: self._count("expired_locks_freed", e.jobs))
        emitter.on(PoolRelease, self._end)

    def read(self) -> Iterator[tuple[Metric, str | None, int | Histogram]]:
        """Return each number, with the value of its label."""
        for metric in METRICS:
            if metric.label == "task":
                for identifier, task in self.tasks.items():
                    yield metric, identifier, getattr(task, _ATTRIBUTES[metric.name])
            elif metric.label == "connection":
                for connection, losses in self._losses.items():
                    yield metric, connection, losses
            else:
                yield metric, None, self._counts[metric.name]

    def _count(self, name: str, number: int = 1) -> None:
        self._counts[name] += number

    def _start(self, event: JobStart) -> None:
        job = event.job
        task = self.tasks.get(job.task_identifier)
        if task is None:
            task = self.tasks[job.task_identifier] = TaskMeasures()
        task.started += 1
        task.running += 1
        task.waits.add(job.waited(time()))
        self._counts["local_queue_jobs"] -= 1
        self._begun[job] = task, monotonic()

    def _stop(self, event: JobEvent) -> TaskMeasures:
        """Count the end of an attempt, unless it has ended already."""
        task, began = self._begun.pop(event.job, (None, 0.0))
        if task is None:
            return self.tasks[event.job.task_identifier]
        task.running -= 1
        task.seconds.add(monotonic() - began)
        return task

    def _succeed(self, event: JobSuccess) -> None:
        self._stop(event).succeeded += 1

    def _err(self, event: JobError) -> None:
        if event.job not in self._begun:  # it was cancelled before its begin
            self._counts["local_queue_jobs"] -= 1
        self._stop(event).failed += 1

    def _fail(self, event: JobFailed) -> None:
        self.tasks[event.job.task_identifier].permanently_failed += 1

    def _snooze(self, event: JobSnoozed) -> None:
        self._stop(event).snoozed += 1

    def _lose(self, event: JobLost) -> None:
        self._stop(event).locks_lost += 1

    def _claim(self, event: LocalQueueGetJobsComplete) -> None:
        self._count("claims")
        self._count("jobs_claimed", event.count)
        self._count("local_queue_jobs", event.count)

    def _give_back(self, event: LocalQueueReturnJobs) -> None:
        self._count("jobs_returned", event.count)
        self._count("local_queue_jobs", -event.count)

    def _miss(self, connection: str) -> None:
        self._losses[connection] += 1

    def _miss_listen(self, event: PoolListenError) -> None:
        """Count a loss once, however often it is tried to listen again."""
        del event
        if not self._is_listen_lost:
            self._is_listen_lost = True
            self._miss("listen")

    def _listen(self, event: PoolListenSuccess) -> None:
        del event
        self._is_listen_lost = False

    def _recover(self, event: PoolRecovered) -> None:
        self._count("pools_recovered")
        self._count("jobs_recovered", event.jobs)

    def _end(self, event: PoolRelease) -> None:
        """Forget what a pool held that has ended by force; another one may go on."""
        del event
        self._begun.clear()
        self._counts["local_queue_jobs"] = 0
        for task in self.tasks.values():
            task.running = 0


#: Where the numbers of a task are kept.
_ATTRIBUTES = {
    "jobs_started": "started",
    "jobs_succeeded": "succeeded",
    "jobs_failed": "failed",
    "jobs_permanently_failed": "permanently_failed",
    "jobs_snoozed": "snoozed",
    "job_locks_lost": "locks_lost",
    "jobs_running": "running",
    "job_duration_seconds": "seconds",
    "job_waiting_seconds": "waits",
}
