"""A live database against what its revision should be."""

from __future__ import annotations

from msgspec.structs import replace

from kongtask.cli.base import note
from kongtask.cli.revisions import migration_set
from kongtask.cli.schema.checks import Check, Subject
from kongtask.cli.schema.sides import Side, read_database_side
from kongtask.database.connection import Target, connect, describe
from kongtask.database.embedded import EMBEDDED_MAJOR
from kongtask.errors import BreakingRevisionError, ProofFailedError
from kongtask.migrate import State, Status, status
from kongtask.migrate.ledger import NOTES
from kongtask.revisions.verify import Verdict, judge
from kongtask.schema.catalog import schema_names
from kongtask.schema.diff import compare
from kongtask.schema.model import Database
from kongtask.schema.prove import canonical


def check_database(subject: Subject, target: Target, *, is_explicit: bool) -> Check | None:
    """Compare a live database with what its revision should be.

    Args:
        subject: the schema.
        target: the database.
        is_explicit: whether it was named for this command. One that the environment names may be
            there for its server alone: without the schema in it, there is nothing to compare.
    """
    migrations = migration_set(subject.settings, subject.name)
    with connect(target) as connection:
        where = describe(connection)
        found = status(connection, migrations, subject.name)
        major = connection.info.server_version // 10000
        is_there = subject.name in schema_names(connection)
    if not is_there and not is_explicit:
        note(f"{where} has no schema {subject.name}: only its server was used")
        return None
    if not is_there:
        return _not_comparable(subject, where, "the schema is not there; run kongtask migrate")
    problem = found.problem
    if isinstance(problem, BreakingRevisionError):
        return _not_comparable(subject, where, str(problem), problem.exit_code)
    numbers = [revision.number for revision in subject.history.revisions]
    if found.revision > numbers[-1]:
        reason = (
            f"it is at revision {found.revision}, and nothing newer than {numbers[-1]} is known"
        )
        return _not_comparable(subject, where, reason)
    revision = found.revision or numbers[-1]
    if revision not in numbers:
        return _not_comparable(subject, where, str(problem or f"revision {revision} is not known"))
    side = read_database_side(target, subject.settings, [subject.name])
    verdict = _judge_live(subject, side, revision, major)
    sentence = f"{where}: {_state(found)}"
    is_good = not verdict.drifts and problem is None
    return Check(
        name="database", schema=subject.name, is_good=is_good, verdict=verdict,
        sentence=sentence if problem is None else f"{sentence}; {problem}",
        notes=verdict.notes, expected=subject.history.at(revision).database,
        file=subject.place.committed,
    )  # fmt: skip


def _not_comparable(subject: Subject, where: str, reason: str, exit_code: int = 1) -> Check:
    return Check(
        name="database", schema=subject.name, is_good=False, exit_code=exit_code,
        sentence=f"{where}: {reason}", file=subject.place.committed,
    )  # fmt: skip


def _state(found: Status) -> str:
    if not found.revision:
        return "no migration is recorded there; compared with the latest"
    waiting = [x for x in found.migrations if x.state in {State.PENDING, State.UNFINISHED}]
    names = ", ".join(
        f"{x.number:06}.sql" + (" (unfinished)" if x.state is State.UNFINISHED else "")
        for x in waiting
    )
    number = len(waiting)
    pending = f"; {number} pending migration{'s' if number > 1 else ''}: {names}" if waiting else ""
    return f"revision {found.revision}{pending}"


def _judge_live(subject: Subject, side: Side, revision: int, major: int) -> Verdict:
    """Compare a live schema with what it should be, as one version of PostgreSQL prints both."""
    history = subject.history.until(revision)
    expected, found = history.latest.database, _without_notes(side.database)
    majors = (subject.printed_by, major)
    if (
        majors[0] != majors[1]
        and not subject.is_offline
        and compare(expected, found, subject.scope)
    ):
        note(
            "printing both sides by one version of PostgreSQL, since they come from different ones"
        )
        try:
            found = _without_notes(canonical(side.everything, [subject.name]))
            expected = canonical(expected, [subject.name])
            majors = (EMBEDDED_MAJOR, EMBEDDED_MAJOR)
        except ProofFailedError as error:
            note(f"warning: that cannot be done: {error}")
    return judge(
        expected,
        found,
        scope=subject.scope,
        history=history,
        worker_revision=revision if subject.is_worker else None,
        majors=majors,
    )


def _without_notes(database: Database) -> Database:
    """Return a database without the table that says how far an unfinished migration came."""
    return replace(
        database,
        schemas=tuple(
            replace(schema, tables=tuple(x for x in schema.tables if x.name != NOTES))
            for schema in database.schemas
        ),
    )
