"""One run: servers, workers, producers and faults, all chosen by a seed; then the judgement."""

from __future__ import annotations

import heapq
import random
import signal
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from time import monotonic, sleep, time
from types import TracebackType
from typing import Any, TypeVar

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from kongtask.database.connection import connect
from kongtask.migrate import install_extension, migrate, worker_migrations
from kongtask.names import WORKER_SCHEMA
from tests.conftest import public_folder
from tests.interop.peer import node_environment
from tests.worker.relay import Relay

from . import history as records
from .checker import check, recoveries
from .faults import moments
from .history import Disturbance, History
from .scenario import Outcome, Scenario
from .server import Servers
from .steps import Place, next_death
from .tasks import LIMITS
from .workers import NodeWorker, PythonWorker, Worker, start_producer

T = TypeVar("T")

_END_PROCESSES = b"""
select pg_terminate_backend(pid, 5000) from pg_stat_activity where application_name = any(%s)
"""

#: How often a run looks after its processes, in seconds.
_TICK = 0.03

#: Seconds that workers have to begin, and one of them to come to an await point at which it dies.
_IN_VAIN = 60.0

#: Seconds in which a worker comes to the await point at which it dies, if it does.
_OVERDUE = 2.0

#: Seconds after which the server notices that a client has gone; it has only so many connections.
_KEEPALIVE = 20.0

#: Seconds until a worker that could not begin is started again.
_RESTART = 0.3

#: From so many on, it is not the server that workers cannot begin for.
_MOST_FALSE_STARTS = 60

#: Seconds that a worker has to end.
_LAST_WAIT = 60.0

#: Minutes that a schedule has to make up for.
_MISSED = 5

_CRON = '* * * * * tick ?fill=30m {cron: "every minute"}'


def play(scenario: Scenario) -> Outcome:
    """Play a scenario and judge what happened."""
    with Run(scenario) as run:
        run.strike()
        run.settle()
        history = run.end()
        return Outcome(
            scenario=scenario, history=history, violations=check(history),
            missed=set(scenario.faults) - run.struck(), recoveries=recoveries(history),
            places=run.places, seen=run.seen, logs=run.logs,
        )  # fmt: skip


class Run:
    """A run that goes on; what faults see of it.

    Attributes:
        rng: chooses by the seed.
        servers: the servers.
        relays: what Python workers connect through, one for each server.
        python, node: the workers. The first Python worker is a witness: it is never killed, so
            that there is always somebody to take over.
        answer_timeout, threshold: of the Python workers.
        full_disk: a file that cannot be written to.
        cancelled: the jobs that somebody has cancelled.
        places: the await points at which workers have died, with their sides.
        seen: all at which these workers had waited.
        logs: the last lines that workers have logged that gave up.
    """

    full_disk = Path("/dev/full")

    def __init__(self, scenario: Scenario) -> None:
        self.scenario, self.rng = scenario, random.Random(scenario.seed)
        self._stack = ExitStack()
        self._disturbances: list[Disturbance] = []
        self._agenda: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = count()
        self._ended: dict[str, int] = {}
        self._false_starts = 0
        self.logs: dict[str, str] = {}
        self._producers: list[subprocess.Popen[bytes]] = []
        self.places: set[Place] = set()
        self.seen: set[str] = set()
        self.cancelled: set[int] = set()
        is_patient = scenario.is_patient
        self.answer_timeout = 5.0 if is_patient else 2.0
        self.threshold = 6.0 if is_patient else 2.0
        self._times = (1.0, 1.0, 3.0) if is_patient else (0.3, 0.3, 1.0)
        # A paused process keeps its lock: only without one is it taken for dead.
        is_chosen = self.rng.random() < 0.8 and "stop" in scenario.faults
        self._mode = scenario.mode or ("heartbeat" if is_chosen else "lock")

    def __enter__(self) -> Run:
        try:
            self._set_up()
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    def choose(self, workers: Sequence[T]) -> T | None:
        """Choose a worker that runs."""
        running = [w for w in workers if isinstance(w, Worker) and w.is_running()]
        return self.rng.choice(running) if running else None

    def victims(self) -> list[PythonWorker]:
        """Return the Python workers that may be killed or paused now."""
        return [worker for worker in self.python[1:] if worker.is_running()]

    def move_on(self, victim: PythonWorker) -> None:
        """Let a worker end, and its next process die at an await point."""
        victim.send(signal.SIGTERM)
        victim.kill_at = next_death(self.rng, self.places)

    def kill(self, worker: Worker) -> None:
        """Kill a worker."""
        began = time()
        worker.kill()
        self.disturbed("kill", worker.name, began)
        if isinstance(worker, NodeWorker):
            self._repair()

    def start_later(self, worker: Worker, seconds: float) -> None:
        """Start a worker's next process after some seconds."""
        if not self._is_due(worker):  # one fault may strike before another one is over
            self.later(seconds, worker.start)

    def later(self, seconds: float, action: Callable[[], None]) -> None:
        """Do something after some seconds."""
        heapq.heappush(self._agenda, (monotonic() + seconds, next(self._numbers), action))

    def disturbed(self, what: str, process: str | None, began: float) -> None:
        """Note a fault that is over."""
        self._disturbances.append(
            Disturbance(what=what, process=process, began=began, ended=time())
        )

    def strike(self) -> None:
        """Let faults happen until none is left to come or to end."""
        deadline = monotonic() + self.scenario.seconds  # of those that last
        for seconds, fault in moments(self.rng, self.scenario.faults, self.scenario.seconds):
            self.later(seconds, lambda fault=fault: fault.strike(self))  # type: ignore[misc]
        while self._agenda or (self.scenario.faults and monotonic() < deadline):
            self._tick()
        # Where the machine is busy, workers may have begun too late to come to one of their awaits.
        deadline = monotonic() + _IN_VAIN
        while "await" in self.scenario.faults and not self.places and monotonic() < deadline:
            self._tick()

    def struck(self) -> set[str]:
        """Return the names of the faults that have happened."""
        return {fault.what for fault in self._disturbances} | ({"await"} if self.places else set())

    def settle(self) -> None:
        """Let the workers do what is left, all of them alive."""
        for worker in self.python:
            if worker.kill_at is not None and worker.is_running():
                worker.send(signal.SIGTERM)
            worker.kill_at = None
        deadline = monotonic() + self.scenario.patience
        while (self._is_busy() or not self._are_running()) and monotonic() < deadline:
            self._tick()

    def end(self) -> History:
        """Stop all workers and return the history."""
        workers = [*self.python, *self.node]
        for worker in workers:
            worker.send(signal.SIGTERM)
        for worker in workers:
            code = worker.wait(_LAST_WAIT)
            if isinstance(worker, PythonWorker) and code != -signal.SIGTERM:
                self._ended[worker.name] = code
                self.logs[worker.name] = worker.last_words()
        with self.servers.operator() as connection:
            return History(
                events=records.read_events(connection),
                produced=records.read_produced(sorted(self._folder.glob("producer-*.jsonl"))),
                disturbances=self._disturbances,
                told=records.read_told(sorted(self._folder.glob("python-*.jsonl"))),
                left=records.read_left(connection),
                locked_queues=records.count_locked_queues(connection),
                ended=self._ended,
                minutes={"every minute": self._minutes} if self.python else {},
                limits={"call": LIMITS},
                cancelled=frozenset(self.cancelled),
                bound=10.0,
            )

    def _set_up(self) -> None:
        scenario, enter = self.scenario, self._stack.enter_context
        home = enter(public_folder())
        self._folder = Path(enter(tempfile.TemporaryDirectory(prefix="kongtask-chaos-")))
        self.servers = Servers(home, has_replica="failover" in scenario.faults)
        self._stack.callback(self.servers.close)
        self._prepare()
        self.relays = [Relay(target) for target in self.servers.targets()]
        for relay in self.relays:
            relay.keepalive = _KEEPALIVE
            self._stack.callback(relay.close)
        self.python = [
            PythonWorker(
                f"python-{number}", self._folder,
                conninfo=_joined([relay.conninfo for relay in self.relays]),
                options=self._options(), source=scenario.source,
            )
            for number in range(scenario.python)
        ]  # fmt: skip
        self.node = [
            NodeWorker(
                f"node-{number}", self._folder, peer=peer,
                environ=node_environment(self.servers.target()), options=scenario.node_options,
            )
            for number, peer in enumerate(scenario.node)
        ]  # fmt: skip
        self._stack.callback(self._kill_all)
        for worker in [*self.python, *self.node]:
            worker.start()
        self._until_ready()
        direct = _joined([target.conninfo for target in self.servers.targets()])
        share = scenario.jobs // scenario.producers
        for number in range(scenario.producers):
            name = f"producer-{number}"
            self._producers.append(
                start_producer(
                    direct, name, file=str(self._folder / f"{name}.jsonl"),
                    seed=scenario.seed * 100 + number, first=1 + number * share, count=share,
                    long=scenario.long, transactional=scenario.transactional,
                    limited=scenario.limited_share, others=scenario.others,
                    kinds=scenario.kinds,
                    pause=2 * scenario.seconds / max(1, share / 4.5),
                )
            )  # fmt: skip

    def _until_ready(self) -> None:
        deadline = monotonic() + _IN_VAIN
        while not all(worker.is_ready() for worker in self.python) and monotonic() < deadline:
            self._tick()

    def _prepare(self) -> None:
        target = self.servers.target()
        migrate(target, worker_migrations(), WORKER_SCHEMA)
        install_extension(target, WORKER_SCHEMA)
        now = int(time() // 60)
        self._minutes = range(now - _MISSED + 1, now + 1)
        with connect(target) as connection:
            records.prepare(connection)
            connection.execute(
                b"insert into graphile_worker._private_known_crontabs (identifier, known_since)"
                b" values ('tick', to_timestamp(%s))",
                [60 * (now - _MISSED)],
            )

    def _options(self) -> dict[str, Any]:
        beat, look, grace = self._times
        life = {
            "mode": self._mode, "beat_interval": beat, "look_interval": look, "grace": grace,
            "threshold": self.threshold,
            # Most jobs here see several deaths that are not their fault.
            "most_deaths": 1000,
        }  # fmt: skip
        return {
            "concurrency": 4, "poll_interval": 1.0, "answer_timeout": self.answer_timeout,
            "max_pool_size": 2 if "exhaustion" in self.scenario.faults else 10,
            "life": life, "cron": _CRON, "is_limited": self.scenario.limited_share > 0,
            "has_middleware": self.scenario.has_middleware,
            "refetch_delay": self.scenario.refetch_delay,
            **self.scenario.options,
        }  # fmt: skip

    def _tick(self) -> None:
        """Do what is due, and look after the processes."""
        while self._agenda and self._agenda[0][0] <= monotonic():
            heapq.heappop(self._agenda)[2]()
        for worker in [*self.python, *self.node]:
            self._look_after(worker)
        sleep(_TICK)  # nothing tells of the next thing that is due

    def _look_after(self, worker: Worker) -> None:
        """Start a worker again that has died at its await point, or has ended as it was told to."""
        process = worker.process
        if process is None or self._is_due(worker):
            return
        if process.poll() is None:
            # Some awaits are come to on the way to the end, and some not at all.
            if isinstance(worker, PythonWorker) and worker.is_overdue(_OVERDUE):
                self.move_on(worker)
            return
        said = worker.last_said() if isinstance(worker, PythonWorker) else {}
        if "died_at" in said:
            self.disturbed("kill", worker.name, said["died_at"])
            self.places.update(Place(*place) for place in said["places"])
            self.seen.update(said["seen"])
            if worker.kill_at is not None:
                worker.kill_at = next_death(self.rng, self.places)
        elif isinstance(worker, PythonWorker) and not worker.is_ready():
            # Who starts while the server is away ends, and is started again by whoever runs it.
            self._false_starts += 1
            assert self._false_starts < _MOST_FALSE_STARTS, worker.last_words()
            self.start_later(worker, _RESTART)
            return
        elif not worker.is_ending:
            self._ended[worker.name] = process.returncode
            self.logs[worker.name] = worker.last_words()
        worker.start()

    def _is_due(self, worker: Worker) -> bool:
        return any(action == worker.start for _, _, action in self._agenda)

    def _are_running(self) -> bool:
        return all(worker.is_running() for worker in [*self.python, *self.node])

    def _is_busy(self) -> bool:
        """Tell whether there are jobs to come or to be done; let those that wait run soon."""
        if any(producer.poll() is None for producer in self._producers):
            return True
        self._repair()
        with self.servers.operator() as connection:
            connection.execute(
                b"update graphile_worker._private_jobs set run_at = now()"
                b" where is_available and run_at > now()"
            )
            row = connection.execute(
                b"select from graphile_worker._private_jobs"
                b" where is_available or locked_by is not null limit 1"
            ).fetchone()
        return row is not None

    def _repair(self) -> None:
        """Do as an operator does: free what dead Node workers hold, for which nobody else would."""
        dead = {name: pool for worker in self.node for name, pool in worker.dead_pools().items()}
        if dead:
            with self.servers.operator() as connection:
                # What they had asked for may still be under way, and asks for no claim.
                connection.execute(_END_PROCESSES, [list(dead)])
                unlock = b"select graphile_worker.force_unlock_workers(%s)"
                connection.execute(unlock, [list(dead.values())])

    def _kill_all(self) -> None:
        for worker in [*self.python, *self.node]:
            if worker.process is not None:
                worker.kill()
        for producer in self._producers:
            producer.kill()
            producer.wait()


def _joined(conninfos: Sequence[str]) -> str:
    """Return a connection string of several servers; the one that takes writes is meant."""
    parts = [conninfo_to_dict(conninfo) for conninfo in conninfos]
    if len(parts) == 1:
        return conninfos[0]
    several = {
        key: ",".join(str(part.get(key) or "") for part in parts)
        for key in ("host", "hostaddr", "port")
    }
    return make_conninfo(conninfos[0], **several, target_session_attrs="read-write")
