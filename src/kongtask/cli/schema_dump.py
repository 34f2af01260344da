"""``schema-dump``: export a schema as one loadable SQL file."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from kongtask import __version__
from kongtask.cli.base import Command, connection_option, option, schema_option
from kongtask.cli.exporting import Request, export_schema, exported_database
from kongtask.errors import EXIT_DIFFERENT, EXIT_DONE, UsageError
from kongtask.names import check_schema_name
from kongtask.settings import Settings, default_schema_name, load_settings


@click.command(cls=Command, name="schema-dump")
@connection_option
@schema_option
@option("-output", "--output", "-o", metavar="FILE", help="File to write; - is stdout. "
        "Default: <schema folder>/<schema>.sql.")  # fmt: skip
@option("--committed", metavar="FILE", help="Committed export of the same schema: while the schema "
        "is the same, so is the timestamp. Default: as configured, or as shipped.")  # fmt: skip
@option("--check", is_flag=True, help="Write nothing; show what would change, and exit 1 if "
        "anything would.")  # fmt: skip
@option("--prove", is_flag=True, help="Load the export into a scratch database and export that: "
        "it must be the same bytes.")  # fmt: skip
@click.version_option(__version__, "-V", "--version", prog_name="schema-dump")
@option("--json", "as_json", is_flag=True, help="Print the result as JSON on stdout.")
def command(
    *,
    conn: str | None,
    schema: str | None,
    output: str | None,
    committed: str | None,
    check: bool,
    prove: bool,
    as_json: bool,
) -> None:
    """Export a schema as one loadable, deterministic SQL file.

    Exports the database that -conn, DATABASE_URL or PG* names, as it is. With none named, the
    schema's migrations are run in a scratch database on the embedded PostgreSQL, and that is
    exported.

    Exit codes: 0 done, 1 the file would change (--check), 2 error.
    """
    settings = load_settings()
    request = _request(settings, schema, output, committed)
    if as_json and request.output is None and not check:
        raise UsageError("--json and the export cannot both go to stdout; name an -output file")
    with exported_database(conn, settings, request.schema) as target:
        outcome = export_schema(target, request, prove=prove)
    if check:
        if as_json:
            click.echo(json.dumps(outcome.summary()))
        elif outcome.would_change:
            click.echo(outcome.changes())
        sys.exit(EXIT_DIFFERENT if outcome.would_change else EXIT_DONE)
    outcome.write()
    if as_json:
        click.echo(json.dumps(outcome.summary()))


def _request(
    settings: Settings, schema: str | None, output: str | None, committed: str | None
) -> Request:
    if output == "" or committed == "":
        raise UsageError("-output and --committed take a file name, not an empty value")
    name = default_schema_name(settings) if schema is None else check_schema_name(schema)
    configured = settings.schema(name).committed
    path = configured if output is None else Path(output)
    if committed is not None and not Path(committed).is_file():
        raise UsageError(f"--committed {committed}: there is no such file")
    return Request(
        schema=name,
        output=None if output == "-" else path,
        committed=Path(committed) if committed else configured,
    )
