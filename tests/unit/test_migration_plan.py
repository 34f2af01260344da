"""What is to be done, from files and ledger alone."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from kongtask.errors import (
    BreakingRevisionError,
    MigrationError,
    RevisionTooOldError,
    UsageError,
)
from kongtask.migrate import Migration, MigrationSet, check_target_schema
from kongtask.migrate.ledger import Ledger, LedgerRow
from kongtask.migrate.plan import Plan, make_plan


def files(first: int, last: int, *, is_worker: bool = False) -> MigrationSet:
    return MigrationSet(
        origin="db/sql",
        migrations=tuple(
            Migration(
                number=n, file=f"db/sql/{n:06}.sql", text=f"select {n}",
                is_breaking=False, is_transactional=True,
            )
            for n in range(first, last + 1)
        ),
        placeholders=frozenset({"SCHEMA"}),
        is_worker=is_worker,
    )  # fmt: skip


def ledger(*numbers: int, sums: bool = True, breaking: frozenset[int] = frozenset()) -> Ledger:
    every = files(1, 40)
    return Ledger(
        has_schema=True,
        columns={"id": "int4", "ts": "timestamptz"} | ({"sha256": "text"} if sums else {}),
        rows=tuple(
            LedgerRow(
                number=n, applied_at=datetime(2026, 1, 1, tzinfo=UTC), is_breaking=n in breaking,
                sha256=every.migrations[n - 1].sha256 if sums else None,
            )
            for n in numbers
        ),
    )  # fmt: skip


def pending(plan: Plan) -> list[int]:
    return [migration.number for migration in plan.pending]


EMPTY = Ledger(columns={})


def test_fresh_and_behind_and_done() -> None:
    """Everything, the rest, nothing."""
    assert pending(make_plan(files(1, 3), EMPTY, "app")) == [1, 2, 3]
    assert pending(make_plan(files(1, 3), ledger(1, 2), "app")) == [3]
    assert pending(make_plan(files(1, 3), ledger(1, 2, 3), "app")) == []
    assert pending(make_plan(files(1, 3), EMPTY, "app", to=2)) == [1, 2]


def test_set_that_begins_later() -> None:
    """A folder whose old files were cleared away goes on where the database is."""
    assert pending(make_plan(files(3, 5), ledger(1, 2, 3, 4), "app")) == [5]
    assert pending(make_plan(files(3, 5), ledger(1, 2), "app")) == [3, 4, 5]
    with pytest.raises(RevisionTooOldError, match=r"from 000002\.sql on are needed"):
        make_plan(files(3, 5), ledger(1), "app")


@pytest.mark.parametrize("revision", [18, 19, 20])
def test_adopts_what_node_made(revision: int) -> None:
    """A worker's schema at a known revision is taken as it is."""
    plan = make_plan(
        files(18, 20, is_worker=True),
        ledger(*range(1, revision + 1), sums=False),
        "graphile_worker",
    )
    assert pending(plan) == list(range(revision + 1, 21))


def test_too_old_worker() -> None:
    """Before 18 Graphile Worker's own tool has to go first, and the error says how."""
    with pytest.raises(RevisionTooOldError, match=r"is at revision 17.*graphile-worker@0\.16\.6"):
        make_plan(
            files(18, 20, is_worker=True), ledger(*range(1, 18), sums=False), "graphile_worker"
        )


def test_newer() -> None:
    """A newer breaking revision is refused with exit code 57, any other is a warning."""
    known = files(18, 20, is_worker=True)
    newer = ledger(*range(1, 23), sums=False)
    plan = make_plan(known, newer, "graphile_worker")
    assert pending(plan) == []
    assert "none of the newer ones is breaking" in plan.warnings[0]
    breaking = ledger(*range(1, 23), sums=False, breaking=frozenset({19, 21}))
    with pytest.raises(BreakingRevisionError, match="breaking revision 21") as caught:
        make_plan(known, breaking, "graphile_worker")
    assert caught.value.exit_code == 57


def test_changed_file() -> None:
    """The error names the file, both sums and the way out."""
    changed = files(1, 3)
    first = changed.migrations[0]
    edited = Migration(
        number=1, file=first.file, text="select 111", is_breaking=False, is_transactional=True
    )
    changed = MigrationSet(
        origin="db/sql", migrations=(edited, *changed.migrations[1:]),
        placeholders=frozenset(), is_worker=False,
    )  # fmt: skip
    with pytest.raises(MigrationError) as caught:
        make_plan(changed, ledger(1, 2), "app")
    text = str(caught.value)
    assert "db/sql/000001.sql" in text
    assert first.sha256 in text
    assert edited.sha256 in text
    assert "update app.migrations set sha256" in text


def test_file_that_came_too_late() -> None:
    """Two branches numbered alike: what was overtaken does not run out of order."""
    with pytest.raises(MigrationError, match=r"000002\.sql has not been applied .* number 000004"):
        make_plan(files(1, 3), ledger(1, 3), "app")


@pytest.mark.parametrize(
    ("to", "expected"),
    [(9, "there is no migration 9"), (1, "no way down to 1"), (0, "there is no migration 0")],
)
def test_unreachable_goal(to: int, expected: str) -> None:
    """``--to`` goes forward only, and to a file that exists."""
    with pytest.raises(MigrationError, match=expected):
        make_plan(files(1, 3), ledger(1, 2), "app", to=to)


def test_sets_do_not_mix() -> None:
    """A user's files do not go into a worker's schema, nor the worker's into a user's."""
    with pytest.raises(MigrationError, match="has a migration set of its own"):
        make_plan(files(18, 20, is_worker=True), ledger(1, 2), "app")
    workers = ledger(*range(1, 21), sums=False)
    workers = Ledger(has_schema=True, columns=workers.columns, rows=workers.rows, has_worker=True)
    with pytest.raises(MigrationError, match="need a schema of their own"):
        make_plan(files(1, 30), workers, "graphile_worker")


def test_unknown_sums_are_recorded() -> None:
    """A ledger from elsewhere has no sums; those of the present files are taken."""
    plan = make_plan(files(1, 3), ledger(1, 2, sums=False), "app")
    assert [migration.number for migration in plan.unsummed] == [1, 2]


@pytest.mark.parametrize("name", ["pg_catalog", "pg_x", "information_schema", "", "a\0b", "x" * 64])
def test_schema_names_that_are_none(name: str) -> None:
    """PostgreSQL's own schemas, and what it would cut or refuse, are no targets."""
    with pytest.raises(UsageError):
        check_target_schema(name)
