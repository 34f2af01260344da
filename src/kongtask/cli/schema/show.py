"""``kongtask schema show``: a schema, or some of its objects, as they were at a revision."""

from __future__ import annotations

import click

from kongtask.cli.base import Command, connection_option, note, option, schema_option
from kongtask.errors import UsageError
from kongtask.settings import default_schema_name, load_settings


@click.command(cls=Command, name="show")
@click.argument("objects", nargs=-1, metavar="[OBJECT]...")
@option("--at", "number", type=int, metavar="N", help="The revision: a migration's number. "
        "Default: the latest.")  # fmt: skip
@connection_option
@schema_option
@option("--format", "format_", type=click.Choice(["sql", "json"]), default="sql", show_default=True,
        help="Loadable SQL, or the model as a JSON document (of the entire schema).")  # fmt: skip
@option("--json", "as_json", is_flag=True, help="The same as --format json.")
@option("--no-cache", is_flag=True, help="Run every migration again.")
def command(
    *,
    objects: tuple[str, ...],
    number: int | None,
    conn: str | None,
    schema: str | None,
    format_: str,
    as_json: bool,
    no_cache: bool,
) -> None:
    """Print a schema as it was at a revision.

    OBJECT is a name (orders), one with its schema (shop.orders), a part of a table (orders.total),
    or a function with its types; * and ? are wildcards. Of a part, its table is shown. Without an
    OBJECT, the entire schema is printed.

    The migrations are run in a scratch database, once: what they make is kept until they change.

    Exit codes: 0 done, 2 error.
    """
    from kongtask.cli.schema.replaying import replayed, revision_at
    from kongtask.schema import encode, render
    from kongtask.schema.diff.inventory import inventory
    from kongtask.schema.naming import fitting
    from kongtask.schema.render import render_blocks

    if objects and (as_json or format_ == "json"):
        raise UsageError("--format json prints the entire schema; leave OBJECT out")
    settings = load_settings()
    name = schema or default_schema_name(settings)
    history = replayed(settings, name, conn, cached=not no_cache)
    revision = revision_at(history, number)
    database = revision.database
    note(f'schema "{name}" at {revision.name}')
    if as_json or format_ == "json":
        click.echo(encode(database, owners=False, privileges=False), nl=False)
        return
    if not objects:
        click.echo(render(*database.schemas, database=database), nl=False)
        return
    entries = inventory(database)
    found = fitting(entries, objects)
    wanted = {*found, *(owner for ref in found if (owner := entries[ref].owner) is not None)}
    blocks = [
        block.text
        for block in render_blocks(*database.schemas, database=database)
        if block.key in wanted
    ]
    click.echo("\n\n".join(blocks))
