"""A pool's own proof of life, from its registration to its end."""

from __future__ import annotations

import asyncio
import logging
import os
import random
import socket
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any, TypeVar

import psycopg

from kongtask.database.connection import Target
from kongtask.database.locks import lock_number, pools_namespace
from kongtask.names import extension_schema_name
from kongtask.worker.claimed import ClaimedJob
from kongtask.worker.connections.retries import MISSING
from kongtask.worker.control import Control
from kongtask.worker.events import Emitter
from kongtask.worker.life.events import PoolFenced
from kongtask.worker.life.making import make_schema
from kongtask.worker.life.options import LifeOptions, Mode
from kongtask.worker.life.rescuer import Rescuer
from kongtask.worker.life.session import LifeSession

T = TypeVar("T")

_log = logging.getLogger("kongtask.worker")

#: How sql/recover.sql begins the last error of a job whose worker died.
DEATH = "Worker died ("

#: Seconds between attempts to reach the server.
_RETRY = 0.3

#: How often the end of a pool is tried to be written.
_ATTEMPTS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolFacts:
    """What others are told of a pool.

    Attributes:
        pool_id: its id.
        worker_schema: the worker schema.
        tasks: the identifiers of its tasks.
        given_back_tasks: those of them whose jobs get the attempt back when the pool dies.
        is_behind_pooler: whether its sessions may be others' too.
    """

    pool_id: str
    worker_schema: str
    tasks: Sequence[str]
    given_back_tasks: Sequence[str]
    is_behind_pooler: bool


class Life:
    """Registers a pool, shows that it is alive, and looks after the others.

    Args:
        target: the database.
        pool: what others are told of the pool.
        options: how all that is done.
        control: does what is asked of the pool.
        emitter: told what happens.
        answer_timeout: seconds that the server may take to answer.
        on_fenced: told that others have taken over from this pool.
        on_freed: told how many jobs were freed.
        on_beat: called after each sign of life.
    """

    def __init__(
        self,
        target: Target,
        pool: PoolFacts,
        options: LifeOptions,
        control: Control,
        emitter: Emitter,
        *,
        answer_timeout: float,
        on_fenced: Callable[[], None],
        on_freed: Callable[[int], None],
        on_beat: Callable[[], Awaitable[None]],
    ) -> None:
        self._on_beat = on_beat
        self._pool, self._options, self._emitter = pool, options, emitter
        self._control, self._on_fenced = control, on_fenced
        self._namespace = pools_namespace(pool.worker_schema)
        self._lock_key = lock_number(pool.pool_id)
        self._mode: Mode = options.mode or ("heartbeat" if pool.is_behind_pooler else "lock")
        lock = (self._namespace, self._lock_key) if self._mode == "lock" else None
        self._session = LifeSession(target, pool.worker_schema, lock, answer_timeout=answer_timeout)
        self._rescuer = Rescuer(
            self._session, pool.pool_id, self._namespace, options, emitter, on_freed=on_freed
        )
        self._backend: tuple[int, int] | None = None
        self._begun: set[int] = set()
        self._has_ended_begun = False
        self._last_chances = asyncio.Lock()
        self._loops: list[asyncio.Task[None]] = []
        self._ending, self._is_beat_due = asyncio.Event(), asyncio.Event()
        self.is_active = False

    async def start(self, *, give_up: asyncio.Event) -> None:
        """Register, then beat and look until closed.

        Without the schema, or the right to use it, it says so and does nothing.

        Args:
            give_up: when set, a server that is away is not waited for.
        """
        pool, options = self._pool, self._options
        values = {
            **self._state(),
            "lock_key": self._lock_key,
            "host": socket.gethostname(),
            "process_id": os.getpid(),
            "version": version("kongtask"),
            "tasks": list(pool.tasks),
            "given_back_tasks": list(pool.given_back_tasks),
            "most_deaths": options.most_deaths,
        }
        self.is_active, is_new = True, False
        while not give_up.is_set():
            try:
                await self._session.run("register", values)
            except psycopg.Error as error:
                if error.sqlstate in MISSING and not is_new:
                    is_new = await asyncio.to_thread(
                        make_schema, self._session.target, pool.worker_schema
                    )
                    if is_new:
                        continue
                if not await self._is_passing(error):
                    return
            except (OSError, TimeoutError):
                pass
            else:
                break
            await asyncio.sleep(_RETRY)
        self._loops = [
            asyncio.create_task(
                self._forever(
                    self._beat, lambda: self._options.beat_interval, wake=self._is_beat_due
                ),
                name="kongtask beat",
            ),
            asyncio.create_task(
                self._forever(self._look, self._until_next_look), name="kongtask rescuer"
            ),
        ]

    def is_watched(self, job: ClaimedJob) -> bool:
        """Tell whether it is written down that a job begins.

        It is for those whose death with a worker would have consequences: for suspicious ones, and
        for last attempts. For all others it would cost more than it tells.
        """
        if not self.is_active:
            return False
        last_error = job.last_error
        is_suspicious = last_error is not None and last_error.startswith(DEATH)
        return is_suspicious or job.attempts >= job.max_attempts

    async def run_watched(self, job: ClaimedJob, run: Callable[[ClaimedJob], Awaitable[T]]) -> T:
        """Write down that a job begins, then run it; a last chance runs alone among its like.

        So when a pool dies of one of them, it is known which one that was.
        """
        if _deaths(job) + 1 < self._options.most_deaths:
            return await self._run_begun(job, run)
        async with self._last_chances:
            return await self._run_begun(job, run)

    def look_now(self) -> None:
        """Look at once for what is asked of the pool: somebody has just told of something."""
        self._is_beat_due.set()

    async def run(
        self, name: str, values: Mapping[str, Any], *, package: str
    ) -> Sequence[tuple[Any, ...]]:
        """Run a short statement of another package on the connection of the proof of life.

        Raises:
            psycopg.Error, OSError, TimeoutError: it failed.
        """
        return await self._session.run(name, values, package=package)

    async def close(self, *, is_abandoned: bool) -> None:
        """Deregister, unless jobs are left that nobody else would free.

        Args:
            is_abandoned: whether the server cannot be reached; then others notice the end.
        """
        self._ending.set()
        self._is_beat_due.set()
        if is_abandoned:
            for loop in self._loops:
                loop.cancel()
            self._session.drop()
        await asyncio.gather(*self._loops, return_exceptions=True)
        try:
            if self.is_active and not is_abandoned:
                await self._deregister()
        except (psycopg.Error, OSError, TimeoutError) as error:
            _log.warning("the worker's end could not be written down: %s; others notice it", error)
        finally:
            self.is_active = False
            await self._session.close()

    async def _run_begun(self, job: ClaimedJob, run: Callable[[ClaimedJob], Awaitable[T]]) -> T:
        await self._write_down_begin(job)
        self._begun.add(job.id)
        try:
            return await run(job)
        finally:
            self._begun.discard(job.id)
            self._has_ended_begun = True

    async def _write_down_begin(self, job: ClaimedJob) -> None:
        """Write down that a job begins.

        It waits for as long as the server is away. That costs nothing: meanwhile nothing else could
        be claimed or written either.
        """
        given = {"pool_id": self._pool.pool_id, "job_id": job.id, "attempt": job.attempts}
        while self.is_active:
            try:
                await self._session.run("begin_job", given)
            except (psycopg.OperationalError, OSError, TimeoutError):
                await asyncio.sleep(_RETRY)  # the connections that do the work tell of it
            except psycopg.Error as error:
                if await self._is_passing(error):
                    _log.warning("nobody will know that %r has begun here: %s", job, error)
                return
            else:
                return

    async def _deregister(self) -> None:
        for left in reversed(range(_ATTEMPTS)):
            try:
                await self._session.run("deregister", {"pool_id": self._pool.pool_id})
            except (psycopg.OperationalError, OSError, TimeoutError):
                if not left:
                    raise
                await asyncio.sleep(_RETRY)
            except psycopg.Error as error:
                if await self._is_passing(error):
                    raise
                return
            else:
                return

    async def _forever(
        self,
        step: Callable[[], Awaitable[None]],
        pause: Callable[[], float],
        *,
        wake: asyncio.Event | None = None,
    ) -> None:
        while self.is_active and not self._ending.is_set():
            try:
                await step()
                wait = pause()
            except (psycopg.OperationalError, OSError, TimeoutError):
                wait = _RETRY  # the connections that do the work tell of it
            except psycopg.Error as error:
                if not await self._is_passing(error):
                    return
                _log.warning("proving that this worker lives has failed: %s", error)
                wait = pause()
            with suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await (wake or self._ending).wait()
            if wake is not None:
                wake.clear()

    async def _beat(self) -> None:
        rows = await self._session.run("beat", self._state())
        connection = self._session.connections
        if not self.is_active:
            return
        if not rows:
            self.is_active = False
            _log.error(
                "others have taken over from this worker, since it gave no sign of life; what it "
                "runs is cancelled"
            )
            self._emitter.emit(PoolFenced(pool_id=self._pool.pool_id))
            self._on_fenced()
            return
        process_id, wanted, has_cancellations = rows[0]
        self._check_session(connection, process_id)
        await self._control.obey(self._session, wanted, has_cancellations=has_cancellations)
        if self._has_ended_begun:
            self._has_ended_begun = False
            given = {"pool_id": self._pool.pool_id, "running": list(self._begun)}
            await self._session.run("forget_jobs", given)
        await self._on_beat()

    def _check_session(self, connection: int, process_id: int) -> None:
        """Turn to heartbeats where a pooler changes the server's process under a connection."""
        known, self._backend = self._backend, (connection, process_id)
        is_moved = known is not None and known[0] == connection and known[1] != process_id
        if is_moved and self._mode == "lock":
            _log.warning(
                "a pooler changes the server's sessions, so locks do not last: this worker proves "
                "its life by heartbeats, and %g seconds without one count as its death",
                self._options.threshold,
            )
            self._mode, self._session.lock = "heartbeat", None

    async def _look(self) -> None:
        await self._rescuer.run_once()

    def _until_next_look(self) -> float:
        return self._options.look_interval * random.uniform(0.5, 1.5)  # noqa: S311 -- spreads out

    def _state(self) -> dict[str, object]:
        late_after = self._options.grace if self._mode == "lock" else self._options.threshold
        return {
            "pool_id": self._pool.pool_id,
            "mode": self._mode,
            "late_after": late_after,
            "concurrency": self._control.concurrency,
        }

    async def _is_passing(self, error: psycopg.Error) -> bool:
        """Tell whether an error may pass; say so once where it does not, and do nothing more."""
        if error.sqlstate not in MISSING:
            return True
        if not self.is_active:
            return False
        self.is_active = False
        await self._session.close()
        schema = extension_schema_name(self._pool.worker_schema)
        _log.warning(
            "%s: no use can be made of the schema %s, so if this worker dies its jobs are freed "
            "after four hours and not within seconds; kongtask migrate makes it",
            str(error).partition("\n")[0], schema,
        )  # fmt: skip
        return False


def _deaths(job: ClaimedJob) -> int:
    """Return how many workers in a row have died while they had a job."""
    text = job.last_error or ""
    number = text.removeprefix(DEATH).partition(" ")[0] if text.startswith(DEATH) else ""
    return int(number) if number.isascii() and number.isdigit() else 0
