"""``kongtask doctor``: what is wrong with a queue, and what mends it."""

from __future__ import annotations

import sys

import click

from kongtask.cli.base import (
    Command,
    connection_option,
    option,
    timeout_option,
    worker_schema_option,
)
from kongtask.errors import EXIT_DIFFERENT, EXIT_DONE, UsageError
from kongtask.rules import Level

_FORMATS = ("text", "json", "github")


@click.command(cls=Command, name="doctor")
@connection_option
@worker_schema_option
@option("--role", metavar="NAME", help="The role that workers connect as, to look at its rights. "
        "Default: the one that this command connects as.")  # fmt: skip
@option("--exclude", metavar="RULES", multiple=True,
        help="Do not tell of these rules; names with commas between.")  # fmt: skip
@option("--level", type=click.Choice([level.value for level in Level]), default=Level.NOTE.value,
        show_default=True, help="Tell what is at least as bad as this.")  # fmt: skip
@timeout_option
@option("--format", "format_", type=click.Choice(_FORMATS), default="text", show_default=True,
        help="How to tell it.")  # fmt: skip
@option("--json", "as_json", is_flag=True, help="The same as --format json.")
def command(
    *, conn: str | None, schema: str | None, role: str | None, exclude: tuple[str, ...],
    level: str, timeout: float, format_: str, as_json: bool,
) -> None:  # fmt: skip
    """Find out what is wrong with a queue, and what mends it.

    It looks at the schemas, the rights of a role, the server, the tables, at pools of workers, and
    at jobs that nobody will run. It changes nothing, and looks at a part of a very large table
    only; numbers that come from a part are called "about".

    Exit codes: 0 nothing found, or notes only, 1 warnings or errors, 2 error.
    """
    from kongtask.cli.finding import Finding
    from kongtask.cli.findings import print_findings, summary
    from kongtask.cli.jobs.session import job_session
    from kongtask.monitoring.doctor import RULES, examine
    from kongtask.settings import load_settings

    excluded = {rule for given in exclude for rule in given.split(",")}
    for rule in sorted(excluded - RULES.keys()):
        raise UsageError(f'there is no rule "{rule}"; there are {", ".join(RULES)}')
    with job_session(conn, schema, "examining the queue") as session:
        found = examine(session.connection, schema=session.schema, role=role, timeout=timeout)
    shown = [
        Finding(
            rule=diagnosis.rule,
            level=diagnosis.level,
            message=diagnosis.message,
            hint=diagnosis.hint,
            object=diagnosis.subject or None,
        )
        for diagnosis in found
        if diagnosis.rule not in excluded and diagnosis.level.is_at_least(Level(level))
    ]
    format_ = "json" if as_json else format_
    print_findings(shown, format_, rules=RULES, root=load_settings().root, tool="kongtask doctor")
    if format_ == "text":
        click.echo(summary(shown))
    sys.exit(EXIT_DIFFERENT if any(finding.level.counts for finding in shown) else EXIT_DONE)
