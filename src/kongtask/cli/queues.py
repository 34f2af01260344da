"""``kongtask queues``: the queues, and how many jobs they have in which state."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from kongtask.cli.base import Command, connection_option, option, worker_schema_option

if TYPE_CHECKING:
    from kongtask.jobs import Queue


@click.command(cls=Command, name="queues")
@connection_option
@worker_schema_option
@option("--json", "as_json", is_flag=True, help="Print the queues as JSON.")
def command(*, conn: str | None, schema: str | None, as_json: bool) -> None:
    """List the queues and their jobs by state.

    A queue that a worker holds is executing a job, and its other jobs wait. Jobs without a queue
    are counted on a line of their own.

    Exit codes: 0 done, 2 error.
    """
    from kongtask.cli.jobs.report import print_json
    from kongtask.cli.jobs.session import job_session
    from kongtask.cli.table import print_table
    from kongtask.jobs import find_queues

    with job_session(conn, schema, "listing queues") as session:
        queues = find_queues(session.connection, schema=session.schema)
    if as_json:
        print_json({"queues": [_document(queue) for queue in queues]})
        return
    head = ["queue", "waiting", "scheduled", "retrying", "locked", "failed", "locked by"]
    print_table(head, [_row(queue) for queue in queues])


def _document(queue: Queue) -> dict[str, object]:
    return {
        "queue_name": queue.queue_name,
        "waiting": queue.waiting,
        "scheduled": queue.scheduled,
        "retrying": queue.retrying,
        "locked": queue.locked,
        "failed": queue.failed,
        "locked_at": queue.locked_at.isoformat() if queue.locked_at else None,
        "locked_by": queue.locked_by,
    }


def _row(queue: Queue) -> list[str]:
    name = "(no queue)" if queue.queue_name is None else queue.queue_name
    counts = (queue.waiting, queue.scheduled, queue.retrying, queue.locked, queue.failed)
    return [name, *(str(count) for count in counts), queue.locked_by or ""]
