"""The committed files against what the migrations make: the export, and the exports by revision."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from kongtask.cli.exporting import shipped_export
from kongtask.cli.outcome import shown
from kongtask.cli.schema.checks import Check, Subject
from kongtask.cli.schema.sides import Side, read_content
from kongtask.database.embedded import EMBEDDED_MAJOR
from kongtask.errors import ProofFailedError, SchemaNotFoundError
from kongtask.files import read_text
from kongtask.names import WORKER_SCHEMA
from kongtask.revisions import Versions
from kongtask.revisions.verify import Verdict, judge
from kongtask.schema.diff import compare
from kongtask.schema.export import Export, parse_export
from kongtask.schema.prove import canonical
from kongtask.schema.render import render

EXPORT_AGAIN = "run schema-dump, and commit what it writes"
VERSIONS_AGAIN = "run kongtask schema export-versions, and commit what it writes"


def check_export(subject: Subject) -> Check:
    """Compare the committed export with what the migrations make."""
    place, made = subject.place, subject.history.latest.database
    text, label = read_text(place.committed), shown(place.committed)
    if text is None and subject.is_worker and place.name == WORKER_SCHEMA:
        text, label = shipped_export(place.name), "the export that kongtask ships"
    check = Check(
        name="export", schema=place.name, is_good=True, file=place.committed,
        sentence=f"{label} is what the migrations make", advice=EXPORT_AGAIN, expected=made,
    )  # fmt: skip
    if text is None:
        there_is_none = f"there is no committed export {label}"
        return replace(check, is_good=subject.is_worker, sentence=there_is_none)
    export = parse_export(text)
    if export.body == render(*made.schemas, database=made):
        return check
    return _compare_models(subject, check, label, export)


def _compare_models(subject: Subject, check: Check, label: str, export: Export) -> Check:
    """Tell what differs where the text is not the same."""
    edited = "; it was edited by hand" if export.is_edited else ""
    reason = f"{label} is not what the migrations make{edited}"
    if subject.is_offline:
        return replace(check, is_good=False, sentence=reason)
    try:
        side = read_content(
            label, export.text, subject.settings, [subject.name], server=subject.scratch_server
        )
    except (ProofFailedError, SchemaNotFoundError) as error:
        return replace(check, is_good=False, sentence=f"{reason}: {error}")
    verdict = _judge_as_printed_again(subject, side)
    if verdict.difference:
        return replace(check, is_good=False, sentence=reason, verdict=verdict)
    same = f"{label} makes the same schema as the migrations, in another text"
    if edited:
        return replace(check, is_good=False, sentence=f"{same}{edited}")
    return replace(check, notes=(f"{same}: another version of PostgreSQL printed it",))


def check_versions(subject: Subject) -> Check | None:
    """Compare the folder of exports by revision, where there is one, with what is replayed."""
    place, versions = subject.place, Versions(subject.place.versions)
    if not versions.numbers():
        return None
    revisions = subject.history.revisions
    files = versions.files(revisions, read_text(place.committed))
    wrong = [path for path, text in files.items() if read_text(path) != text]
    if subject.printed_by != EMBEDDED_MAJOR:
        wrong = [path for path in wrong if not _is_same_version(subject, versions, path)]
    wrong += versions.stale(revisions)
    check = Check(
        name="versions", schema=place.name, is_good=not wrong, advice=VERSIONS_AGAIN,
        sentence=f"{shown(place.versions)} is what the migrations make, revision by revision",
    )  # fmt: skip
    if not wrong:
        return check
    names = ", ".join(path.name for path in wrong)
    return replace(
        check, file=wrong[0], sentence=f"{shown(place.versions)} is not current: {names}"
    )


def _is_same_version(subject: Subject, versions: Versions, path: Path) -> bool:
    """Tell whether a file is another server's text of the same revision."""
    number = int(path.stem)
    found = versions.read(number)
    if found is None:
        return False
    expected = subject.history.at(number).database
    majors = (subject.printed_by, EMBEDDED_MAJOR)
    return not judge(expected, found, scope=subject.scope, majors=majors).difference


def _judge_as_printed_again(subject: Subject, side: Side) -> Verdict:
    """Compare a loaded export with what the migrations make, both printed after another load.

    PostgreSQL prints a few expressions differently once they have been parsed from its own text.
    """
    made, found = subject.history.latest.database, side.database
    if compare(made, found, subject.scope):
        with suppress(ProofFailedError):  # it leans on another schema: compared as it is
            made = canonical(made, [subject.name], subject.scratch_server)
            found = canonical(side.everything, [subject.name], subject.scratch_server)
    return judge(made, found, scope=subject.scope, history=subject.history)
