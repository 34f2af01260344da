"""``kongtask jobs complete``: delete jobs, as if they had been executed."""

from __future__ import annotations

import click

from kongtask.cli.base import Command, connection_option, option, worker_schema_option
from kongtask.cli.jobs.arguments import ids_argument


@click.command(cls=Command, name="complete")
@ids_argument
@connection_option
@worker_schema_option
@option("--json", "as_json", is_flag=True, help="Print the changed jobs as JSON.")
def command(*, ids: tuple[int, ...], conn: str | None, schema: str | None, as_json: bool) -> None:
    """Delete jobs, as if they had been executed.

    A job that is being executed is left alone.

    Exit codes: 0 done, 1 some jobs were left alone, 2 error.
    """
    from kongtask.cli.jobs.report import report_changes
    from kongtask.cli.jobs.session import job_session
    from kongtask.jobs import complete_jobs

    with job_session(conn, schema, "completing jobs") as session:
        jobs = complete_jobs(session.connection, ids, schema=session.schema)
        report_changes(session, "completed", ids, jobs, as_json=as_json)
