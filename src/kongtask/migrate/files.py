"""Migration sets: folders of numbered SQL files, and what their first lines say about them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from kongtask.errors import FileFailedError, MigrationError
from kongtask.migrate.manifest import check_manifest
from kongtask.migrate.placeholders import SHORT_PLACEHOLDER, WORKER_PLACEHOLDER
from kongtask.names import EXTENSION_SCHEMA, WORKER_SCHEMA
from kongtask.place import find_place

_FILE_NAME = re.compile(r"([0-9]{6})\.sql")

#: What was meant to be a migration: begins with a number, ends in .sql.
_NEAR_MISS = re.compile(r"0*([0-9]+).*\.sql", re.IGNORECASE | re.DOTALL)

_MARKER_LINE = re.compile(r"--!(.*)")
_MARKERS = frozenset({"breaking", "no-transaction"})
_LATE_MARKER = re.compile(r"^--![ \t]*(breaking|no-transaction)\b", re.MULTILINE)

#: The first revision whose SQL is here, and which of those before it are breaking ones.
WORKER_BASE = 18
_BREAKING_BEFORE_BASE = frozenset({1, 3, 11, 13, 14, 16})


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """One file of a set.

    Attributes:
        number: the number that its name is.
        file: its path, for messages.
        text: its text, with LF line endings.
        is_breaking: whether its first line says ``--! breaking``.
        is_transactional: False where its first line says ``--! no-transaction``.
    """

    number: int
    file: str
    text: str = field(repr=False)
    is_breaking: bool
    is_transactional: bool

    @property
    def name(self) -> str:
        """The file's name."""
        return f"{self.number:06}.sql"

    @property
    def sha256(self) -> str:
        """The sum of the text; the same whether the file has LF or CRLF line endings."""
        return hashlib.sha256(self.text.encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class MigrationSet:
    """The migrations of one schema, in order and without gaps.

    Attributes:
        origin: where they come from, for messages.
        migrations: at least one.
        placeholders: the names that stand for the schema's in the files.
        others: the names of other schemas, by the placeholders that stand for them.
        is_worker: whether this is the worker schema's set, whose ledger is Graphile Worker's too.
    """

    origin: str
    migrations: tuple[Migration, ...]
    placeholders: frozenset[str]
    is_worker: bool
    others: Mapping[str, str] = field(default_factory=dict)

    @property
    def first(self) -> int:
        """The first file's number."""
        return self.migrations[0].number

    @property
    def latest(self) -> int:
        """The last file's number."""
        return self.migrations[-1].number

    def get(self, number: int) -> Migration | None:
        """Return a migration by its number, or None."""
        index = number - self.first
        return self.migrations[index] if 0 <= index < len(self.migrations) else None

    def records(self, migration: Migration) -> tuple[tuple[int, bool], ...]:
        """Return the ledger rows (number, breaking) that stand for a migration.

        The worker's first one stands for all of Graphile Worker's before it, so that a Node
        installer finds nothing left to do.
        """
        own = (migration.number, migration.is_breaking)
        if not self.is_worker or migration.number != self.first:
            return (own,)
        earlier = ((n, n in _BREAKING_BEFORE_BASE) for n in range(1, self.first))
        return (*earlier, own)


def worker_migrations() -> MigrationSet:
    """Return kongtask's own migrations, as released.

    Raises:
        MigrationError: the installed files are not the released ones.
    """
    folder = resources.files("kongtask.migrate").joinpath("sql")
    migrations = _read_folder(folder, "kongtask's own migrations", path=str(folder))
    check_manifest(folder, {migration.name: migration.sha256 for migration in migrations})
    return MigrationSet(
        origin="the worker's own migrations",
        migrations=migrations,
        placeholders=frozenset({WORKER_PLACEHOLDER}),
        is_worker=True,
    )


def extension_migrations(worker_schema: str = WORKER_SCHEMA) -> MigrationSet:
    """Return the migrations of what kongtask adds beside a worker schema, as released.

    Args:
        worker_schema: that schema, which functions may name.

    Raises:
        MigrationError: the installed files are not the released ones.
    """
    folder = resources.files("kongtask.migrate").joinpath("sql", EXTENSION_SCHEMA)
    migrations = _read_folder(folder, "kongtask's migrations beside the worker's", path=str(folder))
    check_manifest(folder, {migration.name: migration.sha256 for migration in migrations})
    return MigrationSet(
        origin="kongtask's own migrations beside the worker's",
        migrations=migrations,
        placeholders=frozenset({SHORT_PLACEHOLDER}),
        others={WORKER_PLACEHOLDER: worker_schema},
        is_worker=False,
    )


def load_migrations(folder: Path) -> MigrationSet:
    """Read the ``NNNNNN.sql`` files of a folder.

    Other files are ignored, except those that look like migrations under a wrong name.

    Raises:
        FileFailedError: the folder or a file cannot be read, or is no UTF-8 text.
        MigrationError: no migration, a gap, a duplicate, a wrong name or an unknown marker.
    """
    return MigrationSet(
        origin=str(folder),
        migrations=_read_folder(folder, str(folder), path=str(folder)),
        placeholders=frozenset({WORKER_PLACEHOLDER, SHORT_PLACEHOLDER}),
        is_worker=False,
    )


def _read_folder(folder: Traversable, title: str, *, path: str) -> tuple[Migration, ...]:
    try:
        entries = {entry.name: entry for entry in folder.iterdir()}
    except OSError as error:
        raise FileFailedError(f"cannot read the folder {title}: {error.strerror}") from error
    numbers = _check_names(title, entries)
    migrations = (_read_file(entries[f"{n:06}.sql"], n, f"{path}/{n:06}.sql") for n in numbers)
    return tuple(migrations)


def _check_names(title: str, names: Iterable[str]) -> list[int]:
    """Return the numbers of a folder's migrations, in order."""
    numbers: dict[int, str] = {}
    wrong: list[tuple[int, str]] = []
    for name in sorted(names):
        if match := _FILE_NAME.fullmatch(name):
            numbers[int(match[1])] = name
        elif match := _NEAR_MISS.fullmatch(name):
            wrong.append((int(match[1]), name))
    for number, name in wrong:
        if number in numbers:
            raise MigrationError(
                f"{title}: two files have the number {number}: {numbers[number]} and {name}"
            )
        proposal = f"{number:06}.sql" if 0 < number <= 999_999 else "000001.sql, 000002.sql, …"
        raise MigrationError(
            f"{title}: {name} is no name of a migration; "
            f"call it {proposal} (six digits, nothing else)"
        )
    if not numbers:
        raise MigrationError(f"{title}: no migrations here; the first one is called 000001.sql")
    if 0 in numbers:
        raise MigrationError(f"{title}: numbers begin at 000001.sql; 000000.sql is none")
    missing = [n for n in range(min(numbers), max(numbers)) if n not in numbers]
    if missing:
        after = min(n for n in numbers if n > missing[0])
        raise MigrationError(
            f"{title}: {missing[0]:06}.sql is missing, but there is {after:06}.sql; "
            "the numbers must have no gap"
        )
    return sorted(numbers)


def _read_file(entry: Traversable, number: int, path: str) -> Migration:
    try:
        text = entry.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
    except OSError as error:
        raise FileFailedError(f"cannot read {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise FileFailedError(
            f"{path} is no UTF-8 text (byte {error.start}: {error.reason}); save it as UTF-8"
        ) from error
    if "\0" in text:
        raise FileFailedError(f"{find_place(path, text, text.index(chr(0)))}: a NUL character")
    markers = _read_markers(path, text)
    return Migration(
        number=number,
        file=path,
        text=text,
        is_breaking="breaking" in markers,
        is_transactional="no-transaction" not in markers,
    )


def _read_markers(path: str, text: str) -> frozenset[str]:
    """Return the markers of the ``--!`` lines that the text begins with."""
    markers: set[str] = set()
    offset = 0
    for line in text.splitlines(keepends=True):
        match = _MARKER_LINE.match(line)
        if match is None:
            break
        words = match[1].replace(",", " ").split()
        unknown = [word for word in words if word not in _MARKERS]
        if unknown or not words:
            raise MigrationError(
                f"{path}:1: unknown marker {' '.join(unknown)!r} after --!; "
                f"known are {' and '.join(sorted(_MARKERS))}"
            )
        markers.update(words)
        offset += len(line)
    late = _LATE_MARKER.search(text, offset)
    if late:
        place = find_place(path, text, late.start())
        raise MigrationError(
            f"the marker {late[0]!r} counts on the first line only\n{place.picture()}"
        )
    return frozenset(markers)
