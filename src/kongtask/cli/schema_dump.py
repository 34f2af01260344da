"""``schema-dump``: export a schema as one loadable SQL file."""

from __future__ import annotations

import gc
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from kongtask import __version__
from kongtask.cli.base import Command, connection_option, note, option
from kongtask.cli.exporting import export_schema, exported_database, is_pattern
from kongtask.cli.request import Request, Style
from kongtask.errors import EXIT_DIFFERENT, EXIT_DONE, SchemaNotFoundError, UsageError
from kongtask.names import check_schema_name
from kongtask.settings import Settings, default_schema_name, load_settings

if TYPE_CHECKING:
    from kongtask.cli.outcome import Outcome
    from kongtask.schema.selection import Selection


@click.command(cls=Command, name="schema-dump")
@connection_option
@option("-schema", "--schema", "-s", "schema", metavar="NAME", multiple=True,
        help="Schema to export; may be given several times, and as a pattern with * and ?. "
        "Default: GRAPHILE_WORKER_SCHEMA, then the project's, then graphile_worker.")  # fmt: skip
@option("-output", "--output", "-o", metavar="FILE", help="File to write; - is stdout. "
        "Default: <schema folder>/<schema>.sql.")  # fmt: skip
@option("--split", metavar="FOLDER", help="Write a file for each object below a folder, and an "
        "index.sql that loads them in order; files of objects that are gone are "
        "removed.")  # fmt: skip
@option("--format", "format_", type=click.Choice(["sql", "json"]), default="sql", show_default=True,
        help="Loadable SQL, or the model of the schema as a JSON document.")  # fmt: skip
@option("--committed", metavar="FILE", help="Committed export of the same schema: while the schema "
        "is the same, so is the timestamp. Default: as configured, or as shipped.")  # fmt: skip
@option("--table", "-t", "tables", metavar="PATTERN", multiple=True, help="Only the tables, views "
        "and sequences that fit, with all that belongs to them; may be given several times. * and "
        "? are wildcards; the name may be qualified.")  # fmt: skip
@option("--exclude-table", "-T", "without_tables", metavar="PATTERN", multiple=True,
        help="Leave out the tables, views and sequences that fit, with all that belongs to "
        "them.")  # fmt: skip
@option("--exclude", "without", metavar="KIND[:NAME]", multiple=True, help="Leave out objects of a "
        "kind (function, trigger, index, policy, 'foreign key', 'text search *', …), all or those "
        "whose name fits.")  # fmt: skip
@option("--check", is_flag=True, help="Write nothing; show what would change, and exit 1 if "
        "anything would.")  # fmt: skip
@option("--if-exists", is_flag=True, help="Do nothing where the database has no such schema.")
@option("--prove", is_flag=True, help="Load the export into a scratch database and export that: "
        "it must be the same bytes.")  # fmt: skip
@option("--canonical", is_flag=True, help="Print views, rules and expressions as the embedded "
        "PostgreSQL does: the same text whatever server the schema comes from.")  # fmt: skip
@option("--as", "new_name", metavar="NAME", help="Print the schema under another name, wherever "
        "PostgreSQL knows that it is the schema.")  # fmt: skip
@option("--no-comments", "without_comments", is_flag=True, help="Leave out comments.")
@option("--owners", is_flag=True, help="Say who owns each object.")
@option("--privileges", is_flag=True, help="Say who may do what: grants and revokes.")
@option("--with-extensions", "extensions", is_flag=True, help="Make the extensions that the schema "
        "leans on; with -schema '*' all of the database.")  # fmt: skip
@option("--database-objects", is_flag=True, help="Export what no schema owns, whichever schemas "
        "are exported: casts, transforms, languages, access methods, foreign servers, user "
        "mappings without passwords, publications, event triggers.")  # fmt: skip
@option("--constraint-names", type=click.Choice(["custom", "all"]), default="custom",
        show_default=True, help="Which NOT NULL constraints keep their names: those that somebody "
        "chose, or all that PostgreSQL 18 has.")  # fmt: skip
@click.version_option(__version__, "-V", "--version", prog_name="schema-dump")
@option("--json", "as_json", is_flag=True, help="Print the result as JSON on stdout.")
def command(
    *, conn: str | None, check: bool, if_exists: bool, prove: bool, as_json: bool, **options: Any
) -> Outcome | None:
    """Export a schema as one loadable, deterministic SQL file.

    Exports the database that -conn, DATABASE_URL or PG* names, as it is. With none named, the
    schema's migrations are run in a scratch database on the embedded PostgreSQL, and that is
    exported.

    Exit codes: 0 done, 1 the file would change (--check), 2 error.
    """
    # The process makes one large tree of values, prints it and ends: collecting garbage would only
    # walk the tree again and again (a third of the time at 5,000 tables).
    gc.disable()
    settings = load_settings()
    request = _request(settings, **options)
    if as_json and request.output is None and not check:
        raise UsageError("--json and the export cannot both go to stdout; name an -output file")
    with exported_database(conn, settings, request.schemas) as target:
        try:
            outcome = export_schema(target, request, prove=prove)
        except SchemaNotFoundError as error:
            if not if_exists:
                raise
            note(f"nothing to export: {error}")
            return None
    if check:
        if as_json:
            click.echo(json.dumps(outcome.summary()))
        elif outcome.would_change:
            click.echo(outcome.changes())
        sys.exit(EXIT_DIFFERENT if outcome.would_change else EXIT_DONE)
    outcome.write()
    if as_json:
        click.echo(json.dumps(outcome.summary()))
    return outcome


def _style(
    *,
    canonical: bool,
    new_name: str | None,
    without_comments: bool,
    owners: bool,
    privileges: bool,
    extensions: bool,
    database_objects: bool,
    constraint_names: Literal["custom", "all"],
) -> Style:
    if database_objects and new_name is not None:
        raise UsageError("--as renames one schema; --database-objects are of no schema: take one")
    return Style(
        comments=not without_comments,
        owners=owners,
        privileges=privileges,
        extensions=extensions,
        database_objects=database_objects,
        constraint_names=constraint_names,
        canonical=canonical,
        name=None if new_name is None else check_schema_name(new_name),
    )


def _selection(
    tables: tuple[str, ...], without_tables: tuple[str, ...], without: tuple[str, ...]
) -> Selection | None:
    if not (tables or without_tables or without):
        return None
    from kongtask.schema.selection import Selection

    return Selection(tables=tables, without_tables=without_tables, without=without)


def _request(
    settings: Settings,
    *,
    schema: tuple[str, ...],
    output: str | None,
    split: str | None,
    format_: Literal["sql", "json"],
    committed: str | None,
    tables: tuple[str, ...],
    without_tables: tuple[str, ...],
    without: tuple[str, ...],
    **style: Any,
) -> Request:
    if "" in {output, split, committed}:
        raise UsageError("-output, --split and --committed take a name, not an empty value")
    if output is not None and split is not None:
        raise UsageError("-output and --split exclude each other: one file, or one file an object")
    if format_ == "json" and (split is not None or committed is not None):
        raise UsageError(
            "--format json makes one file without a timestamp: no --split, no --committed"
        )
    if committed is not None and not Path(committed).is_file():
        raise UsageError(f"--committed {committed}: there is no such file")
    names = [check_schema_name(name) for name in schema] or [default_schema_name(settings)]
    look, selection = _style(**style), _selection(tables, without_tables, without)
    configured = None
    if len(names) == 1 and not is_pattern(names[0]):
        configured = settings.schema(look.name or names[0]).committed
    place = output or split
    if place is None and configured is None:
        raise UsageError("several schemas need an -output file; - is stdout")
    if place is None and selection is not None:
        raise UsageError("a part of a schema needs an -output file of its own; - is stdout")
    if place is None and format_ == "json":
        raise UsageError("--format json needs an -output file; - is stdout")
    path = configured if place is None else Path(place)
    return Request(
        schemas=names,
        output=None if output == "-" else path,
        committed=Path(committed) if committed else configured,
        split=split is not None,
        format=format_,
        style=look,
        selection=selection,
    )
