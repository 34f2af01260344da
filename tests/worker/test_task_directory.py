"""Directories of tasks: Python modules and executables, named by their paths."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from kongtask.errors import ExecutableFailedError, TaskLoadError
from kongtask.worker import App
from kongtask.worker.events import JobError
from kongtask.worker.task_directory import load_directory

from .queue import Queue

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a file below the task directory; a text that begins with #! becomes executable."""

    def write(name: str, text: str) -> Path:
        path = tmp_path / "tasks" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o755 if text.startswith("#!") else 0o644)
        return path

    return write


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "tasks"


def run_once(queue: Queue, folder: Path) -> None:
    app = App(queue.conninfo)
    for task in load_directory(folder).values():
        app.tasks.add(task)
    asyncio.run(app.run_once())


def test_identifiers_are_paths_up_to_the_first_dot(write: Write, folder: Path) -> None:
    write("send_mail.py", "async def send_mail(): ...")
    write("a/b-c/resize-image.py", "def resize_image(): ...")
    write("shell.v2.sh", "#!/bin/sh\n")
    write("both.py", "def task(): ...")
    write("both.sh", "#!/bin/sh\n")
    tasks = load_directory(folder)
    assert {name: task.runner for name, task in tasks.items()} == {
        "send_mail": "loop", "a/b-c/resize-image": "thread", "shell": "loop", "both": "thread",
    }  # fmt: skip


def test_what_cannot_be_a_task_is_left_out_and_logged(
    write: Write, folder: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write("good.py", "def good(): ...")
    write("with space.py", "1 / 0")
    write(".hidden/x.py", "1 / 0")
    write("__pycache__/x.py", "1 / 0")
    write("sub/__init__.py", "1 / 0")
    write("notes.txt", "no program")
    (folder / "nowhere.py").symlink_to(tmp_path / "missing")
    (folder / "elsewhere").symlink_to(folder / "sub")
    (folder / "linked.py").symlink_to(write("../outside.py", "def task(): ..."))
    caplog.set_level(logging.INFO, "kongtask.worker")
    assert set(load_directory(folder)) == {"good", "linked"}
    text = caplog.text
    for name in ("with space.py", ".hidden", "nowhere.py", "elsewhere"):
        assert f"left out {folder / name}" in text
    assert f"{folder / 'notes.txt'} is no task" in text
    assert "__pycache__" not in text


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("x = 1", "define a function that is called task or odd_one"),
        ("task = 5", "define a function that is called task or odd_one"),
        ("def f():\n    1 / 0\nf()", "ZeroDivisionError: division by zero"),
        ("def f(:", "SyntaxError"),
    ],
)
def test_a_module_without_a_task_or_with_an_error_is_fatal(
    write: Write, folder: Path, text: str, reason: str
) -> None:
    write("odd-one.py", text)
    with pytest.raises(TaskLoadError, match=reason) as caught:
        load_directory(folder)
    assert "odd-one.py" in str(caught.value)


def test_modules_run_with_their_types_and_their_neighbours(
    queue: Queue, write: Write, folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "neighbour.py").write_text("GREETING = 'hello'")
    write(
        "greet.py",
        "from __future__ import annotations\n"
        "from dataclasses import dataclass\n"
        "from pathlib import Path\n"
        "from neighbour import GREETING\n"
        "@dataclass\nclass Person:\n    name: str\n"
        "def greet(person: Person): Path('out').write_text(f'{GREETING} {person.name}')\n",
    )
    queue.add("greet", {"name": "Ada"})
    run_once(queue, folder)
    assert (tmp_path / "out").read_text() == "hello Ada"


def test_a_program_gets_payload_and_job_and_its_output_is_logged(
    queue: Queue, write: Write, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write(
        "shell/report.sh",
        "#!/bin/sh\ncat; echo; env | grep ^GRAPHILE_WORKER_ | sort; echo 'with care' >&2\n",
    )
    id_ = queue.add("shell/report", {"a": [1, "é"]}, job_key="k", priority=3, max_attempts=2)
    caplog.set_level(logging.INFO, "kongtask.task")
    run_once(queue, folder)
    said = [(record.levelname, record.getMessage()) for record in caplog.records]
    prefix = "GRAPHILE_WORKER_"
    assert said[0] == ("INFO", '{"payload":{"a": [1, "\\u00e9"]}}')
    assert ("ERROR", "with care") in said
    printed = [text for level, text in said if text.startswith(prefix)]
    assert printed[:6] == [
        f"{prefix}JOB_ATTEMPTS=1", f"{prefix}JOB_ID={id_}", f"{prefix}JOB_KEY=k",
        f"{prefix}JOB_MAX_ATTEMPTS=2", f"{prefix}JOB_PRIORITY=3", printed[5],
    ]  # fmt: skip
    assert printed[5].startswith(f"{prefix}JOB_RUN_AT=20")
    assert printed[5].endswith("Z")
    assert printed[6:] == [
        f"{prefix}PAYLOAD_FORMAT=json", f"{prefix}TASK_IDENTIFIER=shell/report"
    ]  # fmt: skip
    assert {vars(record)["job_id"] for record in caplog.records} == {id_}
    assert queue.jobs() == []


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("echo one >&2; echo two >&2; exit 3", "t.sh ended with exit code 3\none\ntwo"),
        ("kill -9 $$", "t.sh was ended by SIGKILL"),
        ("exit 1", "t.sh ended with exit code 1"),
    ],
)  # fmt: skip
def test_how_a_program_ended_is_the_last_error(
    queue: Queue, write: Write, folder: Path, script: str, message: str
) -> None:
    write("t.sh", f"#!/bin/sh\n{script}\n")
    queue.add("t", {"x": "y" * 300_000})
    run_once(queue, folder)
    assert queue.jobs("last_error") == [message]


def test_a_program_that_cannot_be_started_fails_its_job(
    queue: Queue, write: Write, folder: Path
) -> None:
    write("t", "#!/nowhere/interpreter\n")
    queue.add("t")
    run_once(queue, folder)
    (message,) = queue.jobs("last_error")
    assert message == "t cannot be started: No such file or directory"


def test_output_is_logged_up_to_a_bound_and_read_to_its_end(
    queue: Queue, write: Write, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write("loud", "#!/bin/sh\nhead -c 3000000 /dev/zero | tr '\\0' x\nhead -c 3000000 /dev/zero\n")
    queue.add("loud")
    caplog.set_level(logging.INFO, "kongtask.task")
    run_once(queue, folder)
    assert queue.jobs() == []
    assert sum(len(record.getMessage()) for record in caplog.records) < 1_500_000
    assert "more than 1000000 bytes of output: no more is logged" in caplog.text


def test_a_child_that_keeps_the_pipe_open_does_not_keep_the_job(
    queue: Queue, write: Write, folder: Path, tmp_path: Path
) -> None:
    write("t", f"#!/bin/sh\nsleep 300 &\necho $! > {tmp_path}/pid\n")
    queue.add("t")
    began = time.monotonic()
    try:
        run_once(queue, folder)
        assert time.monotonic() - began < 60
        assert queue.jobs() == []
    finally:
        os.kill(int((tmp_path / "pid").read_text()), 9)


def test_a_program_is_ended_when_the_worker_asks_its_tasks_to_end(
    queue: Queue, write: Write, folder: Path, tmp_path: Path
) -> None:
    write("t", f"#!/bin/sh\necho $$ > {tmp_path}/pid.new; mv {tmp_path}/pid.new {tmp_path}/pid\n"
          "sleep 300\n")  # fmt: skip
    queue.add("t")
    app = App(queue.conninfo)
    app.tasks.add(load_directory(folder)["t"])
    errors: list[BaseException] = []
    app.on(JobError, lambda event: errors.append(event.error))

    async def main() -> None:
        runner = app.runner(graceful_shutdown_abort_timeout=0.01)
        work = asyncio.create_task(runner.run(handle_signals=False))
        while not (tmp_path / "pid").exists():
            await asyncio.sleep(0.01)
        runner.stop()
        await work

    asyncio.run(main())
    (error,) = errors
    assert isinstance(error, ExecutableFailedError)
    assert str(error) == "t was ended because the worker ends"
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


def test_a_program_that_takes_too_long_is_asked_to_end(
    queue: Queue, write: Write, folder: Path, tmp_path: Path
) -> None:
    write("t", f"#!/bin/sh\ntrap 'echo asked > {tmp_path}/asked; exit 3' TERM\n"
          "sleep 300 & wait\n")  # fmt: skip
    queue.add("t", flags=["timeout:0.5"])
    app = App(queue.conninfo)
    app.tasks.add(load_directory(folder)["t"])
    asyncio.run(app.run_once())
    message = "Timed out: it was to take 0.5 seconds at most"
    assert queue.jobs("attempts, last_error") == [(1, message)]
    assert (tmp_path / "asked").read_text() == "asked\n"
