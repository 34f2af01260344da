"""How jobs ended: collected, written, told to listeners, and looked behind."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence

from kongtask.worker.claimed import ClaimedJob
from kongtask.worker.claimer import Claimer
from kongtask.worker.events import Emitter, JobComplete
from kongtask.worker.options import WorkerOptions
from kongtask.worker.results import Batcher, Failure

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
        on_fatal: told of an error of a write.
    """

    def __init__(
        self,
        claimer: Claimer,
        options: WorkerOptions,
        emitter: Emitter,
        on_written: Callable[[Sequence[ClaimedJob]], Awaitable[None]],
        on_fatal: Callable[[BaseException], None],
    ) -> None:
        self._claimer, self._emitter, self._on_written = claimer, emitter, on_written
        self._done = Batcher(self._write_done, options.complete_batch_delay, on_fatal)
        self._failed = Batcher(self._write_failed, options.fail_batch_delay, on_fatal)

    def add(self, job: ClaimedJob, failure: Failure | None) -> bool:
        """Add a job that ended, which is written soon; return whether there is room for more."""
        return self._done.add(job) if failure is None else self._failed.add(failure)

    def unwritten(self) -> list[ClaimedJob]:
        """Return the jobs whose end has not been written."""
        return [*self._done.unwritten(), *(failure.job for failure in self._failed.unwritten())]

    async def room(self) -> None:
        """Wait until there is room for more."""
        await self._done.room()
        await self._failed.room()

    async def drain(self) -> None:
        """Wait until all that was added has been written, or cannot be."""
        await self._done.drain()
        await self._failed.drain()

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
            _log.warning(
                "%r was not this worker's any more when it ended: its lock expired, or somebody "
                "took it away; it may have run twice", job,
            )  # fmt: skip

    async def _write_done(self, jobs: Sequence[ClaimedJob]) -> None:
        lost = await self._claimer.complete(jobs)
        self.tell_lost(lost)
        if self._emitter.wants(JobComplete):
            for job in _without(jobs, lost):
                self._emitter.emit(JobComplete(job=job, error=None))
        await self._on_written(jobs)

    async def _write_failed(self, failures: Sequence[Failure]) -> None:
        lost = await self._claimer.fail(failures)
        self.tell_lost(lost)
        errors = {failure.job: failure for failure in failures}
        for job in _without(list(errors), lost):
            failure = errors[job]
            _log.error(
                "job %d (%s) failed, attempt %d of %d: %s",
                job.id, job.task_identifier, job.attempts, job.max_attempts, failure.message,
                exc_info=failure.error,
                extra={"job_id": job.id, "task_identifier": job.task_identifier},
            )  # fmt: skip
            self._emitter.emit(JobComplete(job=job, error=failure.error))
        await self._on_written(list(errors))


def _without(jobs: Sequence[ClaimedJob], others: Sequence[ClaimedJob]) -> Sequence[ClaimedJob]:
    left_out = set(others)
    return [job for job in jobs if job not in left_out] if left_out else jobs
