"""``kongtask jobs retry``: let jobs be executed now, with all their attempts."""

from __future__ import annotations

import click

from kongtask.cli.base import Command, connection_option, option, worker_schema_option
from kongtask.cli.jobs.arguments import ids_argument


@click.command(cls=Command, name="retry")
@ids_argument
@connection_option
@worker_schema_option
@option("--json", "as_json", is_flag=True, help="Print the changed jobs as JSON.")
def command(*, ids: tuple[int, ...], conn: str | None, schema: str | None, as_json: bool) -> None:
    """Let jobs be executed now, with all their attempts.

    That is for jobs that are out of attempts or wait for a later time. A job that is being executed
    is left alone.

    Exit codes: 0 done, 1 some jobs were left alone, 2 error.
    """
    from kongtask.cli.jobs.report import report_changes
    from kongtask.cli.jobs.session import job_session
    from kongtask.jobs import retry_jobs

    with job_session(conn, schema, "retrying jobs") as session:
        jobs = retry_jobs(session.connection, ids, schema=session.schema)
        report_changes(session, "retrying", ids, jobs, as_json=as_json)
