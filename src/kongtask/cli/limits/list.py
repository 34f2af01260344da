"""``kongtask limits list``: the limits that hold now."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from kongtask.cli.base import Command, connection_option, option, worker_schema_option

if TYPE_CHECKING:
    from kongtask.jobs import ActiveLimit


@click.command(cls=Command, name="list")
@connection_option
@worker_schema_option
@option("--json", "as_json", is_flag=True, help="Print the limits as JSON.")
def command(*, conn: str | None, schema: str | None, as_json: bool) -> None:
    """List the limits that hold.

    They are declared by the tasks of live workers, or set by hand. Behind "now" is how many jobs
    count at this moment, of all keys.

    Exit codes: 0 done, 2 error.
    """
    from msgspec import to_builtins

    from kongtask.cli.jobs.report import print_json
    from kongtask.cli.jobs.session import job_session
    from kongtask.cli.table import print_table
    from kongtask.jobs import find_limits

    with job_session(conn, schema, "listing limits") as session:
        limits = find_limits(session.connection, schema=session.schema)
    if as_json:
        print_json({"limits": to_builtins(limits)})
    elif limits:
        head = ["name", "tasks", "limit", "key", "now", "from"]
        print_table(head, [_row(limit) for limit in limits])
    else:
        click.echo("nothing is limited")


def _row(limit: ActiveLimit) -> list[str]:
    unit = "at once" if limit.per is None else f"in {limit.per:g} s"
    origin = "set by hand" if limit.is_set else "declared"
    return [
        limit.name, ", ".join(limit.tasks), f"{limit.amount} {unit}", limit.key or "",
        str(limit.held), origin,
    ]  # fmt: skip
