"""``kongtask jobs cancel``: cancel jobs, also those that run."""

from __future__ import annotations

import sys

import click

from kongtask.cli.base import Command, connection_option, note, option, worker_schema_option
from kongtask.cli.jobs.arguments import ids_argument


@click.command(cls=Command, name="cancel")
@ids_argument
@option("--reason", metavar="TEXT", help="What to note in their last error.")
@connection_option
@worker_schema_option
@option("--json", "as_json", is_flag=True, help="Print what became of each job as JSON.")
def command(
    *, ids: tuple[int, ...], reason: str | None, conn: str | None, schema: str | None, as_json: bool
) -> None:
    """Cancel jobs, also those that run.

    A job that waits fails for good at once. Of one that runs it is asked of its worker, which sees
    it within a second: async tasks are cancelled, threads see it in their context, and processes
    get a signal. What a worker of Node runs goes on, and is not tried again.

    They stay in the database, with a reason, until they are retried, completed or cleaned up.

    Exit codes: 0 cancelled or asked for, 1 some jobs could not be, 2 error.
    """
    from kongtask.cli.jobs.report import print_json
    from kongtask.cli.jobs.session import job_session
    from kongtask.errors import EXIT_DIFFERENT
    from kongtask.jobs import cancel_jobs

    with job_session(conn, schema, "cancelling jobs") as session:
        outcomes = cancel_jobs(session.connection, ids, reason, schema=session.schema)
    left = [id_ for id_ in dict.fromkeys(ids) if id_ not in outcomes]
    if as_json:
        print_json({"jobs": outcomes, "left_alone": left})
    else:
        _say("cancelled", [id_ for id_, outcome in outcomes.items() if outcome == "cancelled"])
        _say("asked to end", [id_ for id_, outcome in outcomes.items() if outcome == "requested"])
    for id_ in left:
        note(f"left job {id_} alone: it is not there, or has failed for good")
    if left:
        sys.exit(EXIT_DIFFERENT)


def _say(done: str, ids: list[int]) -> None:
    if ids:
        numbers = ", ".join(map(str, ids))
        click.echo(f"{done} {len(ids)} {'job' if len(ids) == 1 else 'jobs'}: {numbers}")
