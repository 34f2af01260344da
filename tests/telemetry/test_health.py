"""``kongtask run --health-port``: what probes are told, by one process and by several."""

from __future__ import annotations

import os
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests import programs
from tests.worker.commands import Running, running
from tests.worker.own_server import OwnServer
from tests.worker.queue import Queue

from .asking import Answer, ask, ask_until, port_of

APP = """
import time
from kongtask import App, Context

app = App()

@app.task
async def block(payload: float, context: Context) -> None:
    context.logger.info("blocking")
    time.sleep(payload)

@app.task
async def wait(context: Context) -> None:
    context.logger.info("waiting")
    await context.wait_cancelled()
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "jobs.py").write_text(APP)
    return tmp_path


@contextmanager
def worker_on(conninfo: str, folder: Path, *arguments: str) -> Iterator[tuple[Running, int]]:
    given = ("-c", conninfo, "--app", "jobs", "--health-port", "0", *arguments)
    with running(*given, cwd=folder) as worker:
        yield worker, port_of(worker)


def children(worker: Running) -> list[int]:
    pid = worker.process.pid
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_a_worker_is_live_and_soon_ready(queue: Queue, folder: Path) -> None:
    with worker_on(queue.conninfo, folder) as (_, port):
        assert ask_until(port, "/ready", 200) == Answer(200, '{"status":"ok","reasons":[]}\n')
        assert ask(port, "/live") == Answer(200, '{"status":"ok","reasons":[]}\n')


def test_a_stopped_process_does_not_answer_until_it_goes_on(queue: Queue, folder: Path) -> None:
    with worker_on(queue.conninfo, folder) as (worker, port):
        ask_until(port, "/ready", 200)
        worker.process.send_signal(signal.SIGSTOP)
        assert ask(port, "/live").status == 0
        worker.process.send_signal(signal.SIGCONT)
        ask_until(port, "/live", 200)


def test_a_task_that_blocks_the_event_loop_lets_nobody_answer(queue: Queue, folder: Path) -> None:
    with worker_on(queue.conninfo, folder) as (worker, port):
        ask_until(port, "/ready", 200)
        queue.add("block", 5.0)
        worker.wait_for("blocking")
        assert ask(port, "/live").status == 0
        ask_until(port, "/live", 200)


def test_a_worker_without_its_database_is_live_and_not_ready(
    own_server: OwnServer, folder: Path
) -> None:
    with worker_on(own_server.target().conninfo, folder) as (_, port):
        ask_until(port, "/ready", 200)
        own_server.stop("immediate")
        reasons = ask_until(port, "/ready", 503).reasons
        assert reasons[0].startswith("the database has not been reached for ")
        assert ask(port, "/live").status == 200
        own_server.start()
        ask_until(port, "/ready", 200)


def test_a_worker_that_stops_is_not_ready_and_live_until_its_jobs_have_ended(
    queue: Queue, folder: Path
) -> None:
    with worker_on(queue.conninfo, folder) as (worker, port):
        ask_until(port, "/ready", 200)
        queue.add("wait")
        worker.wait_for("waiting")
        worker.process.send_signal(signal.SIGTERM)
        assert ask_until(port, "/ready", 503).reasons == ["the worker is stopping"]
        assert ask(port, "/live").status == 200
        assert worker.wait() == -signal.SIGTERM
    assert queue.jobs() == []


def test_a_supervisor_answers_for_all_its_processes(queue: Queue, folder: Path) -> None:
    with worker_on(queue.conninfo, folder, "--processes", "2") as (worker, port):
        ask_until(port, "/ready", 200)
        first, second = children(worker)
        os.kill(second, signal.SIGSTOP)
        hung = ["process 2: it does not answer"]
        assert ask_until(port, "/live", 503).reasons == hung
        assert ask(port, "/ready").reasons == hung
        os.kill(second, signal.SIGCONT)
        ask_until(port, "/live", 200)
        os.kill(first, signal.SIGKILL)
        reasons = ask_until(port, "/ready", 503).reasons
        assert reasons[0] in {
            "process 1: it does not answer",
            "process 1: not running",
            "process 1: starting",
            "process 1: the worker is starting: it has not looked for jobs yet",
        }
        ask_until(port, "/live", 200)
        ask_until(port, "/ready", 200)
        assert worker.end(signal.SIGTERM) == -signal.SIGTERM


def test_a_process_that_is_still_starting_is_live(queue: Queue, folder: Path) -> None:
    gate = socket.create_server(("127.0.0.1", 0))
    number = gate.getsockname()[1]
    wait = f"import socket; socket.create_connection(('127.0.0.1', {number})).recv(1)"
    (folder / "jobs.py").write_text(f"{wait}\n{APP}")
    with gate, worker_on(queue.conninfo, folder, "--processes", "2") as (worker, port):
        held = [gate.accept()[0] for _ in range(2)]
        assert ask(port, "/live").status == 200
        assert ask(port, "/ready").reasons == ["process 1: starting", "process 2: starting"]
        for link in held:
            link.close()
        ask_until(port, "/ready", 200)
        assert worker.end(signal.SIGTERM) == -signal.SIGTERM


def test_a_port_that_is_taken_ends_the_worker_with_a_sentence(queue: Queue, folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        for more in ((), ("--processes", "2")):
            done = programs.run(
                "kongtask", "run", "-c", queue.conninfo, "--app", "jobs",
                "--health-port", str(port), *more, cwd=folder,
            )  # fmt: skip
            assert done.returncode == 1
            assert f"cannot serve health on 127.0.0.1, port {port}: " in done.stderr
            assert "give another --health-port" in done.stderr
            assert "Traceback" not in done.stderr


def test_many_probes_at_once_are_answered(queue: Queue, folder: Path) -> None:
    with worker_on(queue.conninfo, folder) as (_, port):
        ask_until(port, "/ready", 200)
        found: list[int] = []
        probes = [
            threading.Thread(target=lambda: found.append(ask(port, "/live", timeout=30).status))
            for _ in range(50)
        ]
        for probe in probes:
            probe.start()
        for probe in probes:
            probe.join()
        assert found == [200] * 50
