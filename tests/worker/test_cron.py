"""Jobs by the clock, beside a worker."""

from __future__ import annotations

import asyncio
import signal
from datetime import timedelta
from pathlib import Path

import pytest

from kongtask import App, Context
from kongtask.cron import CronScheduled
from kongtask.errors import CrontabError
from tests import programs

from .commands import running
from .queue import Queue

GREET = """
from kongtask import App, Context
app = App()
@app.task
async def greet(payload: dict, context: Context) -> None:
    context.logger.info("hello, %s", payload["name"])
"""


def know(queue: Queue, identifier: str) -> None:
    """Let a schedule have been known for some minutes, so that a worker makes up for them."""
    queue.connection.execute(
        b"""insert into graphile_worker._private_known_crontabs (identifier, known_since)
        values (%(identifier)s, now() - interval '150 seconds')""",
        {"identifier": identifier},
    )


def test_schedules_from_code_are_added_and_run(queue: Queue, app: App) -> None:
    know(queue, "tick")
    know(queue, "named")
    got: list[object] = []
    added: list[str] = []
    app.on(CronScheduled, lambda event: added.extend(event.job_ids))

    @app.cron("* * * * *", backfill_period=timedelta(minutes=2))
    async def tick(payload: dict[str, object], context: Context) -> None:
        got.append(payload["_cron"])
        if len(got) == 2:
            runner.stop()

    @app.task
    async def other() -> None: ...

    app.cron("* * * * *", "other", identifier="named", backfill_period=timedelta(minutes=2))
    runner = app.runner()
    asyncio.run(asyncio.wait_for(runner.run(handle_signals=False), 60))
    assert all(isinstance(cron, dict) and cron["backfilled"] for cron in got)
    assert {"tick", "named"} == set(added)


def test_a_schedule_that_cannot_be_is_refused(app: App) -> None:
    with pytest.raises(CrontabError):
        app.cron("99 * * * *", "t")


@pytest.mark.parametrize("option", [[], ["--crontab", "other"]])
def test_the_command_reads_a_crontab(queue: Queue, tmp_path: Path, option: list[str]) -> None:
    (tmp_path / "jobs.py").write_text(GREET)
    name = option[-1] if option else "crontab"
    (tmp_path / name).write_text("* * * * * greet ?fill=2m {name: 'Ada'}\n")
    know(queue, "greet")
    with running("-c", queue.conninfo, "--app", "jobs", *option, cwd=tmp_path) as worker:
        worker.wait_for("hello, Ada")
        assert worker.end(signal.SIGTERM) == -signal.SIGTERM
    assert f"the crontab {name} has 1 schedules" in worker.text


def test_a_crontab_of_garbage_ends_the_command_and_shows_the_place(
    queue: Queue, tmp_path: Path
) -> None:
    (tmp_path / "jobs.py").write_text(GREET)
    (tmp_path / "crontab").write_text("* * * * * greet {name: }\n")
    done = programs.run("kongtask", "run", "-c", queue.conninfo, "--app", "jobs", cwd=tmp_path)
    assert done.returncode == 1
    assert "crontab:1:" in done.stderr


def test_an_edited_crontab_is_read_again_and_garbage_changes_nothing(
    queue: Queue, tmp_path: Path
) -> None:
    """Also one that held nothing before."""
    (tmp_path / "jobs.py").write_text(GREET)
    crontab = tmp_path / "crontab"
    crontab.write_text("# nothing yet\n")
    know(queue, "greet")
    with running("-c", queue.conninfo, "--app", "jobs", cwd=tmp_path) as worker:
        worker.wait_for("the crontab crontab has 0 schedules")
        worker.wait_for("ready")
        crontab.write_text("* * * * * greet {name: }\n")
        worker.wait_for("crontab:1:")
        worker.wait_for("the schedules that were read before go on")
        crontab.write_text("* * * * * greet ?fill=2m {name: 'Ada'}\n")
        worker.wait_for("the crontab crontab has 1 schedules")
        worker.wait_for("hello, Ada")
        crontab.unlink()
        worker.wait_for("there is no crontab crontab")
        assert worker.end(signal.SIGTERM) == -signal.SIGTERM
