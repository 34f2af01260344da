"""Workers as processes: what signals do to them and to their jobs."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import IO, Any

import pytest

from kongtask.worker import App, WorkerOptions
from kongtask.worker.claiming.claimer import Claimer
from kongtask.worker.events import Emitter
from tests.programs import CHECKOUT, ENVIRON

from .queue import Queue
from .running import run, target_of


@contextmanager
def worker(queue: Queue, kind: str, **options: Any) -> Iterator[subprocess.Popen[str]]:
    """Run tests/worker/program.py; kill it at the end if it has not ended."""
    command = [sys.executable, "-m", "tests.worker.program", queue.conninfo, kind]
    with subprocess.Popen(
        [*command, json.dumps(options)], cwd=CHECKOUT, env=ENVIRON, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
    ) as process:  # fmt: skip
        try:
            yield process
        finally:
            process.kill()


def wait_for(stream: IO[str] | None, word: str) -> str:
    """Wait until a program says a word; return its line."""
    assert stream is not None
    heard = []
    for line in stream:
        heard.append(line)
        if word in line:
            return line
    raise AssertionError(f"it has ended without saying {word}: {''.join(heard)}")


@pytest.mark.parametrize(
    "number", [signal.SIGTERM, signal.SIGINT, signal.SIGUSR2, signal.SIGHUP, signal.SIGABRT]
)
def test_a_signal_lets_jobs_end_and_then_ends_the_process(
    queue: Queue, number: signal.Signals
) -> None:
    queue.add("patient", 0.3)
    with worker(queue, "patient") as process:
        wait_for(process.stdout, "begin")
        process.send_signal(number)
        wait_for(process.stdout, "end")
        assert process.wait(10) == -number
    assert queue.jobs() == []
    assert queue.locks() == 0


def test_a_second_signal_soon_after_the_first_is_not_heard(queue: Queue) -> None:
    queue.add("patient", 0.5)
    with worker(queue, "patient") as process:
        wait_for(process.stdout, "begin")
        process.send_signal(signal.SIGTERM)
        wait_for(process.stderr, "SIGTERM")
        process.send_signal(signal.SIGTERM)
        process.send_signal(signal.SIGINT)
        wait_for(process.stdout, "end")
        assert process.wait(10) == -signal.SIGTERM
    assert queue.jobs() == []


def test_cooperative_tasks_are_asked_to_end(queue: Queue) -> None:
    queue.add("cooperative")
    with worker(queue, "cooperative", graceful_shutdown_abort_timeout=0.1) as process:
        wait_for(process.stdout, "begin")
        process.send_signal(signal.SIGTERM)
        wait_for(process.stdout, "end")
        assert process.wait(10) == -signal.SIGTERM
    assert queue.jobs() == []


@pytest.mark.parametrize("kind", ["patient", "stubborn", "threaded"])
def test_a_later_second_signal_ends_it_by_force(queue: Queue, kind: str) -> None:
    """Jobs get five seconds, and then are recorded as failed."""
    queue.add(kind, 60, queue_name="q")
    with worker(queue, kind, deaf=0) as process:
        wait_for(process.stdout, "begin")
        process.send_signal(signal.SIGTERM)
        wait_for(process.stdout, "graceful SIGTERM")
        process.send_signal(signal.SIGTERM)
        wait_for(process.stdout, "forceful SIGTERM")
        assert process.wait(15) == -signal.SIGTERM
    message = "Forced worker shutdown due to SIGTERM"
    assert queue.jobs("last_error, attempts, locked_by") == [(message, 1, None)]
    assert queue.locks() == 0


def test_ctrl_c_during_a_run_that_handles_no_signals_leaves_no_locks(queue: Queue) -> None:
    """The event loop cancels what it runs, and raises KeyboardInterrupt at the end."""
    queue.add("patient", 60, queue_name="q")
    with worker(queue, "patient", is_once=True) as process:
        wait_for(process.stdout, "begin")
        process.send_signal(signal.SIGINT)
        wait_for(process.stderr, "KeyboardInterrupt")
        assert process.wait(10) == -signal.SIGINT
    assert queue.jobs("last_error, attempts") == [("the worker was cancelled", 1)]
    assert queue.locks() == 0


def test_a_job_of_a_killed_worker_runs_again_when_its_lock_has_expired(queue: Queue) -> None:
    """And nothing else is disturbed: others run, and the lock stays until then."""
    queue.add("patient", 60, queue_name="q")
    with worker(queue, "patient") as process:
        wait_for(process.stdout, "begin")
        process.kill()
        process.wait(10)
    assert queue.locks() == 2
    got = []
    app = App(queue.conninfo)

    @app.task
    async def patient(payload: float) -> None:
        got.append(payload)

    queue.add("patient", 1)
    run(app.run_once())
    assert got == [1]
    assert queue.locks() == 2

    async def sweep_and_run() -> None:
        options = WorkerOptions(lock_expiry=timedelta(milliseconds=1))
        claimer = Claimer(target_of(queue.conninfo), "sweep", options, list, Emitter())
        assert await claimer.unlock_expired() == (1, 1)
        await claimer.close()
        await app.run_once()

    run(sweep_and_run())
    assert got == [1, 60]
    assert queue.jobs() == []
    assert queue.locks() == 0


def test_a_worker_without_a_stdout_lives_on(queue: Queue) -> None:
    queue.add("talkative", priority=-1)
    queue.add("talkative", max_attempts=1)
    with worker(queue, "talkative", concurrency=1) as process:
        assert process.stdout is not None
        process.stdout.close()
        wait_for(process.stderr, "Broken pipe")
        wait_for(process.stderr, "Broken pipe")
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == -signal.SIGTERM
    assert queue.locks() == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_the_processes_of_tasks_end_with_their_worker(queue: Queue, number: signal.Signals) -> None:
    """However it ends; and the longest job does not outlive a worker that was killed."""
    duration = 0.2 if number == signal.SIGTERM else 60
    queue.add("process", duration)
    with worker(queue, "process", concurrency=2) as process:
        pid = int(wait_for(process.stdout, "begin").split()[1])
        ended = os.pidfd_open(pid)
        process.send_signal(number)
        assert process.wait(10) == -number
        assert select.select([ended], [], [], 10)[0] == [ended]
        os.close(ended)
        assert process.stderr is not None
        assert "leaked" not in process.stderr.read() or number == signal.SIGKILL


def test_a_signal_to_every_process_there_is_lets_jobs_in_processes_end(queue: Queue) -> None:
    """As terminals and service managers send it."""
    queue.add("process", 0.3)
    with worker(queue, "process") as process:
        wait_for(process.stdout, "begin")
        os.killpg(process.pid, signal.SIGTERM)
        wait_for(process.stdout, "end")
        assert process.wait(10) == -signal.SIGTERM
    assert queue.jobs() == []
