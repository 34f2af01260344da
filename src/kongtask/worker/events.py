"""What happens in a pool, as values, and who is told.

The names are Graphile Worker's: ``job:start`` is :class:`JobStart`. Those of cron are
in :mod:`kongtask.cron.events`, and are told by the same emitter. A listener that raises is
logged and never disturbs the pool.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from msgspec import Struct

if TYPE_CHECKING:
    from kongtask.worker.claimed import ClaimedJob

_log = logging.getLogger("kongtask.worker")


class Event(Struct, frozen=True, kw_only=True):
    """Base of all events."""


class PoolCreate(Event, frozen=True, kw_only=True):
    """``pool:create``: a pool begins."""

    pool_id: str


class PoolRelease(Event, frozen=True, kw_only=True):
    """``pool:release``: a pool has ended."""

    pool_id: str


class PoolFatalError(Event, frozen=True, kw_only=True):
    """``pool:fatalError``: something that the pool cannot go on after."""

    error: BaseException
    action: str


class PoolListenConnecting(Event, frozen=True, kw_only=True):
    """``pool:listen:connecting``: the connection that listens is being opened."""

    attempts: int


class PoolListenSuccess(Event, frozen=True, kw_only=True):
    """``pool:listen:success``: the pool is told of new jobs from now on."""


class PoolListenError(Event, frozen=True, kw_only=True):
    """``pool:listen:error``: the connection that listens has failed; polling goes on."""

    error: BaseException


class PoolListenNotification(Event, frozen=True, kw_only=True):
    """``pool:listen:notification``: somebody has added jobs, or migrated the schema."""

    channel: str
    payload: str


class PoolListenRelease(Event, frozen=True, kw_only=True):
    """``pool:listen:release``: the pool listens no more."""


class PoolGracefulShutdown(Event, frozen=True, kw_only=True):
    """``pool:gracefulShutdown``: no more jobs are begun; those that run may end."""

    message: str


class PoolGracefulShutdownComplete(Event, frozen=True, kw_only=True):
    """``pool:gracefulShutdown:complete``: every job has ended and every result is written."""


class PoolGracefulShutdownError(Event, frozen=True, kw_only=True):
    """``pool:gracefulShutdown:error``: a part of the shutdown has failed; the rest goes on."""

    error: BaseException


class PoolGracefulShutdownWorkerError(Event, frozen=True, kw_only=True):
    """``pool:gracefulShutdown:workerError``: an executor has failed during the shutdown."""

    worker: int
    error: BaseException


class PoolForcefulShutdown(Event, frozen=True, kw_only=True):
    """``pool:forcefulShutdown``: jobs that still run are failed soon."""

    message: str


class PoolForcefulShutdownComplete(Event, frozen=True, kw_only=True):
    """``pool:forcefulShutdown:complete``: the jobs that were failed while they ran."""

    job_ids: tuple[int, ...]


class PoolForcefulShutdownError(Event, frozen=True, kw_only=True):
    """``pool:forcefulShutdown:error``: a part of the shutdown has failed; the rest goes on."""

    error: BaseException


class PoolConnectionLost(Event, frozen=True, kw_only=True):
    """A connection of the pool's was lost, or cannot be opened; it is tried until it is there.

    Graphile Worker has no such event.

    Attributes:
        connection: what it is for: ``claims`` or ``results``.
        error: how that was noticed.
    """

    connection: str
    error: BaseException


class PoolConnectionRestored(Event, frozen=True, kw_only=True):
    """A connection that was lost is there again; the name is as for :class:`PoolConnectionLost`."""

    connection: str


class LocalQueueInit(Event, frozen=True, kw_only=True):
    """``localQueue:init``: the local queue begins."""


class LocalQueueSetMode(Event, frozen=True, kw_only=True):
    """``localQueue:setMode``: the local queue does something else from now on."""

    old_mode: str
    new_mode: str


class LocalQueueGetJobsComplete(Event, frozen=True, kw_only=True):
    """``localQueue:getJobs:complete``: a claim has been answered."""

    count: int


class LocalQueueReturnJobs(Event, frozen=True, kw_only=True):
    """``localQueue:returnJobs``: claimed jobs that were not begun are given back."""

    count: int


class LocalQueueRefetchDelay(Event, frozen=True, kw_only=True):
    """A pause after a claim that found little has begun or ended.

    ``localQueue:refetchDelay:start``, ``localQueue:refetchDelay:abort`` and
    ``localQueue:refetchDelay:expired``.
    """

    state: Literal["start", "abort", "expired"]


class WorkerEvent(Event, frozen=True, kw_only=True):
    """Base of what happens to one executor, which Graphile Worker calls a worker.

    Attributes:
        worker: its number in the pool, from 1.
    """

    worker: int


class WorkerCreate(WorkerEvent, frozen=True, kw_only=True):
    """``worker:create``: an executor begins."""


class WorkerRelease(WorkerEvent, frozen=True, kw_only=True):
    """``worker:release``: an executor is to begin no more jobs."""


class WorkerStop(WorkerEvent, frozen=True, kw_only=True):
    """``worker:stop``: an executor has ended.

    Attributes:
        error: what ended it, if that was an error.
    """

    error: BaseException | None


class WorkerFatalError(WorkerEvent, frozen=True, kw_only=True):
    """``worker:fatalError``: an executor has ended unexpectedly, and with it the pool will."""

    error: BaseException


class WorkerGetJobStart(WorkerEvent, frozen=True, kw_only=True):
    """``worker:getJob:start``: an executor waits for a job, since none is claimed ahead."""


class WorkerGetJobEmpty(WorkerEvent, frozen=True, kw_only=True):
    """``worker:getJob:empty``: there is no job for an executor any more."""


class WorkerGetJobError(Event, frozen=True, kw_only=True):
    """``worker:getJob:error``: a claim has failed; it is tried again."""

    error: BaseException


class JobEvent(Event, frozen=True, kw_only=True):
    """Base of what happens to one job."""

    job: ClaimedJob


class JobStart(JobEvent, frozen=True, kw_only=True):
    """``job:start``: the job's task is about to be called."""


class JobSuccess(JobEvent, frozen=True, kw_only=True):
    """``job:success``: the task has returned."""

    result: Any


class JobError(JobEvent, frozen=True, kw_only=True):
    """``job:error``: the task has raised.

    Attributes:
        error: what it raised.
        batch_errors: of a batch job, what its failed entries raised.
    """

    error: BaseException
    batch_errors: tuple[BaseException, ...] = ()


class JobFailed(JobEvent, frozen=True, kw_only=True):
    """``job:failed``: the task has raised, and no attempt is left."""

    error: BaseException


class JobComplete(JobEvent, frozen=True, kw_only=True):
    """``job:complete``: the job's end has been written to the database."""

    error: BaseException | None


class JobSnoozed(JobEvent, frozen=True, kw_only=True):
    """The job comes again later, as its task wants it; that has been written to the database.

    Graphile Worker has no such event. Neither ``job:success`` nor ``job:complete`` goes with it.

    Attributes:
        wait: seconds until then.
    """

    wait: float


class JobLost(JobEvent, frozen=True, kw_only=True):
    """The job was not this pool's any more when it ended: it may have run twice.

    Graphile Worker has no such event.
    """


class ResetLockedStarted(Event, frozen=True, kw_only=True):
    """``resetLocked:started``: locks that are too old are being freed."""


class ResetLockedSuccess(Event, frozen=True, kw_only=True):
    """``resetLocked:success``: how many jobs and queues were freed."""

    jobs: int
    queues: int
    delay: float | None


class ResetLockedFailure(Event, frozen=True, kw_only=True):
    """``resetLocked:failure``: freeing old locks has failed; it is tried again."""

    error: BaseException
    delay: float | None


class GracefulShutdown(Event, frozen=True, kw_only=True):
    """``gracefulShutdown``: the process was told by a signal to end."""

    signal: str


class ForcefulShutdown(Event, frozen=True, kw_only=True):
    """``forcefulShutdown``: the process was told so a second time."""

    signal: str


class Stop(Event, frozen=True, kw_only=True):
    """``stop``: a worker was told to end, by a signal or by :meth:`kongtask.Runner.stop`."""

    reason: str


E_ = TypeVar("E_", bound=Struct)
Listener = Callable[[Any], None]


class Emitter:
    """Listeners by the class of event that they listen to."""

    def __init__(self) -> None:
        self._listeners: dict[type[Struct], list[Listener]] = {}

    def on(self, kind: type[E_], listener: Callable[[E_], None]) -> Callable[[], None]:
        """Let a listener be told of a class of events, and of the classes below it.

        Returns:
            A function that ends it.
        """
        self._listeners.setdefault(kind, []).append(listener)
        return lambda: self._listeners[kind].remove(listener)

    def wants(self, kind: type[Event]) -> bool:
        """Tell whether anybody listens: where events are many, they are made only then."""
        return bool(self._listeners) and any(base in self._listeners for base in kind.__mro__)

    def emit(self, event: Struct) -> None:
        """Tell an event of the pool's, or of the scheduler's."""
        if not self._listeners:
            return
        for base in type(event).__mro__:
            for listener in tuple(self._listeners.get(base, ())):
                try:
                    listener(event)
                except Exception:
                    _log.exception("a listener of %s has raised", type(event).__name__)
