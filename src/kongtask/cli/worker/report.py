"""What a running worker says: how it begins and ends, its troubles, and now and then its rate."""

from __future__ import annotations

import asyncio
import logging
from time import monotonic
from typing import TYPE_CHECKING

from kongtask.worker.events import (
    Emitter,
    JobComplete,
    JobSnoozed,
    JobStart,
    JobSuccess,
    PoolForcefulShutdownComplete,
    PoolListenError,
    PoolListenSuccess,
    PoolRelease,
    WorkerGetJobError,
)

if TYPE_CHECKING:
    from kongtask.cron import CronFailed, CronMatchFailed, CronScheduled

_log = logging.getLogger("kongtask.worker")

#: Seconds between lines that tell how many jobs were done.
INTERVAL = 60.0


class Report:
    """Listens to a worker's events, and logs what a person wants to know.

    Args:
        emitter: the worker's.
        is_detailed: whether each job that succeeds is told of too.
    """

    def __init__(self, emitter: Emitter, *, is_detailed: bool) -> None:
        self._done = self._failed = self._snoozed = 0
        self._told_done = self._told_failed = self._told_snoozed = 0
        self._is_listening = False
        self._began: dict[int, float] = {}
        emitter.on(JobComplete, self._count)
        emitter.on(JobSnoozed, self._count_snoozed)
        emitter.on(PoolListenSuccess, self._listening)
        emitter.on(PoolListenError, self._not_listening)
        emitter.on(WorkerGetJobError, self._no_jobs)
        emitter.on(PoolForcefulShutdownComplete, self._given_up)
        emitter.on(PoolRelease, self._end)
        if is_detailed:
            emitter.on(JobStart, self._begin)
            emitter.on(JobSuccess, self._success)

    def hear_cron(self, emitter: Emitter) -> None:
        """Listen to a scheduler's events too."""
        from kongtask.cron import CronFailed, CronMatchFailed, CronScheduled

        emitter.on(CronScheduled, self._scheduled)
        emitter.on(CronFailed, self._cron_failed)
        emitter.on(CronMatchFailed, self._match_failed)

    async def run(self) -> None:
        """Tell every minute how many jobs were done, if any were, until cancelled."""
        while True:
            await asyncio.sleep(INTERVAL)
            self.tell(INTERVAL)

    def tell(self, seconds: float) -> None:
        """Tell how many jobs were done since the last time, if any were.

        Args:
            seconds: how long that was.
        """
        done, failed = self._done - self._told_done, self._failed - self._told_failed
        snoozed = self._snoozed - self._told_snoozed
        self._told_done, self._told_failed = self._done, self._failed
        self._told_snoozed = self._snoozed
        if done or failed or snoozed:
            _log.info(
                "%s and %s%s in %.0f s: %.1f a second",
                _jobs(done), _failures(failed), _also(snoozed), seconds,
                (done + failed + snoozed) / seconds,
            )  # fmt: skip

    def _count(self, event: JobComplete) -> None:
        if event.error is None:
            self._done += 1
        else:
            self._failed += 1

    def _count_snoozed(self, event: JobSnoozed) -> None:
        self._snoozed += 1
        self._began.pop(event.job.id, None)

    def _begin(self, event: JobStart) -> None:
        self._began[event.job.id] = monotonic()

    def _success(self, event: JobSuccess) -> None:
        job = event.job
        seconds = monotonic() - self._began.pop(job.id, monotonic())
        extra = {"job_id": job.id, "task_identifier": job.task_identifier, "seconds": seconds}
        _log.debug("job %d (%s) done in %.3f s", job.id, job.task_identifier, seconds, extra=extra)

    def _listening(self, event: PoolListenSuccess) -> None:
        del event
        if not self._is_listening:
            self._is_listening = True
            _log.info("ready, and told of new jobs")

    def _not_listening(self, event: PoolListenError) -> None:
        self._is_listening = False
        _log.warning("not told of new jobs until a connection is there again: %s", event.error)

    def _no_jobs(self, event: WorkerGetJobError) -> None:
        _log.error("jobs cannot be claimed: %s", event.error)

    def _scheduled(self, event: CronScheduled) -> None:
        for identifier, job_id in event.job_ids.items():
            _log.debug("cron: added job %d of the schedule %s", job_id, identifier)

    def _cron_failed(self, event: CronFailed) -> None:
        _log.warning("cron: %s; going on in %.1f s", event.error, event.pause)

    def _match_failed(self, event: CronMatchFailed) -> None:
        name = event.item.identifier
        _log.error("cron: the function of %s has raised", name, exc_info=event.error)

    def _given_up(self, event: PoolForcefulShutdownComplete) -> None:
        if event.job_ids:
            numbers = ", ".join(str(number) for number in event.job_ids)
            _log.warning("recorded as failed, for they did not end: jobs %s", numbers)

    def _end(self, event: PoolRelease) -> None:
        del event
        done, snoozed = _jobs(self._done), _also(self._snoozed)
        _log.info("ended: %s, %s%s", done, _failures(self._failed), snoozed)


def _jobs(count: int) -> str:
    return f"{count:,} job done" if count == 1 else f"{count:,} jobs done"


def _failures(count: int) -> str:
    return f"{count:,} attempt failed" if count == 1 else f"{count:,} attempts failed"


def _also(snoozed: int) -> str:
    return f", {snoozed:,} snoozed" if snoozed else ""
