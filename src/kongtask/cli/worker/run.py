"""``kongtask run``: a worker as a program."""

from __future__ import annotations

import asyncio
import importlib.util
import logging
import os
import sys
import threading
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from kongtask.cli.base import Command, connection_option, option
from kongtask.cli.worker.logs import LEVELS, Format, set_up_logs
from kongtask.errors import (
    EXIT_BREAKING_REVISION,
    EXIT_DONE,
    EXIT_FAILED,
    KongtaskError,
    UsageError,
)

if TYPE_CHECKING:
    from kongtask.database.connection import Target
    from kongtask.worker.app import App

#: What Graphile Worker ends with where something is wrong.
EXIT_TROUBLE = 1

#: Seconds that threads of tasks get to end when all else has ended.
_LAST_WAIT = 1.0


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
    "--log-format", type=click.Choice(["text", "json"]), default="text",
    help="Lines to read, or one JSON object a line. Default: text.",
)  # fmt: skip
@option(
    "--log-level", type=click.Choice(LEVELS), default="info",
    help="The least level that is shown. Default: info.",
)  # fmt: skip
def command(
    *, conn: str | None, schema: str | None, app_name: str | None, folder: Path | None,
    once: bool, schema_only: bool, log_format: Format, log_level: str, **settings: Any,
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
    if app_name is None and folder is None and not schema_only:
        raise UsageError("there are no tasks: give --app module:app, --task-directory DIR, or both")
    set_up_logs(log_format, log_level)
    changes = {name: value for name, value in settings.items() if value is not None}
    _end(_guarded(lambda: _run(
        conn, schema, app_name, folder, changes,
        is_once=once, is_schema_only=schema_only, is_detailed=log_level == "debug",
    )))  # fmt: skip


def _run(
    conn: str | None, schema: str | None, app_name: str | None, folder: Path | None,
    changes: dict[str, Any], *, is_once: bool, is_schema_only: bool, is_detailed: bool,
) -> int:  # fmt: skip
    """Work; return the exit code."""
    from kongtask.worker.runner import install

    app = _load(app_name, folder)
    changes["schema"] = _schema(schema, app)
    with ExitStack() as stack:
        target = _target(stack, conn, app)
        if is_schema_only:
            install(target, changes["schema"], is_latest=True)
            return EXIT_DONE
        # Tasks that add jobs by way of the application mean the database that it works on.
        app.conninfo = target.conninfo
        return _work(app, target, changes, stack.close, is_once=is_once, is_detailed=is_detailed)


def _load(app_name: str | None, folder: Path | None) -> App:
    from kongtask.worker.app import App
    from kongtask.worker.loading import load_app
    from kongtask.worker.task_directory import load_directory

    app = App() if app_name is None else load_app(app_name)
    if folder is not None:
        for task in load_directory(folder).values():
            app.tasks.add(task)
    return app


def _schema(flag: str | None, app: App) -> str:
    """Return the worker schema: flag, application, environment, default."""
    from kongtask.names import WORKER_SCHEMA, check_schema_name
    from kongtask.settings import Settings, default_schema_name

    if flag is not None:
        return check_schema_name(flag)
    if app.options.schema != WORKER_SCHEMA:
        return app.options.schema
    # Not the project's: its default schema is of its own tables.
    return default_schema_name(Settings(root=Path(), schema_folder=Path()))


def _target(stack: ExitStack, conn: str | None, app: App) -> Target:
    from kongtask.cli.target import command_target
    from kongtask.database.connection import Target
    from kongtask.settings import load_settings

    if conn is None and app.conninfo is not None:
        return Target(conninfo=app.conninfo, source="the application")
    return stack.enter_context(command_target(conn, load_settings()))


def _work(
    app: App, target: Target, changes: dict[str, Any], tidy_up: Callable[[], None], *,
    is_once: bool, is_detailed: bool,
) -> int:  # fmt: skip
    from kongtask.cli.worker.report import Report

    runner = app.runner(target, **changes)
    report = Report(app.emitter, is_detailed=is_detailed)

    async def main() -> None:
        telling = asyncio.create_task(report.run())
        try:
            run = runner.run_once if is_once else runner.run
            await run(handle_signals=True, before_end=tidy_up)
        finally:
            telling.cancel()

    with asyncio.Runner(loop_factory=_loop_factory()) as loop:
        loop.run(main())
    return EXIT_BREAKING_REVISION if runner.is_breaking else EXIT_DONE


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Return uvloop's, where it is installed."""
    if importlib.util.find_spec("uvloop") is None:
        return None
    factory: Callable[[], asyncio.AbstractEventLoop] = importlib.import_module(
        "uvloop"
    ).new_event_loop
    return factory


def _guarded(work: Callable[[], int]) -> int:
    """Return what work returns, or the exit code of the error that it raises."""
    log = logging.getLogger("kongtask.worker")
    try:
        return work()
    except UsageError:
        raise
    except KongtaskError as error:
        log.critical("%s", error)
        return EXIT_TROUBLE if error.exit_code == EXIT_FAILED else error.exit_code
    except Exception:
        log.critical("the worker has failed", exc_info=True)
        return EXIT_TROUBLE


def _end(code: int) -> NoReturn:
    """End the process; tasks in threads cannot be stopped, and Python would wait for them."""
    here = threading.current_thread()
    others = [thread for thread in threading.enumerate() if thread is not here]
    left = [thread for thread in others if not thread.daemon]
    for thread in left:
        thread.join(_LAST_WAIT)
    if any(thread.is_alive() for thread in left):
        with suppress(OSError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)
    sys.exit(code)
