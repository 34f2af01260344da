"""``kongtask pauses``: what is paused."""

from __future__ import annotations

import click

from kongtask.cli.base import Command, connection_option, option, worker_schema_option


@click.command(cls=Command, name="pauses")
@connection_option
@worker_schema_option
@option("--json", "as_json", is_flag=True, help="Print the pauses as JSON.")
def command(*, conn: str | None, schema: str | None, as_json: bool) -> None:
    """List what is paused, and since when.

    Exit codes: 0 done, 2 error.
    """
    from kongtask.cli.jobs.report import print_json
    from kongtask.cli.jobs.session import job_session
    from kongtask.cli.table import print_table
    from kongtask.jobs import find_pauses

    with job_session(conn, schema, "listing pauses") as session:
        pauses = find_pauses(session.connection, schema=session.schema)
    if as_json:
        print_json(
            {
                "pauses": [
                    {
                        "kind": pause.kind, "name": pause.name,
                        "paused_at": pause.paused_at.isoformat(), "is_ending": pause.is_ending,
                    }
                    for pause in pauses
                ]
            }
        )  # fmt: skip
        return
    if not pauses:
        click.echo("nothing is paused")
        return
    rows = [
        [
            pause.kind, pause.name, f"{pause.paused_at:%Y-%m-%d %H:%M}",
            "goes on when the job that runs has ended" if pause.is_ending else "",
        ]
        for pause in pauses
    ]  # fmt: skip
    print_table(["paused", "name", "since (UTC)", ""], rows)
