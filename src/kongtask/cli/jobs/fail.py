"""``kongtask jobs fail``: take their remaining attempts from jobs."""

from __future__ import annotations

import click

from kongtask.cli.base import Command, connection_option, option, worker_schema_option
from kongtask.cli.jobs.arguments import ids_argument


@click.command(cls=Command, name="fail")
@ids_argument
@option("--reason", metavar="TEXT", help="What to note as their last error. Default: Manually "
        "marked as failed.")  # fmt: skip
@connection_option
@worker_schema_option
@option("--json", "as_json", is_flag=True, help="Print the changed jobs as JSON.")
def command(
    *, ids: tuple[int, ...], reason: str | None, conn: str | None, schema: str | None, as_json: bool
) -> None:
    """Take their remaining attempts from jobs.

    They stay in the database, with a reason, until they are retried, completed or cleaned up. A job
    that is being executed is left alone.

    Exit codes: 0 done, 1 some jobs were left alone, 2 error.
    """
    from kongtask.cli.jobs.report import report_changes
    from kongtask.cli.jobs.session import job_session
    from kongtask.jobs import permanently_fail_jobs

    with job_session(conn, schema, "failing jobs") as session:
        jobs = permanently_fail_jobs(session.connection, ids, reason, schema=session.schema)
        report_changes(session, "failed", ids, jobs, as_json=as_json)
