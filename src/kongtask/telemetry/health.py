"""Is a worker alive, and is it ready? What its events say."""

from __future__ import annotations

from dataclasses import dataclass
from time import monotonic

from kongtask.telemetry.http import Handler, Response, json_response
from kongtask.worker.events import (
    Emitter,
    Event,
    LocalQueueGetJobsComplete,
    PoolConnectionLost,
    PoolConnectionRestored,
    PoolCreate,
    PoolFatalError,
    PoolForcefulShutdown,
    PoolGracefulShutdown,
    PoolListenError,
    PoolListenSuccess,
    PoolRelease,
    WorkerGetJobError,
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """An answer to one of the questions.

    Attributes:
        reasons: why not; none where all is well.
    """

    reasons: tuple[str, ...] = ()

    def response(self) -> Response:
        """Return it as HTTP: 200 or 503, with the reasons."""
        if not self.reasons:
            return json_response(200, {"status": "ok", "reasons": []})
        return json_response(503, {"status": "failing", "reasons": self.reasons})


class Health:
    """The state of a worker, as it follows from what it tells.

    That the event loop turns shows in that somebody answers at all; whoever asks waits not long.

    Args:
        emitter: the worker's.
    """

    def __init__(self, emitter: Emitter) -> None:
        self._has_claimed = self._is_stopping = False
        self._fatal: BaseException | None = None
        #: Connections that are lost, and since when; a claim that fails counts as one.
        self._lost: dict[str, float] = {}
        emitter.on(PoolCreate, self._begin)
        for kind in (PoolGracefulShutdown, PoolForcefulShutdown, PoolRelease):
            emitter.on(kind, self._stop)
        emitter.on(PoolFatalError, self._die)
        emitter.on(LocalQueueGetJobsComplete, self._claim)
        emitter.on(WorkerGetJobError, lambda _: self._lose("claims"))
        emitter.on(PoolConnectionLost, lambda event: self._lose(event.connection))
        emitter.on(PoolConnectionRestored, lambda event: self._find(event.connection))
        emitter.on(PoolListenError, lambda _: self._lose("listen"))
        emitter.on(PoolListenSuccess, lambda _: self._find("listen"))

    def live(self) -> Verdict:
        """Tell whether the worker can go on by itself; if not, it should be started anew."""
        if self._fatal is not None:
            return Verdict((f"the worker cannot go on: {type(self._fatal).__name__}",))
        return Verdict()

    def ready(self) -> Verdict:
        """Tell whether the worker takes jobs: it is connected, claims, and is not stopping."""
        reasons = list(self.live().reasons)
        if self._is_stopping:
            reasons.append("the worker is stopping")
        elif not self._has_claimed:
            reasons.append("the worker is starting: it has not looked for jobs yet")
        if self._lost:
            seconds = monotonic() - min(self._lost.values())
            reasons.append(f"the database has not been reached for {seconds:.0f} s")
        return Verdict(tuple(reasons))

    def handlers(self) -> dict[str, Handler]:
        """Return what answers at which path."""

        async def live() -> Response:
            return self.live().response()

        async def ready() -> Response:
            return self.ready().response()

        return {"/live": live, "/ready": ready}

    def _begin(self, event: PoolCreate) -> None:
        """Begin anew: also where a pool that was taken for dead goes on as another one."""
        del event
        self._has_claimed = self._is_stopping = False
        self._lost.clear()

    def _stop(self, event: Event) -> None:
        del event
        self._is_stopping = True

    def _die(self, event: PoolFatalError) -> None:
        self._fatal = event.error

    def _claim(self, event: Event) -> None:
        del event
        self._has_claimed = True
        self._find("claims")
        # A worker that is not told of jobs finds them by polling: it is slower, and ready.
        self._find("listen")

    def _lose(self, connection: str) -> None:
        self._lost.setdefault(connection, monotonic())

    def _find(self, connection: str) -> None:
        self._lost.pop(connection, None)
