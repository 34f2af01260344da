"""``kongtask jobs show``: all that is known of jobs."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING

import click

from kongtask.cli.base import Command, connection_option, option, worker_schema_option
from kongtask.cli.jobs.arguments import ids_argument
from kongtask.errors import UsageError

if TYPE_CHECKING:
    from kongtask.jobs import FoundJob


@click.command(cls=Command, name="show")
@ids_argument
@connection_option
@worker_schema_option
@option("--json", "as_json", is_flag=True, help="Print the jobs as JSON.")
def command(*, ids: tuple[int, ...], conn: str | None, schema: str | None, as_json: bool) -> None:
    """Show all that is known of jobs, their payloads too.

    That is also when the next attempt comes, and why then.

    Exit codes: 0 done, 2 error.
    """
    from kongtask.cli.jobs.report import found_document, print_json
    from kongtask.cli.jobs.session import job_session
    from kongtask.jobs import find_jobs

    with job_session(conn, schema, "looking for jobs") as session:
        found = find_jobs(session.connection, ids=ids, schema=session.schema)
        ((now,),) = session.connection.execute("select now()").fetchall()
    missing = [id_ for id_ in ids if id_ not in {each.job.id for each in found}]
    if missing:
        raise UsageError(f"there is no job {missing[0]}; a job that has succeeded is gone")
    if as_json:
        print_json({"jobs": [found_document(each) for each in found]})
        return
    click.echo("\n\n".join(_text(each, now) for each in found))


def _text(found: FoundJob, now: datetime) -> str:
    from kongtask.cli.jobs.report import time_text

    job = found.job
    lines = {
        "job": str(job.id),
        "state": found.state,
        "task": job.task_identifier,
        "queue": job.queue_name,
        "key": job.key,
        "run at": time_text(job.run_at),
        "next": _next(found, now),
        "attempts": f"{job.attempts} of {job.max_attempts}",
        "priority": str(job.priority),
        "flags": ", ".join(sorted(job.flags or ())),
        "locked by": job.locked_by,
        "locked at": time_text(job.locked_at),
        "last error": job.last_error,
        "created at": time_text(job.created_at),
        "updated at": time_text(job.updated_at),
        "revision": str(job.revision),
        "payload": json.dumps(job.payload, indent=2, ensure_ascii=False),
    }
    return "\n".join(f"{name + ':':<12}{_safe(value)}" for name, value in lines.items() if value)


def _next(found: FoundJob, now: datetime) -> str:
    """Say when the next attempt comes, and why then, as the server's clock has it."""
    from kongtask.cli.jobs.report import span_text

    job, most = found.job, found.job.max_attempts
    if found.state == "locked":
        return f"attempt {job.attempts} of {most} is under way"
    if found.state == "failed":
        return f"none: {job.attempts} of {most} attempts are used up; kongtask jobs retry runs it"
    when, why = f"in {span_text(job.run_at - now)}", "it was added, rescheduled or snoozed for then"
    if job.run_at <= now:
        when, why = "now", "it is due, and waits for a worker or its queue"
    elif found.state == "retrying":
        why = f"attempt {job.attempts} has failed"
    return f"attempt {job.attempts + 1} of {most} {when}: {why}"


def _safe(text: str) -> str:
    """Return a text without what a terminal would obey; further lines stand below the first."""
    kept = "".join(
        char if char.isprintable() or char == "\n" else "\N{REPLACEMENT CHARACTER}" for char in text
    )
    return kept.replace("\n", "\n" + " " * 12)
