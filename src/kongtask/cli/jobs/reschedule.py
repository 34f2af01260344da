"""``kongtask jobs reschedule``: change when and how often jobs are executed."""

from __future__ import annotations

import click

from kongtask.cli.base import Command, connection_option, option, worker_schema_option
from kongtask.cli.jobs.arguments import ids_argument, read_time
from kongtask.errors import UsageError


@click.command(cls=Command, name="reschedule")
@ids_argument
@option("--run-at", metavar="TIME", help="The earliest time: 2030-01-31T12:00:00Z, now, or a span "
        "from now on like +5m or +1d12h.")  # fmt: skip
@option("--priority", type=int, metavar="N", help="The smaller, the sooner.")
@option("--attempts", type=int, metavar="N", help="How often they count as begun.")
@option("--max-attempts", type=int, metavar="N", help="How often they may be begun.")
@connection_option
@worker_schema_option
@option("--json", "as_json", is_flag=True, help="Print the changed jobs as JSON.")
def command(
    *,
    ids: tuple[int, ...],
    run_at: str | None,
    priority: int | None,
    attempts: int | None,
    max_attempts: int | None,
    conn: str | None,
    schema: str | None,
    as_json: bool,
) -> None:
    """Change when and how often jobs are executed.

    What is not named stays as it is. A job that is being executed is left alone.

    Exit codes: 0 done, 1 some jobs were left alone, 2 error.
    """
    from kongtask.cli.jobs.report import report_changes
    from kongtask.cli.jobs.session import job_session
    from kongtask.jobs import reschedule_jobs

    when = read_time(run_at)
    if (when, priority, attempts, max_attempts) == (None, None, None, None):
        raise UsageError("say what to change: --run-at, --priority, --attempts or --max-attempts")
    with job_session(conn, schema, "rescheduling jobs") as session:
        jobs = reschedule_jobs(
            session.connection,
            ids,
            run_at=when,
            priority=priority,
            attempts=attempts,
            max_attempts=max_attempts,
            schema=session.schema,
        )
        report_changes(session, "rescheduled", ids, jobs, as_json=as_json)
