"""``kongtask run``: a worker as a program."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from kongtask.cli.base import Command, connection_option, option
from kongtask.cli.worker.health import health_place
from kongtask.cli.worker.logs import LEVELS, Format, set_up_logs
from kongtask.cli.worker.streams import watch_streams
from kongtask.cli.worker.supervisor import (
    end_with_supervisor,
    is_supervised,
    process_number,
    supervise,
)
from kongtask.cli.worker.working import Request, guarded, leave, work
from kongtask.errors import UsageError


@click.command(cls=Command)
@connection_option
@option(
    "-schema", "--schema", "-s", "schema", metavar="NAME",
    help="The worker schema. Default: the application's, then GRAPHILE_WORKER_SCHEMA, then "
    "graphile_worker.",
)  # fmt: skip
@option("--app", "app_name", metavar="MODULE:APP", help="The application whose tasks are run.")
@option(
    "--task-directory", "folder", metavar="DIR", type=click.Path(path_type=Path),
    help="Run the Python modules and executables below a directory as tasks, named by their paths.",
)  # fmt: skip
@option(
    "--crontab", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False),
    help="Add jobs by the clock, as a crontab says. Default: the file crontab, if there is one.",
)  # fmt: skip
@option(
    "--jobs", "-j", "concurrency", type=click.IntRange(min=1), metavar="N",
    help="Jobs to run at once. Default: the application's, else 10.",
)  # fmt: skip
@option("--once", is_flag=True, help="End when nothing is due any more.")
@option("--schema-only", is_flag=True, help="Bring the schema up to date, and run nothing.")
@option(
    "--poll-interval", metavar="SECONDS", type=click.FloatRange(min=0, min_open=True),
    help="How often to look for due jobs that nobody told of. Default: the application's, else 2.",
)  # fmt: skip
@option(
    "--max-pool-size", metavar="N", type=click.IntRange(min=1),
    help="Connections that tasks may use at once. Default: the application's, else 10.",
)  # fmt: skip
@option(
    "--no-prepared-statements", "prepared_statements", flag_value=False, default=None, type=bool,
    help="For poolers in transaction mode.",
)  # fmt: skip
@option(
    "--no-listen", "listen", flag_value=False, default=None, type=bool,
    help="Find jobs by polling alone.",
)  # fmt: skip
@option(
    "--processes", type=click.IntRange(min=1), default=1, metavar="N",
    help="Run so many workers as processes; where one dies, another starts. Default: 1.",
)  # fmt: skip
@option(
    "--watch", is_flag=True,
    help="For development: start again when a Python file below the working folder changes.",
)  # fmt: skip
@option(
    "--health-port", metavar="PORT", type=click.IntRange(min=0, max=65535),
    help="Answer /live and /ready over HTTP, for orchestrators. Default: no port is opened.",
)  # fmt: skip
@option(
    "--health-host", metavar="HOST", default="127.0.0.1",
    help="Where to listen for that; 0.0.0.0 for everywhere. Default: 127.0.0.1.",
)  # fmt: skip
@option(
    "--log-format", type=click.Choice(["text", "json"]), default="text",
    help="Lines to read, or one JSON object a line. Default: text.",
)  # fmt: skip
@option(
    "--log-level", type=click.Choice(LEVELS), default="info",
    help="The least level that is shown. Default: info.",
)  # fmt: skip
def command(
    *, conn: str | None, schema: str | None, app_name: str | None, folder: Path | None,
    crontab: Path | None, once: bool, schema_only: bool, processes: int, watch: bool,
    health_port: int | None, health_host: str, log_format: Format, log_level: str, **settings: Any,
) -> None:  # fmt: skip
    """Run a worker: claim jobs, run their tasks, and write how they ended.

    Name an application, a directory of tasks, or both. Without a database, it works on the
    embedded server, which it migrates and keeps up as long as it runs.

    The first SIGINT or SIGTERM lets the jobs that run end; a second one, 5 seconds later or more,
    does not. `kongtask worker` is the same command.

    Exit codes: 0 nothing is left to do (--once), 1 error, 2 bad usage, 57 the database has a
    breaking revision that this kongtask does not know. A signal that ended it is its end.
    """
    if once and schema_only:
        raise UsageError("--once and --schema-only exclude one another")
    if watch and (once or schema_only):
        raise UsageError("--watch is for a worker that goes on: leave --once and --schema-only out")
    if app_name is None and folder is None and not schema_only:
        raise UsageError("there are no tasks: give --app module:app, --task-directory DIR, or both")
    watch_streams()
    set_up_logs(log_format, log_level, process=process_number())
    health = health_place(health_host, health_port)
    if is_supervised():
        end_with_supervisor()
    elif processes > 1 or watch:
        folder_to_watch = Path.cwd() if watch else None
        leave(guarded(lambda: supervise(processes, watch=folder_to_watch, health=health)))
    changes = {name: value for name, value in settings.items() if value is not None}
    request = Request(
        conn=conn, schema=schema, app_name=app_name, folder=folder, crontab=crontab,
        changes=changes, is_once=once, is_schema_only=schema_only, is_detailed=log_level == "debug",
        health=health,
    )  # fmt: skip
    leave(guarded(lambda: work(request)))
