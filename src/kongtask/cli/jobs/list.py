"""``kongtask jobs list``: the jobs that are there."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from kongtask.cli.base import Command, connection_option, note, option, worker_schema_option

if TYPE_CHECKING:
    from kongtask.jobs import FoundJob

#: How many jobs are listed unless more are asked for.
_LIMIT = 50

_STATES = ("waiting", "scheduled", "retrying", "locked", "failed")


@click.command(cls=Command, name="list")
@option("--state", "states", multiple=True, type=click.Choice(_STATES), help="Only jobs in this "
        "state; may be repeated, as the next ones.")  # fmt: skip
@option("--task", "tasks", multiple=True, metavar="IDENTIFIER", help="Only jobs for this task.")
@option("--queue", "queues", multiple=True, metavar="NAME", help="Only jobs of this queue.")
@option("--job-key", "keys", multiple=True, metavar="KEY", help="Only the job with this key.")
@option("--limit", type=click.IntRange(min=1), default=_LIMIT, show_default=True, metavar="N",
        help="How many jobs at most.")  # fmt: skip
@option("--after", type=click.IntRange(min=0), default=0, metavar="ID",
        help="Only jobs with greater ids, for the next page.")  # fmt: skip
@option("--payload", "with_payload", is_flag=True, help="Print the payloads too.")
@connection_option
@worker_schema_option
@option("--json", "as_json", is_flag=True, help="Print the jobs as JSON, with their payloads.")
def command(
    *, states: tuple[str, ...], tasks: tuple[str, ...], queues: tuple[str, ...],
    keys: tuple[str, ...], limit: int, after: int, with_payload: bool, conn: str | None,
    schema: str | None, as_json: bool,
) -> None:  # fmt: skip
    """List jobs.

    They come in the order of their ids. A job is waiting for a worker, scheduled for a time to
    come, retrying after a failure, locked by the worker that executes it, or failed, out of
    attempts.

    Exit codes: 0 done, 2 error.
    """
    from kongtask.cli.jobs.report import found_document, print_json
    from kongtask.cli.jobs.session import job_session
    from kongtask.jobs import find_jobs

    wanted: dict[str, Any] = {
        "states": states or None,
        "task_identifiers": tasks or None,
        "queue_names": queues or None,
        "job_keys": keys or None,
    }
    with job_session(conn, schema, "listing jobs") as session:
        found = find_jobs(
            session.connection, **wanted, after=after, limit=limit + 1,
            with_payload=with_payload or as_json, schema=session.schema,
        )  # fmt: skip
    page, has_more = found[:limit], len(found) > limit
    if as_json:
        last = page[-1].job.id if has_more else None
        print_json({"jobs": [found_document(each) for each in page], "after": last})
        return
    _print(page, with_payload=with_payload)
    if has_more:
        note(f"there are more: --after {page[-1].job.id}, or a greater --limit")


def _print(page: Sequence[FoundJob], *, with_payload: bool) -> None:
    from kongtask.cli.table import print_table

    head = ["id", "state", "task", "run at", "attempts", "queue", "key"]
    head.append("payload" if with_payload else "note")
    print_table(head, [_row(found, with_payload=with_payload) for found in page])


def _row(found: FoundJob, *, with_payload: bool) -> list[str]:
    from kongtask.cli.jobs.report import time_text

    job = found.job
    note_ = f"locked by {job.locked_by}" if job.locked_by else job.last_error or ""
    return [
        str(job.id),
        found.state,
        job.task_identifier,
        time_text(job.run_at),
        f"{job.attempts}/{job.max_attempts}",
        job.queue_name or "",
        job.key or "",
        json.dumps(job.payload, ensure_ascii=False) if with_payload else note_,
    ]
