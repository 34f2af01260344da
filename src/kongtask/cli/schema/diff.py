"""``kongtask schema diff``: what differs between two schemas."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import click

from kongtask.cli.base import Command, note, option
from kongtask.cli.schema.sides import Side, read_sides
from kongtask.errors import EXIT_DIFFERENT, EXIT_DONE, UsageError
from kongtask.settings import load_settings

if TYPE_CHECKING:
    from kongtask.schema.diff import Difference, Scope
    from kongtask.settings import Settings

FORMATS = ("text", "unified", "json", "markdown", "github", "sarif")


@click.command(cls=Command, name="diff")
@click.argument("old")
@click.argument("new")
@option("-schema", "--schema", "-s", "schemas", metavar="NAME", multiple=True,
        help="Schema to compare; may be given several times. Default: those that the files say "
        "they hold, else GRAPHILE_WORKER_SCHEMA, then the project's, then "
        "graphile_worker.")  # fmt: skip
@option("--format", "format_", type=click.Choice(FORMATS), default="text", show_default=True,
        help="How to tell it.")  # fmt: skip
@option("--json", "as_json", is_flag=True, help="The same as --format json.")
@option("--sql", "as_sql", is_flag=True, help="Print the statements that turn OLD into NEW.")
@option("--ignore-column-order", is_flag=True, help="The same columns in another order are no "
        "difference.")  # fmt: skip
@option("--no-comments", "without_comments", is_flag=True, help="Other comments are no difference.")
@option("--owners", is_flag=True, help="Compare owners too.")
@option("--privileges", is_flag=True, help="Compare grants too.")
def command(
    *,
    old: str,
    new: str,
    schemas: tuple[str, ...],
    format_: str,
    as_json: bool,
    as_sql: bool,
    ignore_column_order: bool,
    without_comments: bool,
    owners: bool,
    privileges: bool,
) -> None:
    """Tell what differs between two schemas.

    OLD and NEW each name a schema: a connection (URI or key=value), a .sql or .json file,
    migration:N (what the migrations have made by then), git:REF:PATH (a file as it was in a
    commit; without PATH the committed export) or env:NAME (of [tool.kongtask.environments]).

    Objects and attributes are compared, not lines. Each change says whether it destroys data,
    rewrites a table, and what it locks. The formats github and sarif show each change at the
    object's line of the file or of the committed export. With --sql the statements that turn OLD
    into NEW are printed instead, in an order that runs; read them before you run them. Values
    whose column has another type are cast to it, from their text where there is no cast.

    Exit codes: 0 no difference, 1 differences, 2 error.
    """
    from kongtask.schema.diff import Scope

    settings = load_settings()
    scope = Scope(
        comments=not without_comments,
        owners=owners,
        privileges=privileges,
        column_order=not ignore_column_order,
    )
    one, other = read_sides(old, new, settings, schemas)
    one, other = under_one_name(one, other)
    one, other, difference = compare_sides(one, other, scope)
    if as_sql:
        _print_sql(one, other, scope)
    else:
        _print(one, other, difference, "json" if as_json else format_, settings)
    sys.exit(EXIT_DIFFERENT if difference else EXIT_DONE)


def compare_sides(one: Side, other: Side, scope: Scope) -> tuple[Side, Side, Difference]:
    """Compare two sides, as one version of PostgreSQL prints them where that matters.

    Args:
        one: the first side.
        other: the second side.
        scope: what counts as a difference.

    Returns:
        The sides as they were compared, and what differs.
    """
    from kongtask.schema.diff import compare

    difference = compare(one.database, other.database, scope)
    if not difference or (one.major == other.major and one.major is not None):
        return one, other, difference
    note("printing both sides by one version of PostgreSQL, since they come from different ones")
    one, other = _canonical(one), _canonical(other)
    return one, other, compare(one.database, other.database, scope)


def under_one_name(one: Side, other: Side) -> tuple[Side, Side]:
    """Return the sides with the first under the second's name, where each is one schema.

    Raises:
        UsageError: the sides hold several schemas, and not the same.
    """
    names = [[schema.name for schema in side.database.schemas] for side in (one, other)]
    if names[0] == names[1]:
        return one, other
    if len(names[0]) != 1 or len(names[1]) != 1:
        raise UsageError(
            f"{one.label} has the schemas {', '.join(names[0])}, and {other.label} "
            f"{', '.join(names[1])}; say with -schema which to compare"
        )
    from dataclasses import replace

    from kongtask.schema.prove import renamed

    database = renamed(one.everything, names[0][0], names[1][0], one.target)
    return replace(one, database=database, everything=database), other


def _canonical(side: Side) -> Side:
    from dataclasses import replace

    from kongtask.database.embedded import EMBEDDED_MAJOR
    from kongtask.schema.prove import canonical

    names = [schema.name for schema in side.database.schemas]
    server = side.target if side.major == EMBEDDED_MAJOR else None
    database = canonical(side.everything, names, server)
    return replace(side, database=database, everything=database, major=EMBEDDED_MAJOR)


def _print(
    one: Side, other: Side, difference: Difference, format_: str, settings: Settings
) -> None:
    from kongtask.cli.schema import report

    if format_ == "json":
        found = report.document(difference, one.label, other.label)
        click.echo(json.dumps(found, indent=2, ensure_ascii=False))
    elif format_ == "markdown":
        click.echo("\n".join(report.markdown_lines(difference, one.label, other.label)))
    elif format_ == "unified":
        click.echo(_unified(one, other), nl=False)
    elif format_ in {"github", "sarif"}:
        _print_findings(one, other, difference, format_, settings)
    else:
        for line in report.text_lines(difference):
            click.echo(line)


def _print_findings(
    one: Side, other: Side, difference: Difference, format_: str, settings: Settings
) -> None:
    from kongtask.cli.findings import print_findings, repository_root
    from kongtask.cli.schema.changes import RULES, findings_of
    from kongtask.cli.schema.places import Places

    old, new = (Places(side.database, settings, side.file) for side in (one, other))
    print_findings(
        findings_of(difference, old, new),
        format_,
        rules=RULES,
        root=repository_root(settings.root),
        tool="kongtask schema diff",
    )


def _print_sql(one: Side, other: Side, scope: Scope) -> None:
    from kongtask.database.connection import NEWEST_MAJOR
    from kongtask.schema.diff.statements import script

    found = script(
        one.database,
        other.database,
        scope,
        major=one.major or NEWEST_MAJOR,
        keep_rights=one.target is not None,
    )
    click.echo(found.text, nl=False)


def _unified(one: Side, other: Side) -> str:
    from kongtask.schema.prove import difference
    from kongtask.schema.render import render

    old, new = (render(*side.database.schemas, database=side.database) for side in (one, other))
    found = difference(old, new, one.label, other.label)
    return f"{found}\n" if found else ""
