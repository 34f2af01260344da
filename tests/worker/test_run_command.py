"""``kongtask run``: what it takes, what it says, and how it ends."""

from __future__ import annotations

import asyncio
import json
import logging
import signal
import subprocess
from pathlib import Path

import pytest

from kongtask import App, Snooze
from kongtask.cli.worker.logs import TextFormatter
from kongtask.cli.worker.report import Report
from kongtask.database.connection import Target, connect
from tests import programs
from tests.conftest import public_folder
from tests.programs import CHECKOUT, ENVIRON

from .commands import running
from .queue import Queue

APP = """
import asyncio
from kongtask import App, Context, ThreadContext

app = App()

@app.task
async def greet(payload: dict, context: Context) -> None:
    context.logger.info("hello, %s", payload["name"])

@app.task
async def wait(context: Context) -> None:
    context.logger.info("waiting")
    await context.wait_cancelled()
    context.logger.info("asked to end")

@app.task
def stuck(context: ThreadContext) -> None:
    context.logger.info("stuck")
    import time
    time.sleep(600)

@app.task
async def speak(context: Context) -> None:
    context.logger.info("speaking")
    print("hello", flush=True)

@app.task
async def bad() -> None:
    raise ValueError("no good")
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "jobs.py").write_text(APP)
    return tmp_path


def once(queue: Queue, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return programs.run("kongtask", "run", "-c", queue.conninfo, "--once", *arguments, cwd=folder)


def test_it_runs_what_is_due_says_so_and_ends_with_0(queue: Queue, folder: Path) -> None:
    queue.add("greet", {"name": "Ada"})
    done = once(queue, folder, "--app", "jobs:app")
    assert done.returncode == 0, done.stderr
    assert "hello, Ada" in done.stderr
    assert "from -conn" in done.stderr
    assert "ended: 1 job done, 0 attempts failed" in done.stderr
    assert queue.jobs() == []


def test_worker_is_another_name_of_it(queue: Queue, folder: Path) -> None:
    queue.add("greet", {"name": "Ada"})
    done = programs.run(
        "kongtask", "worker", "-conn", queue.conninfo, "-once", "-app", "jobs", cwd=folder
    )
    assert done.returncode == 0, done.stderr
    assert "hello, Ada" in done.stderr


def test_logs_as_json_have_the_job_and_never_its_payload(queue: Queue, folder: Path) -> None:
    first = queue.add("greet", {"name": "Ada", "secret": "hunter2"})
    second = queue.add("bad", {"secret": "hunter2"})
    done = once(queue, folder, "--app", "jobs:app", "--log-format", "json", "--log-level", "debug")
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    (hello,) = [line for line in lines if line["message"] == "hello, Ada"]
    assert (hello["task_identifier"], hello["job_id"], hello["level"]) == ("greet", first, "info")
    (success,) = [line for line in lines if " done in " in line["message"]]
    assert (success["job_id"], success["level"]) == (first, "debug")
    (failure,) = [line for line in lines if line["level"] == "error"]
    assert f"job {second} (bad) failed, attempt 1 of 25: no good" in failure["message"]
    assert (failure["job_id"], failure["task_identifier"]) == (second, "bad")
    assert "ValueError: no good" in failure["error"]
    assert "jobs.py" in failure["error"]
    assert "executor.py" not in failure["error"]  # it is about the task's own code
    assert "hunter2" not in done.stderr


def test_logs_for_a_terminal_are_coloured_and_others_are_not() -> None:
    record = logging.makeLogRecord(
        {
            "levelname": "ERROR",
            "msg": "gone",
            "name": "kongtask.task.t",
            "task_identifier": "t",
            "job_id": 3,
            "created": 0.0,
        }
    )
    assert TextFormatter(is_terminal=False).format(record) == (
        "1970-01-01T00:00:00.000Z error   t 3: gone"
    )
    assert "\x1b[31merror  \x1b[0m t 3: gone" in TextFormatter(is_terminal=True).format(record)


def test_now_and_then_it_tells_how_many_jobs_were_done(
    queue: Queue, app: App, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "kongtask.worker")
    report = Report(app.emitter, is_detailed=False)

    @app.task
    async def good() -> None: ...

    @app.task
    async def bad() -> None:
        raise ValueError("no good")

    @app.task
    async def later() -> Snooze:
        return Snooze(in_=3600)

    for identifier in ("good", "good", "bad"):
        queue.add(identifier)
    asyncio.run(app.run_once())
    report.tell(60.0)
    report.tell(60.0)
    queue.add("later")
    asyncio.run(app.run_once())
    report.tell(60.0)
    told = [text for text in caplog.messages if "a second" in text]
    assert told == [
        "2 jobs done and 1 attempt failed in 60 s: 0.1 a second",
        "0 jobs done and 0 attempts failed, 1 snoozed in 60 s: 0.0 a second",
    ]
    assert caplog.messages[-2].endswith("ended: 2 jobs done, 1 attempt failed, 1 snoozed")


@pytest.mark.parametrize(
    ("arguments", "code", "reason"),
    [
        ([], 2, "there are no tasks: give --app module:app, --task-directory DIR, or both"),
        (["--app", "nowhere:app"], 1, "there is no module nowhere: it is neither in"),
        (["--app", "jobs.py:app"], 1, "; for the file jobs.py write jobs"),
        (["--app", "jobs:nothing"], 1, "no attribute nothing; jobs:app is an App"),
        (["--app", "jobs:greet"], 1, "jobs:greet is no kongtask.App but function"),
        (["--app", "jobs:App"], 1, "jobs:App is no kongtask.App but the class App"),
        (["--app", "jobs:"], 1, "names no application: give module:attribute"),
        (["--app", "broken"], 1, "ZeroDivisionError: division by zero"),
        (["--app", "needing"], 1, "No module named 'not_there'"),
        (["--app", "empty:app"], 2, "there are no tasks: decorate a function with @app.task"),
        (["--task-directory", "gone"], 1, "the task directory gone is no directory"),
        (["--schema-only"], 2, "--once and --schema-only exclude one another"),
        (["--app", "jobs:app", "--jobs", "0"], 2, "Invalid value for '--jobs'"),
    ],
)
def test_what_cannot_be_run_is_told_clearly(
    queue: Queue, folder: Path, arguments: list[str], code: int, reason: str
) -> None:
    (folder / "broken.py").write_text("def f():\n    1 / 0\nf()\n")
    (folder / "needing.py").write_text("import not_there\n")
    (folder / "empty.py").write_text("from kongtask.worker import App\napp = App()\n")
    done = once(queue, folder, *arguments)
    assert reason in done.stderr
    assert done.returncode == code
    if "broken" in arguments:
        assert 'broken.py", line 2, in f' in done.stderr
        assert "loading.py" not in done.stderr


def test_a_database_that_cannot_be_reached_is_an_error(folder: Path) -> None:
    done = programs.run(
        "kongtask", "run", "-c", "host=/nowhere password=hunter2", "--app", "jobs", cwd=folder
    )
    assert done.returncode == 1
    assert "/nowhere" in done.stderr
    assert "hunter2" not in done.stderr


def test_a_breaking_revision_that_is_not_known_ends_it_with_57(queue: Queue, folder: Path) -> None:
    with running("-c", queue.conninfo, "--app", "jobs", cwd=folder) as worker:
        worker.wait_for("told of new jobs")
        queue.connection.execute(
            b"insert into graphile_worker.migrations (id, breaking) values (21, true)"
        )
        queue.connection.execute(
            b"""select pg_notify('worker:migrate', '{"migrationNumber":21,"breaking":true}')"""
        )
        assert worker.wait() == 57
    done = once(queue, folder, "--app", "jobs")
    assert done.returncode == 57
    assert "install a newer kongtask" in done.stderr


def test_schema_only_makes_the_schema_and_runs_nothing(database: Target, folder: Path) -> None:
    done = programs.run(
        "kongtask", "run", "-c", database.conninfo, "-s", "odd name", "--schema-only", cwd=folder
    )
    assert done.returncode == 0, done.stderr
    with connect(database) as connection:
        rows = connection.execute(b'select max(id) from "odd name".migrations').fetchall()
    assert rows == [(20,)]


def test_options_reach_the_worker(database: Target, folder: Path) -> None:
    arguments = "-j 3 --no-listen --no-prepared-statements --poll-interval 0.1 --max-pool-size 2"
    with running(
        "-c", database.conninfo, "--app", "jobs", "-schema=other", *arguments.split(), cwd=folder
    ) as worker:
        worker.wait_for("at revision 20")
        with connect(database) as connection:
            connection.execute(b"select other.add_job('greet', '{\"name\": \"Ada\"}')")
        worker.wait_for("hello, Ada")
        assert worker.end(signal.SIGTERM) == -signal.SIGTERM
    assert "told of new jobs" not in worker.text


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_lets_jobs_end_and_then_ends_the_process(
    queue: Queue, folder: Path, number: signal.Signals
) -> None:
    queue.add("wait")
    with running("-c", queue.conninfo, "--app", "jobs", cwd=folder) as worker:
        worker.wait_for("waiting")
        assert worker.end(number) == -number
    assert "asked to end" in worker.text
    assert "ended: 1 job done, 0 attempts failed" in worker.text
    assert queue.jobs() == []


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_a_stream_that_nobody_reads_counts_as_sigpipe(
    queue: Queue, folder: Path, stream: str
) -> None:
    """The job that prints does not fail of it, and the one that runs beside it may end."""
    with subprocess.Popen(
        ["kongtask", "run", "-c", queue.conninfo, "--app", "jobs:app"],
        cwd=folder, env=ENVIRON, stdin=subprocess.DEVNULL, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as worker:  # fmt: skip
        assert worker.stdout is not None
        assert worker.stderr is not None
        try:
            while "told of new jobs" not in worker.stderr.readline():
                assert worker.poll() is None
            queue.add("wait")
            while "waiting" not in worker.stderr.readline():
                assert worker.poll() is None
            (worker.stdout if stream == "stdout" else worker.stderr).close()
            queue.add("speak")
            assert worker.wait(60) == -signal.SIGPIPE
        finally:
            worker.kill()
    assert queue.jobs() == []


def test_a_task_that_hangs_in_a_thread_does_not_keep_the_process(
    queue: Queue, folder: Path
) -> None:
    queue.add("stuck")
    with running("-c", queue.conninfo, "--app", "jobs", cwd=folder) as worker:
        worker.wait_for("stuck")
        worker.process.send_signal(signal.SIGTERM)
        while "by force" not in worker.text:  # for some seconds it hears no second one
            worker.process.send_signal(signal.SIGTERM)
            worker.process.poll()
        assert worker.wait() == -signal.SIGTERM
    assert queue.jobs("last_error, locked_by") == [("Forced worker shutdown due to SIGTERM", None)]


def test_the_quickstart_runs_on_an_empty_machine_and_leaves_no_server_behind() -> None:
    """No database is named: the embedded server starts, is migrated, and stops with the worker."""
    with public_folder() as home:
        environ = {"KONGTASK_EMBEDDED_DIR": str(home), "HOME": str(home)}
        with running("--app", "examples.quickstart:app", cwd=CHECKOUT, environ=environ) as worker:
            said = worker.wait_for("using database")
            assert "from the embedded server" in said
            worker.wait_for("at revision 20")
            worker.wait_for("told of new jobs")
            database = said.split('"')[1]
            socket = next(home.glob("postgres-*/socket"))
            with connect(
                Target(conninfo=f"host={socket} user=postgres dbname={database}", source="test")
            ) as connection:
                connection.execute(
                    b"""select graphile_worker.add_job('greet', '{"name": "Ada"}'),
                    graphile_worker.add_job('count_words', '"one two"')"""
                )
            worker.wait_for("hello, Ada")
            worker.wait_for("2 words")
            assert worker.end(signal.SIGINT) == -signal.SIGINT
        assert not list(home.glob("postgres-*/data/postmaster.pid"))
