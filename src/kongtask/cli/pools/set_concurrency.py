"""``kongtask pools set-concurrency``: let a pool run more or fewer jobs at once."""

from __future__ import annotations

import click

from kongtask.cli.base import Command, connection_option, worker_schema_option
from kongtask.errors import UsageError


@click.command(cls=Command, name="set-concurrency")
@click.argument("pool_id", metavar="POOL")
@click.argument("concurrency", metavar="N", type=click.IntRange(min=1))
@connection_option
@worker_schema_option
def command(*, pool_id: str, concurrency: int, conn: str | None, schema: str | None) -> None:
    """Let a pool run more or fewer jobs at once.

    The pool follows within a second. Jobs that run are left to end. The number holds until the
    pool's process ends.

    Exit codes: 0 done, 2 error.
    """
    from kongtask.cli.jobs.session import job_session
    from kongtask.jobs import set_concurrency

    with job_session(conn, schema, "setting a pool's concurrency") as session:
        is_known = set_concurrency(session.connection, pool_id, concurrency, schema=session.schema)
    if not is_known:
        raise UsageError(f"there is no pool {pool_id}; kongtask pools lists those that there are")
    click.echo(f"asked {pool_id} to run {concurrency} at once")
