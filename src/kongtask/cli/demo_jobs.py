"""A hundred jobs of three kinds, for ``kongtask demo``."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import time
from collections import Counter
from pathlib import Path

from kongtask.cli.bar import Bar
from kongtask.database.connection import Target, connect
from kongtask.jobs import JobSpec, add_jobs
from kongtask.worker import App
from kongtask.worker.events import JobComplete
from kongtask.worker.executables import executable_task

_JOBS = 100

#: The program of the third kind: in JavaScript where there is Node, else in shell.
_IN_NODE = """\
#!/usr/bin/env node
let text = "";
process.stdin.on("data", (part) => { text += part; });
process.stdin.on("end", () => { JSON.parse(text).payload.number; });
"""
_IN_SHELL = "#!/bin/sh\ncat > /dev/null\n"


def run_jobs(database: Target) -> tuple[str, bool]:
    """Add a hundred jobs and run them; return what was done, and whether all of it was.

    Args:
        database: one that has the worker schema.
    """
    app, language = App(database.conninfo), "Node" if shutil.which("node") else "shell"

    @app.task("async")
    async def in_loop(payload: dict[str, int]) -> None:
        await asyncio.sleep(payload["number"] / 1000)

    @app.task("thread")
    def in_thread(payload: dict[str, int]) -> None:
        time.sleep(payload["number"] / 1000)

    done: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder, Bar().during("running jobs") as progress:
        program = Path(folder) / "program"
        program.write_text(_IN_NODE if language == "Node" else _IN_SHELL, encoding="utf-8")
        program.chmod(0o700)
        app.tasks.add(executable_task("program", program))

        def count(event: JobComplete) -> None:
            done[event.job.task_identifier if event.error is None else "failed"] += 1
            progress(done.total(), _JOBS)

        app.on(JobComplete, count)
        kinds = ["async", "thread", "program"]
        specs = [
            JobSpec(identifier=kinds[number % len(kinds)], payload={"number": number})
            for number in range(_JOBS)
        ]
        with connect(database) as connection:
            add_jobs(connection, specs)
        asyncio.run(app.run_once())
    failed = f"; {done['failed']} FAILED" if done["failed"] else ""
    text = (
        f"{_JOBS} added and run: {done['async']} async, {done['thread']} in threads, "
        f"{done['program']} by a program in {language}{failed}"
    )
    return text, not failed and done.total() == _JOBS
