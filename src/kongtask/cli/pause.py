"""``kongtask pause``: begin no more jobs of something."""

from __future__ import annotations

import click

from kongtask.cli.base import Command, connection_option, option, worker_schema_option
from kongtask.cli.pausing import subject_options, subjects, title


@click.command(cls=Command, name="pause")
@subject_options
@connection_option
@worker_schema_option
@option("--json", "as_json", is_flag=True, help="Print what was paused as JSON.")
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
    """Begin no more jobs of a task, of a queue, in one pool, or no more at all.

    What runs may end. Python workers obey within a second. Workers of Node obey for queues, which
    look busy to them, and know nothing of the rest.

    Exit codes: 0 done, 2 error.
    """
    from kongtask.cli.jobs.report import print_json
    from kongtask.cli.jobs.session import job_session
    from kongtask.jobs import pause

    meant = subjects(tasks=tasks, queues=queues, pools=pools, is_all=is_all)
    with job_session(conn, schema, "pausing") as session, session.connection.transaction():
        new = [pause(session.connection, *one, schema=session.schema) for one in meant]
    if as_json:
        print_json(
            {
                "paused": [
                    {"kind": kind, "name": name, "is_new": is_new}
                    for (kind, name), is_new in zip(meant, new, strict=True)
                ]
            }
        )
        return
    for one, is_new in zip(meant, new, strict=True):
        click.echo(f"paused {title(*one)}" if is_new else f"{title(*one)} was paused before")
