"""Reading migration sets."""

from __future__ import annotations

from pathlib import Path

import pytest

from kongtask.errors import FileFailedError, KongtaskError, MigrationError
from kongtask.migrate import load_migrations, worker_migrations
from kongtask.migrate.__main__ import main
from kongtask.migrate.manifest import check_manifest
from kongtask.names import NEWEST_REVISION, extension_schema_name


def write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / f"{name}.sql").write_text(text)
    return folder


def message(folder: Path, kind: type[KongtaskError] = MigrationError) -> str:
    with pytest.raises(kind) as caught:
        load_migrations(folder)
    return str(caught.value)


def test_reads_in_order(tmp_path: Path) -> None:
    """A set begins at any number; files that are no migrations are left alone."""
    write(tmp_path, **{"000010": "select 10", "000009": "select 9", "seed": "x"})
    (tmp_path / "README.md").write_text("hello")
    (tmp_path / "000011.sql.bak").write_text("hello")
    found = load_migrations(tmp_path)
    assert [m.number for m in found.migrations] == [9, 10]
    assert (found.first, found.latest) == (9, 10)
    assert found.get(8) is None
    assert found.get(10) == found.migrations[1]
    assert found.get(11) is None


@pytest.mark.parametrize(
    ("first_line", "breaking", "transactional"),
    [
        ("select 1", False, True),
        ("--! breaking", True, True),
        ("--! no-transaction", False, False),
        ("--! breaking no-transaction", True, False),
        ("--! no-transaction, breaking", True, False),
        ("--! breaking\n--! no-transaction", True, False),
        ("--!breaking", True, True),
        ("-- ! breaking is explained here", False, True),
        ("--- breaking", False, True),
    ],
)
def test_markers(tmp_path: Path, first_line: str, breaking: bool, transactional: bool) -> None:
    """The first line says what kind of migration it is."""
    write(tmp_path, **{"000001": f"{first_line}\nselect 1"})
    (only,) = load_migrations(tmp_path).migrations
    assert (only.is_breaking, only.is_transactional) == (breaking, transactional)


@pytest.mark.parametrize("line", ["--! braking", "--! breaking please", "--!"])
def test_unknown_marker(tmp_path: Path, line: str) -> None:
    """A misspelt marker is an error that names the known ones."""
    write(tmp_path, **{"000001": f"{line}\nselect 1"})
    assert "known are breaking and no-transaction" in message(tmp_path)


def test_late_marker(tmp_path: Path) -> None:
    """A marker further down would be ignored silently, so it is an error with its place."""
    write(tmp_path, **{"000001": "-- what it does\n--! no-transaction\nselect 1"})
    text = message(tmp_path)
    assert "first line only" in text
    assert "000001.sql:2:1" in text


def test_sum_ignores_line_endings_and_byte_order_mark(tmp_path: Path) -> None:
    """A checkout with CRLF, or an editor's BOM, is the same migration."""
    lf, crlf, bom = (tmp_path / name for name in ("lf", "crlf", "bom"))
    for folder, data in ((lf, b"a\nb\n"), (crlf, b"a\r\nb\r\n"), (bom, b"\xef\xbb\xbfa\nb\n")):
        folder.mkdir()
        (folder / "000001.sql").write_bytes(data)
    sums = {load_migrations(folder).migrations[0].sha256 for folder in (lf, crlf, bom)}
    assert len(sums) == 1


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["000001", "000003"], "000002.sql is missing, but there is 000003.sql"),
        (["000001", "000005"], "000002.sql is missing, but there is 000005.sql"),
        (["000001", "1"], "two files have the number 1: 000001.sql and 1.sql"),
        (["000001", "000001_init"], "two files have the number 1"),
        (["000001", "7"], "7.sql is no name of a migration; call it 000007.sql"),
        (["000001_init"], "call it 000001.sql"),
        (["0000001"], "call it 000001.sql"),
        (["20240101120000_init"], "call it 000001.sql, 000002.sql"),
        (["000000"], "numbers begin at 000001.sql"),
        (["seed"], "no migrations here; the first one is called 000001.sql"),
        ([], "no migrations here"),
    ],
)
def test_wrong_names(tmp_path: Path, names: list[str], expected: str) -> None:
    """Gaps, duplicates and near misses are errors, never silence."""
    write(tmp_path, **dict.fromkeys(names, "select 1"))
    assert expected in message(tmp_path)


def test_unreadable(tmp_path: Path) -> None:
    """No folder, no file, no UTF-8, a NUL: each has its sentence."""
    assert "No such file or directory" in message(tmp_path / "none", FileFailedError)
    file = tmp_path / "000001.sql"
    file.mkdir()
    assert "Is a directory" in message(tmp_path, FileFailedError)
    file.rmdir()
    file.write_bytes(b"select '\xff'")
    assert "no UTF-8 text (byte 8" in message(tmp_path, FileFailedError)
    file.write_bytes(b"select 1;\n\0select 2")
    assert "000001.sql:2:1: a NUL character" in message(tmp_path, FileFailedError)


def test_worker_set() -> None:
    """kongtask's own set stands for Graphile Worker's first twenty, breaking flags included."""
    own = worker_migrations()
    rows = [row for migration in own.migrations for row in own.records(migration)]
    assert [number for number, _ in rows] == list(range(1, 21))
    assert [number for number, breaking in rows if breaking] == [1, 3, 11, 13, 14, 16, 19]
    assert all(migration.is_transactional for migration in own.migrations)


def test_names_of_the_schema_beside_a_worker_schema() -> None:
    """They fit into PostgreSQL's 63 bytes, and differ where the worker schemas do."""
    assert extension_schema_name("graphile_worker") == "kongtask"
    assert extension_schema_name("jobs") == "kongtask_jobs"
    long = [extension_schema_name("ä" * 30 + end) for end in ("a", "b", "aa")]
    assert len(set(long)) == 3
    assert all(name.startswith("kongtask_ää") and len(name.encode()) <= 63 for name in long)
    assert len(extension_schema_name("x" * 54)) == len(extension_schema_name("x" * 55)) == 63


def test_manifest_fits_the_files() -> None:
    """What was released never changes; write a new migration instead."""
    assert main([]) == 0


def test_changed_release_is_refused(tmp_path: Path) -> None:
    """An installation whose files are not the released ones does not touch a database."""
    (tmp_path / "manifest.sha256").write_text("aa  000018.sql\nbb  000019.sql\n")
    with pytest.raises(MigrationError, match=r"000019\.sql .* is not the released file"):
        check_manifest(tmp_path, {"000018.sql": "aa", "000019.sql": "cc"})
    with pytest.raises(MigrationError, match=r"its SHA-256 is none"):
        check_manifest(tmp_path, {"000018.sql": "aa"})
    with pytest.raises(MigrationError, match=r"manifest says none"):
        check_manifest(tmp_path, {"000018.sql": "aa", "000019.sql": "bb", "000020.sql": "dd"})


def test_the_newest_revision_is_the_last_of_the_worker_s_migrations() -> None:
    assert worker_migrations().latest == NEWEST_REVISION
