"""Jobs as text: documents for programs, words for people."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

from kongtask.cli.base import note
from kongtask.errors import EXIT_DIFFERENT

if TYPE_CHECKING:
    from kongtask.cli.jobs.session import JobSession
    from kongtask.jobs import FoundJob, Job


def job_document(job: Job) -> dict[str, Any]:
    """Return a job as JSON knows it."""
    return {
        "id": job.id,
        "task_identifier": job.task_identifier,
        "payload": job.payload,
        "queue_name": job.queue_name,
        "job_key": job.key,
        "priority": job.priority,
        "run_at": job.run_at.isoformat(),
        "attempts": job.attempts,
        "max_attempts": job.max_attempts,
        "last_error": job.last_error,
        "flags": sorted(job.flags or ()),
        "locked_at": job.locked_at.isoformat() if job.locked_at else None,
        "locked_by": job.locked_by,
        "revision": job.revision,
        "created_at": job.created_at.isoformat(),
        "updated_at": job.updated_at.isoformat(),
    }


def found_document(found: FoundJob) -> dict[str, Any]:
    """Return a job with its state as JSON knows it."""
    document = job_document(found.job)
    return {"id": document.pop("id"), "state": found.state, **document}


def print_json(document: object) -> None:
    """Print a document; half a surrogate pair in it is no reason to fail."""
    text = json.dumps(document, indent=2, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:
        text = json.dumps(document, indent=2)
    click.echo(text)


def time_text(time: datetime | None) -> str:
    """Return a time for people, in UTC; nothing for none."""
    if time is None:
        return ""
    return time.astimezone(UTC).isoformat(sep=" ", timespec="seconds")


def span_text(span: timedelta) -> str:
    """Return a span of time for people, in its two largest units."""
    seconds = max(1, round(span.total_seconds()))
    units = (("d", 86400), ("h", 3600), ("min", 60), ("s", 1))
    parts: list[str] = []
    for unit, size in units:
        count, seconds = divmod(seconds, size)
        if count or parts:
            parts.append(f"{count} {unit}" if count else "")
    return " ".join(part for part in parts[:2] if part)


def report_changes(
    session: JobSession,
    done: str,
    ids: Sequence[int],
    jobs: Sequence[Job],
    *,
    as_json: bool,
) -> None:
    """Say what has become of jobs, and leave with exit code 1 if some were left alone.

    Args:
        session: to look at those that were left alone.
        done: what was done: ``completed``.
        ids: the jobs that were named.
        jobs: those that were changed.
        as_json: whether to print a document.
    """
    left = _left_alone(session, [id_ for id_ in ids if id_ not in {job.id for job in jobs}])
    if as_json:
        changed = [job_document(job) for job in jobs]
        alone = [{"id": id_, "reason": reason} for id_, reason in left.items()]
        print_json({"jobs": changed, "left_alone": alone})
    elif jobs:
        numbers = ", ".join(str(job.id) for job in jobs)
        click.echo(f"{done} {len(jobs)} {'job' if len(jobs) == 1 else 'jobs'}: {numbers}")
    for id_, reason in left.items():
        note(f"left job {id_} alone: {reason}")
    if left:
        sys.exit(EXIT_DIFFERENT)


def _left_alone(session: JobSession, ids: Sequence[int]) -> dict[int, str]:
    from kongtask.jobs import find_jobs

    if not ids:
        return {}
    found = find_jobs(session.connection, ids=ids, with_payload=False, schema=session.schema)
    holders = {each.job.id: each.job.locked_by for each in found}
    return {
        id_: f"{holders[id_]} is executing it" if id_ in holders else "there is none of this id"
        for id_ in dict.fromkeys(ids)
    }
