"""``kongtask run --processes`` and ``--watch``: processes that are started again."""

from __future__ import annotations

import json
import os
import re
import signal
from pathlib import Path

from tests import programs

from .commands import Running, running
from .queue import Queue

APP = """
from kongtask import App, Context
app = App()
@app.task
async def greet(context: Context) -> None:
    context.logger.info("hello, {name}")
"""


def children(worker: Running) -> list[int]:
    pid = worker.process.pid
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def write(folder: Path, name: str) -> None:
    (folder / "jobs.py").write_text(APP.replace("{name}", name))


def test_a_dead_process_is_replaced_and_a_signal_ends_them_all(
    queue: Queue, tmp_path: Path
) -> None:
    write(tmp_path, "Ada")
    with running("-c", queue.conninfo, "--app", "jobs", "--processes", "2", cwd=tmp_path) as worker:
        worker.wait_for("told of new jobs", times=2)
        first = children(worker)
        assert len(first) == 2
        os.kill(first[0], signal.SIGKILL)
        worker.wait_for("ended by SIGKILL; another starts in")
        worker.wait_for("told of new jobs", times=3)
        second = children(worker)
        assert first[1] in second
        queue.add("greet")
        line = worker.wait_for("hello, Ada")
        assert re.search(r" info    \[[12]\] greet \d+: hello, Ada", line)
        assert worker.end(signal.SIGTERM) == -signal.SIGTERM
    assert not any(is_there(pid) for pid in [*first, *second])
    assert worker.text.count("ended: ") == 2


def test_processes_end_when_their_supervisor_is_killed(queue: Queue, tmp_path: Path) -> None:
    write(tmp_path, "Ada")
    with running("-c", queue.conninfo, "--app", "jobs", "--processes", "2", cwd=tmp_path) as worker:
        worker.wait_for("told of new jobs", times=2)
        assert worker.end(signal.SIGKILL) == -signal.SIGKILL  # their stderr has ended then, too
    assert worker.text.count("the supervisor is gone") == 2
    assert worker.text.count("ended: ") == 2


def test_a_breaking_revision_ends_them_all_with_57(queue: Queue, tmp_path: Path) -> None:
    write(tmp_path, "Ada")
    queue.connection.execute(
        b"insert into graphile_worker.migrations (id, breaking) values (21, true)"
    )
    done = programs.run(
        "kongtask", "run", "-c", queue.conninfo, "--app", "jobs", "--processes=2", cwd=tmp_path
    )
    assert done.returncode == 57, done.stderr


def test_lines_as_json_say_which_of_several_processes_wrote_them(
    queue: Queue, tmp_path: Path
) -> None:
    write(tmp_path, "Ada")
    queue.add("greet")
    done = programs.run(
        *("kongtask", "run", "-c", queue.conninfo, "--app", "jobs", "--processes", "2", "--once"),
        *("--log-format", "json"),
        cwd=tmp_path,
    )
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert {line["process"] for line in lines if "ended" in line["message"]} == {1, 2}


def test_all_processes_end_with_0_when_nothing_is_left_to_do(queue: Queue, tmp_path: Path) -> None:
    write(tmp_path, "Ada")
    queue.add("greet")
    done = programs.run(
        "kongtask", "run", "-c", queue.conninfo, "--app", "jobs", "-processes", "2", "--once",
        cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("hello, Ada") == 1


def test_changed_code_starts_the_worker_again(queue: Queue, tmp_path: Path) -> None:
    write(tmp_path, "Ada")
    with running("-c", queue.conninfo, "--app", "jobs", "--watch", cwd=tmp_path) as worker:
        worker.wait_for("watching")
        queue.add("greet")
        worker.wait_for("hello, Ada")
        (tmp_path / "jobs.py").write_text("1 /")
        worker.wait_for("changed: jobs.py; starting again")
        worker.wait_for("it starts again when a file changes")
        # Of another length: Python takes a file of the same second and size for the same.
        write(tmp_path, "Grace")
        worker.wait_for("changed: jobs.py", times=2)
        queue.add("greet")
        worker.wait_for("hello, Grace")
        assert worker.end(signal.SIGINT) == -signal.SIGINT
