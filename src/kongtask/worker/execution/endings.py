"""How jobs ended: collected, written, told to listeners, and looked behind."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from kongtask.worker.claimed import ClaimedJob
from kongtask.worker.claiming.claimer import Claimer
from kongtask.worker.events import Emitter, JobComplete, JobLost, JobSnoozed
from kongtask.worker.execution.results import Batcher
from kongtask.worker.options import WorkerOptions
from kongtask.worker.tasks.attempts import Failure, Settled, Snoozed, Unfinished
from kongtask.worker.tasks.outcomes import Fail, Retry

_log = logging.getLogger("kongtask.worker")

#: How many ids of jobs a message lists.
_MOST_IDS = 20


class Endings:
    """The ends of a pool's jobs.

    Args:
        claimer: writes them.
        options: the worker's.
        emitter: told when an end has been written.
        on_written: told of jobs whose end has been written.
        on_due: called when a job that was put back for a moment is due again.
        on_fatal: told of an error of a write.
        is_waited_for: tells whether other jobs wait for the end of some.
    """

    def __init__(
        self,
        claimer: Claimer,
        options: WorkerOptions,
        emitter: Emitter,
        *,
        on_written: Callable[[Sequence[ClaimedJob]], Awaitable[None]],
        on_due: Callable[[], None],
        on_fatal: Callable[[BaseException], None],
        is_waited_for: Callable[[Sequence[ClaimedJob]], bool],
    ) -> None:
        self._claimer, self._emitter = claimer, emitter
        self._on_written, self._on_due = on_written, on_due
        self._poll_interval = options.poll_interval
        self._done = Batcher(
            self._write_done, options.complete_batch_delay, on_fatal, is_urgent=is_waited_for
        )
        self._unfinished = Batcher(self._write_unfinished, options.fail_batch_delay, on_fatal)
        self._committed = Batcher(self._tell_done, 0, on_fatal)

    def add(self, job: ClaimedJob, outcome: Unfinished | Settled | None) -> bool:
        """Add a job that ended, which is written soon; return whether there is room for more.

        Args:
            job: the job.
            outcome: how its attempt ended, where there is more to it than that the job is done.
        """
        if outcome is None:
            return self._done.add(job)
        if isinstance(outcome, Settled):
            return outcome is Settled.LOST or self._committed.add(job)
        return self._unfinished.add(outcome)

    def unwritten(self) -> list[ClaimedJob]:
        """Return the jobs whose end has not been written."""
        return [*self._done.unwritten(), *(each.job for each in self._unfinished.unwritten())]

    async def room(self) -> None:
        """Wait until there is room for more."""
        await self._done.room()
        await self._unfinished.room()

    async def drain(self) -> None:
        """Wait until all that was added has been written, or cannot be."""
        await self._done.drain()
        await self._unfinished.drain()
        await self._committed.drain()

    def tell_unwritten(self) -> None:
        """Say which jobs' ends could not be written."""
        jobs = self.unwritten()
        if jobs:
            ids = [str(job.id) for job in jobs[:_MOST_IDS]]
            more = [f"and {len(jobs) - _MOST_IDS} more"] if len(jobs) > _MOST_IDS else []
            _log.critical(
                "how %d jobs ended could not be written to the database; they stay locked until "
                "their locks expire, and then run again: %s",
                len(jobs), ", ".join([*ids, *more]),
            )  # fmt: skip

    def tell_lost(self, jobs: Sequence[ClaimedJob]) -> None:
        """Say which jobs were taken away while they ran."""
        for job in jobs:
            self._emitter.emit(JobLost(job=job))
            _log.warning(
                "%r was not this worker's any more when it ended: its lock expired, or somebody "
                "took it away; it may have run twice", job,
            )  # fmt: skip

    async def _write_done(self, jobs: Sequence[ClaimedJob]) -> None:
        lost = await self._claimer.complete(jobs)
        self.tell_lost(lost)
        await self._tell_done(_without(jobs, lost))

    async def _tell_done(self, jobs: Sequence[ClaimedJob]) -> None:
        if self._emitter.wants(JobComplete):
            for job in jobs:
                self._emitter.emit(JobComplete(job=job, error=None))
        await self._on_written(jobs)

    async def _write_unfinished(self, unfinished: Sequence[Unfinished]) -> None:
        lost = await self._claimer.requeue(unfinished)
        self.tell_lost(lost)
        ended = {each.job: each for each in unfinished}
        for job in _without(list(ended), lost):
            each = ended[job]
            if isinstance(each, Snoozed):
                self._tell_snoozed(each)
            else:
                self._tell_failed(each)
        await self._on_written(list(ended))
        self._look_again(unfinished)

    def _tell_failed(self, failure: Failure) -> None:
        job, error = failure.job, failure.error
        is_chosen = isinstance(error, Retry | Fail)
        _log.log(
            logging.WARNING if isinstance(error, Retry) else logging.ERROR,
            "job %d (%s) failed, attempt %d of %d: %s",
            job.id, job.task_identifier, job.attempts, job.max_attempts, failure.message,
            exc_info=error.__cause__ if is_chosen else error,
            extra={"job_id": job.id, "task_identifier": job.task_identifier},
        )  # fmt: skip
        self._emitter.emit(JobComplete(job=job, error=error))

    def _tell_snoozed(self, snoozed: Snoozed) -> None:
        job = snoozed.job
        _log.debug(
            "job %d (%s) comes again in %g s", job.id, job.task_identifier, snoozed.wait,
            extra={"job_id": job.id, "task_identifier": job.task_identifier},
        )  # fmt: skip
        self._emitter.emit(JobSnoozed(job=job, wait=snoozed.wait))

    def _look_again(self, unfinished: Sequence[Unfinished]) -> None:
        """Look for jobs that are due before the next poll: nobody else tells of them."""
        waits = {each.wait for each in unfinished if each.verdict != "fail"}
        for wait in waits:
            if wait is not None and wait < self._poll_interval:
                asyncio.get_running_loop().call_later(wait, self._on_due)


def _without(jobs: Sequence[ClaimedJob], others: Sequence[ClaimedJob]) -> Sequence[ClaimedJob]:
    left_out = set(others)
    return [job for job in jobs if job not in left_out] if left_out else jobs
