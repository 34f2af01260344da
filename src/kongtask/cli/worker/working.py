"""A worker from its options to its exit code."""

from __future__ import annotations

import asyncio
import importlib.util
import logging
import os
import sys
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import ExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from kongtask.cli.worker.crontab import Crontab, open_crontab
from kongtask.errors import (
    EXIT_BREAKING_REVISION,
    EXIT_DONE,
    EXIT_FAILED,
    KongtaskError,
    UsageError,
)

if TYPE_CHECKING:
    from kongtask.database.connection import Target
    from kongtask.telemetry.endpoint import Place
    from kongtask.worker.app import App

_log = logging.getLogger("kongtask.worker")

#: What Graphile Worker ends with where something is wrong.
EXIT_TROUBLE = 1

#: Seconds that threads of tasks get to end when all else has ended.
_LAST_WAIT = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a worker is asked to do.

    Attributes:
        conn: the database, or None where none is named.
        schema: the worker schema, or None.
        app_name: the application, as ``module:attribute``, or None.
        folder: the directory of tasks, or None.
        crontab: the crontab, or None for the usual one.
        changes: the options of the worker that were given, by their names in WorkerOptions.
        is_once: whether to end when nothing is due.
        is_schema_only: whether to end when the schema is up to date.
        is_detailed: whether to tell of each job.
        health: where to tell of the worker's health, or None.
    """

    conn: str | None
    schema: str | None
    app_name: str | None
    folder: Path | None
    crontab: Path | None
    changes: Mapping[str, Any]
    is_once: bool
    is_schema_only: bool
    is_detailed: bool
    health: Place | None


def work(request: Request) -> int:
    """Do what is asked; return the exit code.

    Raises:
        KongtaskError: it cannot be done.
    """
    app = _load(request)
    crontab = open_crontab(request.crontab, app.cron_items)
    with ExitStack() as stack:
        target = _target(stack, request.conn, app)
        if request.is_schema_only:
            app.run_migrations_blocking(target)
            return EXIT_DONE
        # Tasks that add jobs by way of the application mean the database that it works on.
        app.conninfo = target.conninfo
        return _work(request, app, crontab, target, stack.close)


def _load(request: Request) -> App:
    """Return the application with all that the request adds to it."""
    from kongtask.worker.app import App
    from kongtask.worker.loading import load_app
    from kongtask.worker.task_directory import load_directory

    app = App() if request.app_name is None else load_app(request.app_name)
    if request.folder is not None:
        for task in load_directory(request.folder).values():
            app.tasks.add(task)
    schema = _schema(request.schema, app)
    app.options = replace(app.options, schema=schema, **request.changes)
    return app


def _schema(flag: str | None, app: App) -> str:
    """Return the worker schema: flag, application, environment, default."""
    from kongtask.names import WORKER_SCHEMA, check_schema_name
    from kongtask.settings import load_settings, worker_schema_name

    if flag is not None:
        return check_schema_name(flag)
    if app.options.schema != WORKER_SCHEMA:
        return app.options.schema
    return worker_schema_name(load_settings())


def _target(stack: ExitStack, conn: str | None, app: App) -> Target:
    from kongtask.cli.target import command_target
    from kongtask.database.connection import Target
    from kongtask.settings import load_settings

    if conn is None and app.conninfo is not None:
        return Target(conninfo=app.conninfo, source="the application")
    return stack.enter_context(command_target(conn, load_settings()))


def _work(
    request: Request,
    app: App,
    crontab: Crontab | None,
    target: Target,
    tidy_up: Callable[[], None],
) -> int:
    from kongtask.cli.worker.report import Report

    runner = app.runner(target)
    report = Report(app.emitter, is_detailed=request.is_detailed)
    beside: list[Callable[[], Coroutine[Any, Any, None]]] = [report.run]
    if crontab is not None:
        runner.schedule(crontab.items)
        beside.append(lambda: crontab.follow(runner.schedule))
    if app.cron_items or crontab is not None:
        report.hear_cron(app.emitter)

    async def main() -> None:
        duties = [asyncio.create_task(duty()) for duty in beside]
        try:
            async with _telling_health(request.health, app, target):
                run = runner.run_once if request.is_once else runner.run
                await run(handle_signals=True, before_end=tidy_up)
        finally:
            for duty in duties:
                duty.cancel()

    with asyncio.Runner(loop_factory=_loop_factory()) as loop:
        loop.run(main())
    return EXIT_BREAKING_REVISION if runner.is_breaking else EXIT_DONE


@asynccontextmanager
async def _telling_health(place: Place | None, app: App, target: Target) -> AsyncIterator[None]:
    if place is None:
        yield
        return
    from kongtask.telemetry.endpoint import serving_worker

    async with serving_worker(app, place, target=target) as port:
        if place.listener is None:
            _log.info("health is told on http://%s:%d", place.host, port)
        yield


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Return uvloop's, where it is installed."""
    if importlib.util.find_spec("uvloop") is None:
        return None
    factory: Callable[[], asyncio.AbstractEventLoop] = importlib.import_module(
        "uvloop"
    ).new_event_loop
    return factory


def guarded(work: Callable[[], int]) -> int:
    """Return what work returns, or the exit code of the error that it raises."""
    try:
        return work()
    except UsageError:
        raise
    except KongtaskError as error:
        _log.critical("%s", error)
        return EXIT_TROUBLE if error.exit_code == EXIT_FAILED else error.exit_code
    except Exception:
        _log.critical("the worker has failed", exc_info=True)
        return EXIT_TROUBLE


def leave(code: int) -> NoReturn:
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
