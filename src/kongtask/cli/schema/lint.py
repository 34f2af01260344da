"""``kongtask schema lint``: what is wrong with migrations, and with the schema that they make."""

from __future__ import annotations

import sys
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kongtask.cli.base import Command, note, option
from kongtask.errors import EXIT_DIFFERENT, EXIT_DONE, UsageError
from kongtask.rules import Level
from kongtask.settings import default_schema_name, load_settings

if TYPE_CHECKING:
    from kongtask.cli.finding import Finding
    from kongtask.database.connection import Target
    from kongtask.migrate import Migration, MigrationSet
    from kongtask.schema.model import Database
    from kongtask.settings import Settings

FORMATS = ("text", "json", "github", "sarif")


@click.command(cls=Command, name="lint")
@option("-conn", "--conn", "-c", "--connection", "conn", metavar="CONNINFO",
        help="Lint the schema of this database, a URI or key=value. Without it: the schema that "
        "the migrations make.")  # fmt: skip
@option("-schema", "--schema", "-s", "schemas", metavar="NAME", multiple=True,
        help="Schema to lint; may be given several times. Default: GRAPHILE_WORKER_SCHEMA, else "
        "the project's default schema and those of [tool.kongtask.schemas].")  # fmt: skip
@option("--since", metavar="N|git:REF", help="Lint migrations after number N only, or those that "
        "the commit does not have.")  # fmt: skip
@option("--schema-only", is_flag=True, help="Lint no migrations.")
@option("--migrations-only", is_flag=True, help="Lint the migrations and not the schema.")
@option("--rules", metavar="RULES", multiple=True,
        help="Look for these rules only; names with commas between.")  # fmt: skip
@option("--include", metavar="RULES", multiple=True,
        help="Look for these rules too, which are off otherwise.")  # fmt: skip
@option("--exclude", metavar="RULES", multiple=True, help="Do not look for these rules.")
@option("--level", type=click.Choice([level.value for level in Level]), default=Level.NOTE.value,
        show_default=True, help="Show what is at least as bad as this.")  # fmt: skip
@option("--pg-version", "major", type=click.IntRange(min=10), metavar="N",
        help="The version of PostgreSQL that the migrations are for. Default: the database's, or "
        "the embedded server's.")  # fmt: skip
@option("--format", "format_", type=click.Choice(FORMATS), default="text", show_default=True,
        help="How to tell it.")  # fmt: skip
@option("--json", "as_json", is_flag=True, help="The same as --format json.")
def command(
    *,
    conn: str | None,
    schemas: tuple[str, ...],
    since: str | None,
    schema_only: bool,
    migrations_only: bool,
    rules: tuple[str, ...],
    include: tuple[str, ...],
    exclude: tuple[str, ...],
    level: str,
    major: int | None,
    format_: str,
    as_json: bool,
) -> None:
    """Look for faults in migrations and in the schema that they make.

    Migrations are read by squawk (the extra `lint`), which finds statements that lock, rewrite or
    break what is in use, and by kongtask. The schema is read from a scratch database that the
    migrations have made, or from the one that -conn names.

    A finding is silenced where it is, with a reason: `-- kongtask: ignore RULE: reason` on the
    statement's line or the line before, or an entry of lint.ignore in the settings.

    Exit codes: 0 nothing found, or notes only, 1 warnings or errors, 2 error.
    """
    from kongtask.cli.findings import print_findings, repository_root, summary
    from kongtask.cli.schema.selected import Selection, known_rules
    from kongtask.database.connection import find_target

    settings = load_settings()
    selection = Selection.of(settings, rules, include, exclude)
    names = schemas or tuple(dict.fromkeys((default_schema_name(settings), *settings.schemas)))
    target = find_target(conn, settings) if conn is not None else None
    if schema_only and migrations_only:
        raise UsageError("--schema-only and --migrations-only leave nothing; give one of them")
    found: list[Finding] = []
    if not schema_only:
        found += _lint_migrations(settings, names, since, major or _major(target), selection.rules)
    if not migrations_only:
        found += _lint_schemas(settings, names, target, selection.rules)
    whole = not (schema_only or migrations_only or since or rules or exclude)
    found = selection.kept(found, settings, names if whole else ())
    shown = [finding for finding in found if finding.level.is_at_least(Level(level))]
    format_ = "json" if as_json else format_
    print_findings(
        shown,
        format_,
        rules=known_rules(),
        root=repository_root(settings.root),
        tool="kongtask schema lint",
    )
    if format_ == "text":
        click.echo(summary(shown))
    sys.exit(EXIT_DIFFERENT if any(finding.level.counts for finding in shown) else EXIT_DONE)


def _lint_schemas(
    settings: Settings, names: Sequence[str], target: Target | None, rules: Collection[str]
) -> list[Finding]:
    from kongtask.cli.finding import Finding
    from kongtask.cli.revisions import migration_set
    from kongtask.cli.schema.places import Places
    from kongtask.schema.diff import title
    from kongtask.schema.lint import lint

    if target is None:
        shipped = {name for name in names if _is_shipped(settings, migration_set(settings, name))}
        for name in sorted(shipped):
            note(f"the schema {name} is kongtask's: not linted without -conn")
        names = [name for name in names if name not in shipped]
        if not names:
            return []
    database = _read(settings, names, target)
    places = Places(database.only(names), settings)
    found = []
    for rule, problem in lint(database, rules):
        if problem.ref.schema not in names:
            continue  # one that the schema leans on, read so that its tables are known
        spot = places.spot(problem.ref, problem.owner)
        found.append(
            Finding(
                rule=rule.rule.id,
                level=rule.rule.level,
                message=f"{title(problem.ref)} {problem.message}",
                hint=problem.hint,
                file=spot.file if spot else None,
                line=spot.line if spot else None,
                source=spot.source if spot and not problem.is_secret else None,
                object=title(problem.ref),
            )
        )
    return found


def _read(settings: Settings, names: Sequence[str], target: Target | None) -> Database:
    """Read the schemas, and those that they lean on."""
    from kongtask.cli.revisions import migrated_database
    from kongtask.database.connection import connect, describe
    from kongtask.schema.reload import read_with_what_it_needs

    if target is not None:
        with connect(target) as connection:
            note(f"linting the schema of {describe(connection)}")
            return read_with_what_it_needs(connection, names)
    with migrated_database(settings, names) as scratch, connect(scratch) as connection:
        return read_with_what_it_needs(connection, names)


def _lint_migrations(
    settings: Settings, names: Sequence[str], since: str | None, major: int, rules: Collection[str]
) -> list[Finding]:
    from kongtask.cli.finding import Finding
    from kongtask.cli.revisions import migration_set
    from kongtask.migrate.lint import lint

    found = []
    for name in names:
        migrations = migration_set(settings, name)
        if _is_shipped(settings, migrations):
            note(f"{migrations.origin} are kongtask's: not linted")
            continue
        chosen = _chosen(migrations, since)
        files = ", ".join(migration.name for migration in chosen)
        count = f"{len(chosen)} of {len(migrations.migrations)} migrations"
        note(f"linting {count} of {migrations.origin}{f': {files}' if files else ''}")
        for problem in lint(migrations, chosen, name, major=major, rules=rules):
            end = problem.end_line if problem.end_line > problem.place.line else None
            found.append(
                Finding(
                    rule=problem.rule,
                    level=problem.level,
                    message=problem.message,
                    hint=problem.hint,
                    file=Path(problem.migration.file),
                    line=problem.place.line,
                    column=problem.place.column,
                    end_line=end,
                    source=problem.place.content,
                )
            )
    return found


def _is_shipped(settings: Settings, migrations: MigrationSet) -> bool:
    """Tell whether migrations are kongtask's, and not the project's own, which could mend them."""
    import sysconfig

    if not migrations.is_worker:
        return False
    root = settings.root
    path = Path(migrations.migrations[0].file).resolve()
    installed = Path(sysconfig.get_path("purelib")).resolve()
    return not path.is_relative_to(root) or path.is_relative_to(installed)


def _chosen(migrations: MigrationSet, since: str | None) -> list[Migration]:
    """Return the migrations that ``--since`` leaves."""
    if since is None:
        return list(migrations.migrations)
    scheme, colon, ref = since.partition(":")
    if colon and scheme == "git":
        from kongtask.cli.git import files_in

        known = files_in(ref, Path(migrations.migrations[0].file).parent)
        return [x for x in migrations.migrations if x.name not in known]
    if not (since.isascii() and since.isdigit()):
        raise UsageError(f'"--since {since}": give the number of a migration, or git:REF')
    return [x for x in migrations.migrations if x.number > int(since)]


def _major(target: Target | None) -> int:
    """Return the version of PostgreSQL that migrations are for."""
    from kongtask.database.connection import connect
    from kongtask.database.embedded import EMBEDDED_MAJOR

    if target is None:
        return EMBEDDED_MAJOR
    with connect(target) as connection:
        return connection.info.server_version // 10000
