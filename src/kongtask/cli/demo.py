"""``kongtask demo``: the main job on real input, with a report."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import click
import platformdirs

from kongtask.cli.base import Command, option
from kongtask.cli.exporting import export_schema, shipped_export, shipped_file
from kongtask.cli.outcome import shown
from kongtask.cli.request import Request
from kongtask.errors import EXIT_DIFFERENT, WorkerStoppedError
from kongtask.names import WORKER_SCHEMA


@click.command(cls=Command, name="demo")
@option("-output", "--output", "-o", metavar="FILE", help="Where to write the export. "
        "Default: a file in your cache folder.")  # fmt: skip
def command(*, output: str | None) -> None:
    """Migrate, export, prove, compare and run jobs, with a report.

    Starts the embedded PostgreSQL, migrates the worker schema in a scratch database, exports it,
    proves the export (load it, export again, compare the bytes) and compares it with the export
    that kongtask ships. Then it adds a hundred jobs of three kinds and runs them; a third of them
    is added by Node, if that is on the PATH, in a call of the worker schema's add_job. Nothing is
    downloaded, and nothing but the scratch database and the file is touched.

    Exit codes: 0 all is well, 1 the export is not the shipped one, 2 error.
    """
    from kongtask.cli.demo_jobs import run_jobs
    from kongtask.database.connection import connect
    from kongtask.database.embedded import embedded_server
    from kongtask.database.scratch import scratch_database
    from kongtask.migrate import migrate, worker_migrations
    from kongtask.schema.prove import difference, prove

    file = Path(output or platformdirs.user_cache_path("kongtask") / f"demo/{WORKER_SCHEMA}.sql")
    started = time.perf_counter()
    with ExitStack() as stack:
        with _step("server") as say:
            server = stack.enter_context(embedded_server())
            scratch = stack.enter_context(scratch_database(server.target()))
            with connect(scratch) as connection:
                say(f"embedded PostgreSQL {connection.info.parameter_status('server_version')}")
        with _step("migrate") as say:
            outcome = migrate(scratch, worker_migrations(), WORKER_SCHEMA)
            numbers = ", ".join(f"{number:06}" for number in outcome.applied)
            say(f"schema {WORKER_SCHEMA}, migrations {numbers}")
        with _step("export") as say:
            request = Request(schemas=[WORKER_SCHEMA], output=file, committed=file)
            export = export_schema(scratch, request)
            export.write(say=lambda _: None)
            say(f"{export.contents()}: {len(export.text.encode())} bytes")
        with _step("prove") as say:
            prove(export.database, [WORKER_SCHEMA], scratch)
            say("loaded into an empty database, it exports the same bytes")
        with _step("compare") as say:
            committed = shipped_export(WORKER_SCHEMA) or ""
            is_same = committed == export.text
            say(f"{'the same bytes as' if is_same else 'DIFFERS from'} the committed export")
        with _step("jobs") as say:
            done, is_complete = run_jobs(scratch)
            say(done)
    click.echo(f"\ndone in {time.perf_counter() - started:.1f} s")
    click.echo(f"export:    {shown(file)}")
    click.echo(f"committed: {shown(shipped_file(WORKER_SCHEMA))}")
    if not is_same:
        click.echo(difference(committed, export.text, "committed", "exported"))
        sys.exit(EXIT_DIFFERENT)
    if not is_complete:
        raise WorkerStoppedError("the jobs of the demo have not all been run")


@contextmanager
def _step(name: str) -> Iterator[Callable[[str], None]]:
    """Print a line for a step when it is done: what was said of it and how long it took."""
    started, said = time.perf_counter(), list[str]()
    yield said.append
    seconds = time.perf_counter() - started
    click.echo(f"{click.style('ok', fg='green')}  {name:8}{seconds:6.2f} s  {'; '.join(said)}")
