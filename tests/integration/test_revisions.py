"""Replaying migrations: what each makes, what became of each object, who wrote which line."""

from __future__ import annotations

from pathlib import Path

import pytest

from kongtask.database.connection import Target
from kongtask.errors import MigrationFailedError
from kongtask.migrate import MigrationSet, load_migrations, worker_migrations
from kongtask.names import WORKER_SCHEMA
from kongtask.revisions import Cache, Versions, replay, shipped_versions
from kongtask.revisions.versions import under_name
from kongtask.schema import render
from kongtask.schema.diff import Action, compare
from kongtask.schema.history import History, Life, blame, make_history
from kongtask.schema.model import Kind, Ref

FILES = (
    """
    create table accounts (id bigint generated always as identity primary key, email text);
    create function greet(who text) returns text language sql as $$select 'hello ' || who$$;
    """,
    """
    alter table accounts add column nickname text;
    create index accounts_email on accounts (email);
    """,
    """
    alter table accounts rename column email to address;
    create or replace function greet(who text) returns text language sql
      as $$select 'good day ' || who$$;
    """,
    "drop index accounts_email; create view names as select id, nickname from accounts;",
    "alter table accounts rename to customers;",
    "create table accounts (id int primary key);",
)


@pytest.fixture
def migrations(tmp_path: Path) -> MigrationSet:
    folder = tmp_path / "migrations"
    folder.mkdir()
    for number, text in enumerate(FILES, 1):
        (folder / f"{number:06}.sql").write_text(text)
    return load_migrations(folder)


@pytest.fixture
def history(migrations: MigrationSet, server: Target) -> History:
    return make_history(replay(migrations, "shop", server=server))


def life(history: History, kind: Kind, name: str, detail: str = "") -> Life:
    return history.lives[Ref(kind, "shop", name, detail)]


def test_each_migration_makes_a_revision(history: History) -> None:
    assert [revision.name for revision in history.revisions] == [
        f"{number:06}.sql" for number in range(1, 7)
    ]
    tables = [
        {table.name for table in revision.database.schemas[0].tables}
        for revision in history.revisions
    ]
    assert tables == [
        *[{"accounts", "migrations"}] * 4,
        {"customers", "migrations"},
        {"accounts", "customers", "migrations"},
    ]


def test_a_column_knows_who_made_it_and_who_changed_it_last(history: History) -> None:
    nickname = life(history, Kind.COLUMN, "customers", "nickname")
    assert nickname.introduced == 2
    greeting = life(history, Kind.FUNCTION, "greet", "text")
    assert (greeting.introduced, greeting.touched) == (1, 3)


def test_what_is_renamed_keeps_its_past_and_its_old_name_begins_anew(history: History) -> None:
    customers = life(history, Kind.TABLE, "customers")
    assert (customers.introduced, customers.touched) == (1, 5)
    assert customers.events[-1].former == Ref(Kind.TABLE, "shop", "accounts")
    address = life(history, Kind.COLUMN, "customers", "address")
    assert address.introduced == 1
    assert [event.number for event in address.events if event.former] == [3, 5]
    assert life(history, Kind.TABLE, "accounts").introduced == 6


def test_an_index_belongs_to_its_table_under_the_table_s_new_name(
    migrations: MigrationSet, server: Target, tmp_path: Path
) -> None:
    (tmp_path / "migrations" / "000004.sql").write_text("select 1;")
    revisions = replay(load_migrations(tmp_path / "migrations"), "shop", server=server)
    index = life(make_history(revisions), Kind.INDEX, "accounts_email")
    assert index.owner == Ref(Kind.TABLE, "shop", "customers")


def test_what_is_gone_is_known_too(history: History) -> None:
    index = life(history, Kind.INDEX, "accounts_email")
    assert not index.is_there
    assert [(event.number, event.change.action) for event in index.events] == [
        (2, Action.ADDED),
        (3, Action.CHANGED),  # with the column's name
        (4, Action.REMOVED),
    ]


def test_the_history_until_an_earlier_revision_knows_nothing_of_later_ones(
    history: History,
) -> None:
    earlier = history.until(2)
    assert life(earlier, Kind.TABLE, "accounts").introduced == 1
    assert Ref(Kind.TABLE, "shop", "customers") not in earlier.lives
    with pytest.raises(KeyError):
        earlier.at(3)


def test_each_line_of_the_export_knows_its_migration(history: History) -> None:
    blamed = {block.key: block.lines for block in blame(history, 4)}
    table = blamed[Ref(Kind.TABLE, "shop", "accounts")]
    assert [number for line, number in table if "nickname" in line] == [2]
    assert [number for line, number in table if "address" in line] == [3]
    assert {number for line, number in table if "CREATE TABLE" in line or " id " in line} == {1}
    greeting = blamed[Ref(Kind.FUNCTION, "shop", "greet", "text")]
    assert [number for line, number in greeting if "good day" in line] == [3]
    assert greeting[0][1] == 1


def test_the_blamed_lines_are_the_export_s(history: History) -> None:
    text = render(*history.latest.database.schemas)
    for block in blame(history):
        assert "\n".join(line for line, _ in block.lines) in text


def test_a_replay_is_cached_by_the_sums_of_the_files(
    migrations: MigrationSet, server: Target, tmp_path: Path
) -> None:
    cache, steps = Cache(tmp_path / "cache"), list[tuple[int, int]]()
    first = replay(migrations, "shop", server=server, cache=cache)
    again = replay(
        migrations, "shop", server=server, cache=cache, report=lambda *step: steps.append(step)
    )
    assert again == first
    assert steps == []
    for path in (tmp_path / "cache").iterdir():
        path.write_bytes(b"damaged")
    assert replay(migrations, "shop", server=server, cache=cache) == first


def test_keys_depend_on_all_that_a_replay_depends_on(
    migrations: MigrationSet, tmp_path: Path
) -> None:
    cache = Cache(tmp_path / "cache")
    keys = cache.keys(migrations, "shop", 18)
    assert len(set(keys)) == len(FILES)
    assert set(keys).isdisjoint(cache.keys(migrations, "shop", 17))
    assert set(keys).isdisjoint(cache.keys(migrations, "store", 18))
    (tmp_path / "migrations" / "000003.sql").write_text("select 1;")
    changed = cache.keys(load_migrations(tmp_path / "migrations"), "shop", 18)
    assert [old == new for old, new in zip(keys, changed, strict=True)] == [True] * 2 + [False] * 4


def test_a_migration_that_fails_is_told_as_by_migrate(
    migrations: MigrationSet, server: Target, tmp_path: Path
) -> None:
    (tmp_path / "migrations" / "000004.sql").write_text("drop index nothing;")
    with pytest.raises(MigrationFailedError, match=r"000004\.sql"):
        replay(load_migrations(tmp_path / "migrations"), "shop", server=server)


def test_versions_hold_the_export_of_each_revision(history: History, tmp_path: Path) -> None:
    versions = Versions(tmp_path / "versions")
    files = versions.files(history.revisions, None)
    assert sorted(path.name for path in files) == [
        f"{number:06}.{ending}" for number in range(1, 7) for ending in ("json", "sql")
    ]
    versions.folder.mkdir()
    for path, text in files.items():
        path.write_text(text)
    assert versions.numbers() == [1, 2, 3, 4, 5, 6]
    for revision in history.revisions:
        found = versions.read(revision.number)
        assert found is not None
        assert not compare(found, revision.database)
    assert versions.read(7) is None
    assert versions.files(history.revisions, None) == files
    (versions.folder / "000009.sql").write_text("")
    assert versions.stale(history.revisions) == [versions.folder / "000009.sql"]


@pytest.mark.parametrize("name", [WORKER_SCHEMA, "jobs", 'Hostile "name"; --'])
def test_the_shipped_versions_are_what_the_worker_s_migrations_make_under_any_name(
    name: str, server: Target
) -> None:
    for revision in replay(worker_migrations(), name, server=server):
        shipped = shipped_versions().read(revision.number)
        assert shipped is not None
        assert not compare(under_name(shipped, name), revision.database)
