"""Holding migrations, committed export and live database against each other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from kongtask.database.connection import NEWEST_MAJOR
from kongtask.migrate import rust_port
from kongtask.migrate.known_functions import RELEASES, body_sum, known_sums
from kongtask.schema.diff import Action, Change, Difference, Scope, compare, title
from kongtask.schema.diff.inventory import inventory, with_items
from kongtask.schema.diff.statements import Script, script
from kongtask.schema.history import History
from kongtask.schema.model import Database, Ref, Routine
from kongtask.schema.prove import PRINTED


class Drift(Struct, frozen=True, kw_only=True):
    """One object that is not as it should be.

    Attributes:
        change: what leads from what should be to what was found: an added object is one that
            should not be there.
        introduced: the number of the migration that made the object; None where none did, or where
            nobody knows.
        touched: the number of the last migration that made or changed it.
    """

    change: Change
    introduced: int | None = None
    touched: int | None = None


class Verdict(Struct, frozen=True, kw_only=True):
    """What a comparison with what should be has found.

    Attributes:
        drifts: the objects that differ.
        difference: the same, as a comparison tells it.
        repair: the statements that bring back what should be.
        notes: what a reader should know, and is no fault.
    """

    drifts: tuple[Drift, ...]
    difference: Difference
    repair: Script
    notes: tuple[str, ...] = ()


def judge(
    expected: Database,
    found: Database,
    *,
    scope: Scope,
    history: History | None = None,
    worker_revision: int | None = None,
    majors: tuple[int, int] | None = None,
) -> Verdict:
    """Compare a schema with what it should be.

    Args:
        expected: what it should be.
        found: what it is.
        scope: what counts as a difference.
        history: of the schema up to the expected revision: which migration each object is from.
        worker_revision: of a worker schema, whose function bodies may be Graphile Worker's.
        majors: the versions of PostgreSQL that printed the two sides; what they may print
            differently is told and not compared.
    """
    notes = list[str]()
    if worker_revision is not None:
        rest = _without_registry(found)
        if rest is not found and worker_revision == rust_port.REVISION:
            found, worker_revision = rest, worker_revision - 1
            notes.append("revision 20 is the Rust port's: its registry of workers is not compared")
        found, kept = _with_known_bodies(expected, found, worker_revision)
        if kept:
            notes.append(
                f"{_count(len(kept), 'function body is', 'function bodies are')} Graphile Worker "
                f"{RELEASES[worker_revision]}'s"
            )
    difference = compare(expected, found, scope)
    if majors is not None and majors[0] != majors[1] and difference:
        found, moved = _without_printed(expected, found, difference)
        if moved:
            difference = compare(expected, found, scope)
            notes.append(
                f"PostgreSQL {majors[1]} and {majors[0]} may print expressions differently: not "
                f"compared were those of {', '.join(moved)}"
            )
    major = majors[1] if majors else NEWEST_MAJOR
    repair = script(found, expected, scope, major=major, keep_rights=True)
    return Verdict(
        drifts=tuple(_drifts(difference, history)),
        difference=difference,
        repair=repair,
        notes=tuple(notes),
    )


def _drifts(difference: Difference, history: History | None) -> Iterator[Drift]:
    for change in difference.top():
        life = history.lives.get(change.ref) if history else None
        if life is None or change.action is Action.ADDED:
            yield Drift(change=change)
        else:
            yield Drift(change=change, introduced=life.introduced, touched=life.touched)


def _without_registry(found: Database) -> Database:
    """Return a database without what the Rust port's revision 20 brings; itself if it has none."""
    if not any(table.name == rust_port.REGISTRY for each in found.schemas for table in each.tables):
        return found
    schemas = tuple(
        replace(
            schema,
            tables=tuple(x for x in schema.tables if x.name != rust_port.REGISTRY),
            routines=tuple(x for x in schema.routines if x.name not in rust_port.FUNCTIONS),
        )
        for schema in found.schemas
    )
    return replace(found, schemas=schemas)


def _with_known_bodies(
    expected: Database, found: Database, revision: int
) -> tuple[Database, list[Ref]]:
    """Put the expected body wherever the found one is Graphile Worker's of the same revision."""
    known, items = known_sums(revision), dict[Ref, Any]()
    wanted = {ref: entry.item for ref, entry in inventory(expected).items()}
    for ref, entry in inventory(found).items():
        routine, ours = entry.item, wanted.get(ref)
        if (
            isinstance(routine, Routine)
            and isinstance(ours, Routine)
            and routine.body != ours.body
            and body_sum(routine.body, routine.schema) == known.get(routine.name)
        ):
            items[ref] = replace(routine, body=ours.body)
    return with_items(found, items), list(items)


def _without_printed(
    expected: Database, found: Database, difference: Difference
) -> tuple[Database, list[str]]:
    """Put what is expected wherever only printed expressions differ; return whose they are."""
    wanted = {ref: entry.item for ref, entry in inventory(expected).items()}
    moved = [
        change.ref
        for change in difference.changes
        if change.action is Action.CHANGED
        and all(x.name.partition(".")[0] in PRINTED for x in change.attributes)
    ]
    kept = with_items(found, {ref: wanted[ref] for ref in moved})
    return kept, [title(ref) for ref in moved]


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
