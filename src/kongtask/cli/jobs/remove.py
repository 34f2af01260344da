"""``kongtask jobs remove``: delete jobs by their keys."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from kongtask.cli.base import Command, connection_option, note, option, worker_schema_option
from kongtask.errors import EXIT_DIFFERENT

if TYPE_CHECKING:
    from kongtask.jobs import Job


@click.command(cls=Command, name="remove")
@click.argument("keys", nargs=-1, required=True, metavar="KEY...")
@connection_option
@worker_schema_option
@option("--json", "as_json", is_flag=True, help="Print the removed jobs as JSON.")
def command(*, keys: tuple[str, ...], conn: str | None, schema: str | None, as_json: bool) -> None:
    """Delete jobs by their keys.

    A job that is being executed cannot be stopped: it loses its key, and is not tried again if it
    fails.

    Exit codes: 0 done, 1 no job has one of the keys, 2 error.
    """
    from kongtask.cli.jobs.report import job_document, print_json
    from kongtask.cli.jobs.session import job_session
    from kongtask.jobs import remove_job

    with job_session(conn, schema, "removing jobs") as session:
        jobs = {key: remove_job(session.connection, key, schema=session.schema) for key in keys}
    if as_json:
        print_json({"jobs": [job_document(job) for job in jobs.values() if job]})
    for key, job in jobs.items():
        if job is None:
            note(f"no job has the key {key}")
        elif not as_json:
            click.echo(_sentence(key, job))
    if None in jobs.values():
        sys.exit(EXIT_DIFFERENT)


def _sentence(key: str, job: Job) -> str:
    if job.locked_by is None or job.key is not None:
        return f"removed job {job.id} with the key {key}"
    return f"job {job.id} is being executed by {job.locked_by}: it has lost the key {key}"
