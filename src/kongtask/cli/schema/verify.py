"""``kongtask schema verify``: do migrations, committed export and live database agree?"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from kongtask.cli.base import Command, connection_option, note, option
from kongtask.errors import EXIT_DONE, UsageError
from kongtask.settings import default_schema_name, load_settings

if TYPE_CHECKING:
    from kongtask.cli.schema.checks import Check, Subject
    from kongtask.database.connection import Target
    from kongtask.revisions.verify import Drift
    from kongtask.schema.diff import Scope
    from kongtask.settings import Settings


FORMATS = ("text", "json", "github", "sarif")


@click.command(cls=Command, name="verify")
@connection_option
@option("--env", "environment", metavar="NAME", help="The live database of an environment of "
        "[tool.kongtask.environments], instead of -conn.")  # fmt: skip
@option("-schema", "--schema", "-s", "schemas", metavar="NAME", multiple=True,
        help="Schema to verify; may be given several times. Default: GRAPHILE_WORKER_SCHEMA, else "
        "the project's default schema and those of [tool.kongtask.schemas].")  # fmt: skip
@option("--offline", is_flag=True, help="Use no server but the live one: take what each revision "
        "should be from the committed versions, or from those that kongtask ships.")  # fmt: skip
@option("--format", "format_", type=click.Choice(FORMATS), default="text",
        show_default=True, help="How to tell it; github and sarif are for code hosts: a finding at "
        "the line of the committed export for each object that differs.")  # fmt: skip
@option("--json", "as_json", is_flag=True, help="The same as --format json.")
@option("--no-comments", "without_comments", is_flag=True, help="Other comments are no drift.")
@option("--ignore-column-order", is_flag=True, help="The same columns in another order are no "
        "drift.")  # fmt: skip
@option("--no-cache", is_flag=True, help="Run every migration again.")
def command(
    *,
    conn: str | None,
    environment: str | None,
    schemas: tuple[str, ...],
    offline: bool,
    format_: str,
    as_json: bool,
    without_comments: bool,
    ignore_column_order: bool,
    no_cache: bool,
) -> None:
    """Prove that migrations, committed export and live database agree.

    Runs the migrations in a scratch database and compares what they make with the committed
    export, and with the exports by revision where the project keeps those. With a database named,
    compares that too, at the revision that it is at: pending migrations are no drift. Each object
    that differs is told with what was expected and what was found, with the migration that wrote
    it, and with the statements that bring it back.

    The functions of the worker schema may be Graphile Worker's own: known ones are a note.

    Exit codes: 0 all agree, 1 differences, 2 error, 57 a newer breaking revision.
    """
    from kongtask.schema.diff import Scope

    settings = load_settings()
    target = _target(conn, environment, settings)
    scope = Scope(comments=not without_comments, column_order=not ignore_column_order)
    checks = list[Any]()
    for name in schemas or _names(settings):
        subject = _subject(settings, name, scope, target, is_offline=offline, cached=not no_cache)
        checks += _checks(subject, target, is_explicit=conn is not None or environment is not None)
    if as_json or format_ == "json":
        click.echo(json.dumps(_document(checks), indent=2, ensure_ascii=False))
    elif format_ in {"github", "sarif"}:
        _print_findings(checks, format_, settings)
    else:
        for check in checks:
            for line in _lines(check):
                click.echo(line)
    sys.exit(max((check.exit_code for check in checks if not check.is_good), default=EXIT_DONE))


def _target(conn: str | None, environment: str | None, settings: Settings) -> Target | None:
    from kongtask.cli.schema.sides import environment_target
    from kongtask.database.connection import find_target

    if environment is None:
        return find_target(conn, settings)
    if conn is not None:
        raise UsageError("-conn and --env both name the live database; take one")
    return environment_target(environment, settings)


def _names(settings: Settings) -> list[str]:
    default = default_schema_name(settings)
    return list(dict.fromkeys((default, *settings.schemas)))


def _subject(
    settings: Settings,
    name: str,
    scope: Scope,
    target: Target | None,
    *,
    is_offline: bool,
    cached: bool,
) -> Subject:
    from kongtask.cli.revisions import migration_set
    from kongtask.cli.schema.checks import Subject, recorded_history
    from kongtask.cli.schema.replaying import replayed_on
    from kongtask.database.embedded import EMBEDDED_MAJOR
    from kongtask.revisions import printing_server

    place, is_worker = settings.schema(name), migration_set(settings, name).is_worker
    if is_offline:
        history = recorded_history(place, is_worker=is_worker)
        printed_by, is_given = EMBEDDED_MAJOR, False
    else:
        history = replayed_on(target, settings, name, cached=cached)
        printed_by, is_given = printing_server(target)
    return Subject(
        place=place, settings=settings, history=history, scope=scope, is_worker=is_worker,
        printed_by=printed_by, scratch_server=target if is_given else None, is_offline=is_offline,
    )  # fmt: skip


def _checks(subject: Subject, target: Target | None, *, is_explicit: bool) -> Iterator[Check]:
    from kongtask.cli.schema.file_checks import check_export, check_versions
    from kongtask.cli.schema.live_check import check_database

    yield check_export(subject)
    versions = None if subject.is_offline else check_versions(subject)
    if versions is not None:
        yield versions
    if target is not None:
        found = check_database(subject, target, is_explicit=is_explicit)
        if found is not None:
            yield found
    elif subject.is_offline:
        note("no database named: only the committed files were compared")


def _print_findings(checks: list[Check], format_: str, settings: Settings) -> None:
    from kongtask.cli.findings import print_findings, repository_root
    from kongtask.cli.schema.check_findings import RULES, findings_of_checks

    findings = findings_of_checks(checks, settings)
    print_findings(
        findings,
        format_,
        rules=RULES,
        root=repository_root(settings.root),
        tool="kongtask schema verify",
    )


def _lines(check: Check) -> Iterator[str]:
    from kongtask.cli.schema.report import drift_lines

    mark, colour = ("ok", "green") if check.is_good else ("differs", "red")
    yield f"{click.style(mark, fg=colour, bold=True)}  {check.schema}: {check.sentence}"
    for text in check.notes:
        yield f"  note: {text}"
    if check.verdict is not None:
        for drift in check.verdict.drifts:
            yield from (f"  {line}" for line in drift_lines(drift))
        if check.name == "database" and check.verdict.drifts:
            yield "  to bring it back:"
            for statement in check.verdict.repair.statements:
                yield from (f"    {line}" for line in statement.splitlines())
            yield from (f"    -- not closed: {x}" for x in check.verdict.repair.unclosed)
    if check.advice and not check.is_good:
        yield f"  {check.advice}"


def _document(checks: list[Check]) -> dict[str, Any]:
    return {
        "agree": all(check.is_good for check in checks),
        "checks": [
            {
                "name": check.name,
                "schema": check.schema,
                "agree": check.is_good,
                "sentence": check.sentence,
                "notes": list(check.notes),
                "advice": "" if check.is_good else check.advice,
                "drifts": [_drift(x) for x in check.verdict.drifts] if check.verdict else [],
                "repair": list(check.verdict.repair.statements)
                if check.verdict and check.name == "database"
                else [],
            }
            for check in checks
        ],
    }


def _drift(drift: Drift) -> dict[str, Any]:
    from kongtask.cli.schema.report import change_document

    found = change_document(drift.change)
    words = {"added": "unexpected", "removed": "missing", "changed": "different"}
    return {
        "state": words[found["action"]],
        "object": found["object"],
        "title": found["title"],
        "part_of": found["part_of"],
        "attributes": [
            {"name": x["name"], "expected": x["old"], "found": x["new"]}
            for x in found["attributes"]
        ],
        "introduced": drift.introduced,
        "touched": drift.touched,
    }
