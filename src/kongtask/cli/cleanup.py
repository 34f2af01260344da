"""``kongtask cleanup``: delete what nobody needs any more."""

from __future__ import annotations

from typing import Any

import click

from kongtask.cli.base import Command, connection_option, option, worker_schema_option
from kongtask.errors import UsageError


@click.command(cls=Command, name="cleanup")
@click.argument("tasks", nargs=-1, metavar="[TASK]...")
@option("--keep", "kept", multiple=True, metavar="IDENTIFIER", help="A task identifier that stays "
        "although it has no jobs; may be repeated.")  # fmt: skip
@connection_option
@worker_schema_option
@option("--json", "as_json", is_flag=True, help="Print what was deleted as JSON.")
def command(
    *, tasks: tuple[str, ...], kept: tuple[str, ...], conn: str | None, schema: str | None,
    as_json: bool,
) -> None:  # fmt: skip
    """Delete what nobody needs any more.

    TASK is DELETE_PERMAFAILED_JOBS: jobs that are out of attempts; GC_TASK_IDENTIFIERS: names of
    tasks without jobs; GC_JOB_QUEUES: queues without jobs. Several may be given, also with commas
    between them; they are done in this order. Without a TASK it is GC_JOB_QUEUES, and with --keep
    GC_TASK_IDENTIFIERS too.

    Workers remember the numbers of their tasks: stop them before GC_TASK_IDENTIFIERS, or keep their
    tasks.

    Exit codes: 0 done, 2 error.
    """
    from kongtask.cli.jobs.report import print_json
    from kongtask.cli.jobs.session import job_session
    from kongtask.jobs import CLEANUP_TASKS, cleanup

    words: Any = [word for task in tasks for word in task.split(",")]
    for word in words:
        if word not in CLEANUP_TASKS:
            raise UsageError(
                f'there is no clean-up task "{word}"; there are {", ".join(CLEANUP_TASKS)}'
            )
    with job_session(conn, schema, "cleaning up") as session:
        cleaned = cleanup(
            session.connection, words or None,
            task_identifiers_to_keep=kept or None, schema=session.schema,
        )  # fmt: skip
    counts = {
        "jobs": cleaned.jobs,
        "task_identifiers": cleaned.task_identifiers,
        "queues": cleaned.queues,
    }
    if as_json:
        print_json(counts)
        return
    for name, count in counts.items():
        if count is not None:
            click.echo(f"deleted {name.replace('_', ' ')}: {count}")
