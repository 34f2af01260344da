"""``kongtask resume``: end a pause."""

from __future__ import annotations

import sys

import click

from kongtask.cli.base import Command, connection_option, option, worker_schema_option
from kongtask.cli.pausing import subject_options, subjects, title
from kongtask.errors import EXIT_DIFFERENT


@click.command(cls=Command, name="resume")
@subject_options
@connection_option
@worker_schema_option
@option("--json", "as_json", is_flag=True, help="Print what was resumed as JSON.")
def command(
    *,
    tasks: tuple[str, ...],
    queues: tuple[str, ...],
    pools: tuple[str, ...],
    is_all: bool,
    conn: str | None,
    schema: str | None,
    as_json: bool,
) -> None:
    """End pauses, each as it was begun: --all does not end that of a task.

    A queue of which a job still runs that ran when the pause began goes on when that has ended.

    Exit codes: 0 done, 1 something was not paused, 2 error.
    """
    from kongtask.cli.jobs.report import print_json
    from kongtask.cli.jobs.session import job_session
    from kongtask.jobs import resume

    meant = subjects(tasks=tasks, queues=queues, pools=pools, is_all=is_all)
    with job_session(conn, schema, "resuming") as session, session.connection.transaction():
        done = [resume(session.connection, *one, schema=session.schema) for one in meant]
    if as_json:
        print_json(
            {
                "resumed": [
                    {"kind": kind, "name": name, "result": result}
                    for (kind, name), result in zip(meant, done, strict=True)
                ]
            }
        )
    else:
        words = {
            "resumed": "resumed {}",
            "requested": "{} goes on when the job that runs of it has ended",
            None: "{} was not paused",
        }
        for one, result in zip(meant, done, strict=True):
            click.echo(words[result].format(title(*one)))
    if None in done:
        sys.exit(EXIT_DIFFERENT)
