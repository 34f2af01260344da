"""``kongtask pools list``: the pools that are registered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from kongtask.cli.base import (
    Command,
    connection_option,
    note,
    option,
    timeout_option,
    worker_schema_option,
)

if TYPE_CHECKING:
    from kongtask.monitoring import Pool, QueueStatistics


@click.command(cls=Command, name="list")
@connection_option
@worker_schema_option
@timeout_option
@option("--json", "as_json", is_flag=True, help="Print the pools as JSON.")
def command(*, conn: str | None, schema: str | None, timeout: float, as_json: bool) -> None:
    """List the pools of workers, and which of them live.

    A pool is alive; late, which is not heard of though its connection is still there, because it is
    stopped or busy; dead, and others will free its jobs; or recovered, whose jobs were freed. On a
    standby a dead one is late.

    Workers of Node do not register, and are not listed; nor are those that run once. In a very
    large queue, how many jobs a pool has locked is an estimate.

    Exit codes: 0 done, 2 error.
    """
    from kongtask.cli.jobs.report import print_json
    from kongtask.cli.jobs.session import job_session
    from kongtask.cli.table import print_table
    from kongtask.errors import UsageError
    from kongtask.monitoring import bounded, find_pools, read_statistics

    with job_session(conn, schema, "listing pools") as session:
        connection, name = session.connection, session.schema
        with bounded(connection, timeout):
            pools = find_pools(connection, schema=name)
            statistics = None
            try:
                statistics = read_statistics(connection, schema=name)
            except UsageError as error:
                note(f"how many jobs they have locked is not known: {error}")
    if as_json:
        print_json(
            {
                "is_estimate": statistics.is_estimate if statistics else None,
                "pools": [_document(pool, statistics) for pool in pools],
            }
        )
        return
    head = ["pool", "state", "host", "process", "version", "concurrency", "jobs", "started",
            "last seen", "tasks"]  # fmt: skip
    print_table(head, [_row(pool, statistics) for pool in pools])
    if not pools:
        note("no pool is registered; workers of Node do not register")


def _jobs(pool: Pool, statistics: QueueStatistics | None) -> int | None:
    if statistics is None:
        return None
    holder = statistics.holders.get(pool.pool_id)
    return holder.jobs if holder else 0


def _document(pool: Pool, statistics: QueueStatistics | None) -> dict[str, Any]:
    import msgspec

    document: dict[str, Any] = msgspec.to_builtins(pool)
    return {**document, "jobs": _jobs(pool, statistics)}


def _row(pool: Pool, statistics: QueueStatistics | None) -> list[str]:
    from kongtask.cli.jobs.report import time_text

    wanted = pool.wanted_concurrency
    change = f" → {wanted}" if wanted is not None and wanted != pool.concurrency else ""
    jobs = _jobs(pool, statistics)
    about = "~" if statistics and statistics.is_estimate else ""
    return [
        pool.pool_id,
        pool.state,
        pool.host,
        str(pool.process_id),
        pool.version,
        f"{pool.concurrency}{change}",
        "?" if jobs is None else f"{about}{jobs}",
        time_text(pool.started_at),
        time_text(pool.last_seen_at),
        ", ".join(pool.tasks),
    ]
