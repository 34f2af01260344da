"""``kongtask unlock``: free what dead workers hold."""

from __future__ import annotations

import click

from kongtask.cli.base import Command, connection_option, option, worker_schema_option


@click.command(cls=Command, name="unlock")
@click.argument("worker_ids", nargs=-1, required=True, metavar="WORKER_ID...")
@connection_option
@worker_schema_option
@option("--json", "as_json", is_flag=True, help="Print what was freed as JSON.")
def command(
    *, worker_ids: tuple[str, ...], conn: str | None, schema: str | None, as_json: bool
) -> None:
    """Free the jobs and queues of workers that are no more.

    WORKER_ID is what `kongtask jobs list` and `kongtask queues` show behind "locked by". Make sure
    that the worker is not there any more: one that is goes on, and others begin its jobs a second
    time.

    Exit codes: 0 done, 2 error.
    """
    from kongtask.cli.jobs.report import print_json
    from kongtask.cli.jobs.session import job_session
    from kongtask.jobs import force_unlock_workers

    with job_session(conn, schema, "unlocking workers") as session:
        freed = force_unlock_workers(session.connection, worker_ids, schema=session.schema)
    if as_json:
        print_json(freed._asdict())
        return
    click.echo(f"unlocked jobs: {freed.jobs}, queues: {freed.queues}")
