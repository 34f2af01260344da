"""``kongtask add-job``: add a job."""

from __future__ import annotations

import click

from kongtask.cli.base import Command, connection_option, option, worker_schema_option
from kongtask.cli.jobs.arguments import read_payload, read_time

_MODES = ("replace", "preserve_run_at", "unsafe_dedupe")


@click.command(cls=Command, name="add-job")
@click.argument("identifier")
@click.argument("payload", required=False, metavar="[PAYLOAD|-|@FILE]")
@option("--queue", "queue_name", metavar="NAME",
        help="Jobs of one queue are executed one after the other.")  # fmt: skip
@option("--run-at", metavar="TIME", help="The earliest time: 2030-01-31T12:00:00Z, now, or a span "
        "from now on like +5m or +1d12h. Default: now.")  # fmt: skip
@option("--max-attempts", type=int, metavar="N", help="How often to try. Default: 25.")
@option("--job-key", metavar="KEY", help="At most one job has a key; another takes its place.")
@option("--job-key-mode", type=click.Choice(_MODES), help="How: replace it, replace it and keep "
        "its time, or leave the old one as it is. Default: replace.")  # fmt: skip
@option("--priority", type=int, metavar="N", help="The smaller, the sooner. Default: 0.")
@option("--flag", "flags", multiple=True, metavar="FLAG", help="A mark by which workers may leave "
        "it alone; may be repeated.")  # fmt: skip
@connection_option
@worker_schema_option
@option("--json", "as_json", is_flag=True, help="Print the job as JSON.")
def command(
    *, identifier: str, payload: str | None, queue_name: str | None, run_at: str | None,
    max_attempts: int | None, job_key: str | None, job_key_mode: str | None, priority: int | None,
    flags: tuple[str, ...], conn: str | None, schema: str | None, as_json: bool,
) -> None:  # fmt: skip
    """Add a job.

    IDENTIFIER is the task that is to execute it. PAYLOAD is JSON, {} by default; - reads it from
    stdin, @FILE from a file.

    Exit codes: 0 done, 2 error.
    """
    from kongtask.cli.jobs.report import job_document, print_json
    from kongtask.cli.jobs.session import job_session
    from kongtask.jobs import JobSpec
    from kongtask.jobs.adding import add_spec

    spec = JobSpec(
        identifier=identifier, payload=read_payload(payload), queue_name=queue_name,
        run_at=read_time(run_at), max_attempts=max_attempts, job_key=job_key,
        job_key_mode=job_key_mode,  # type: ignore[arg-type]  # click has checked it
        priority=priority, flags=flags,
    )  # fmt: skip
    with job_session(conn, schema, "adding a job") as session:
        job = add_spec(session.connection, spec, schema=session.schema)
    if as_json:
        print_json(job_document(job))
    elif job.revision:
        click.echo(
            f"job {job.id} for {job.task_identifier} has the key {job.key} already: changed it"
        )
    else:
        click.echo(f"added job {job.id} for {job.task_identifier}")
