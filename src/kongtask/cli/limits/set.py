"""``kongtask limits set``: set a limit by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from kongtask.cli.base import Command, connection_option, option, worker_schema_option
from kongtask.errors import UsageError

if TYPE_CHECKING:
    from kongtask.jobs import Limit


@click.command(cls=Command, name="set")
@click.argument("tasks", nargs=-1, required=True, metavar="TASK...")
@option("--concurrency", type=click.IntRange(min=1), metavar="N", help="So many jobs at once.")
@option("--rate", type=click.IntRange(min=1), metavar="N", help="So many jobs begun in --per.")
@option("--per", type=float, metavar="SECONDS", help="The time of a rate.")
@option("--key", metavar="PATH", help="Count by this member of the payload: customer.id.")
@option("--group", metavar="NAME", help="Several tasks share the limit under this name.")
@connection_option
@worker_schema_option
def command(
    *,
    tasks: tuple[str, ...],
    concurrency: int | None,
    rate: int | None,
    per: float | None,
    key: str | None,
    group: str | None,
    conn: str | None,
    schema: str | None,
) -> None:
    """Set a limit on a task, or on several that share it.

    It goes before the limit of the same name that workers declare, and holds until it is removed.
    Workers keep it within a second. Workers of Node know nothing of it.

    Exit codes: 0 done, 2 error.
    """
    from kongtask.cli.jobs.session import job_session
    from kongtask.jobs import set_limit

    limit = _limit(concurrency, rate, per, key, group)
    with job_session(conn, schema, "setting a limit") as session:
        set_limit(session.connection, limit, tasks, schema=session.schema)
    click.echo(f"set {limit.name(tasks[0])}")


def _limit(
    concurrency: int | None, rate: int | None, per: float | None, key: str | None, group: str | None
) -> Limit:
    from kongtask.jobs import Concurrency, Rate

    if concurrency is not None and rate is None and per is None:
        return Concurrency(concurrency, key=key, group=group)
    if concurrency is None and rate is not None and per is not None:
        return Rate(rate, per=per, key=key, group=group)
    raise UsageError("give --concurrency, or --rate with --per")
