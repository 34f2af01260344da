"""An export as a folder: one file an object, and an index that loads them in order.

A file's name follows from its object alone, so that other objects coming and going never rename
it, and is one that every file system takes: what a file system could not tell apart (letters of
another case, characters that are special somewhere) is told apart by a sum of the name.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from pathlib import PurePosixPath

from kongtask.errors import UsageError
from kongtask.schema.model import Kind
from kongtask.schema.render import CLOSING, OPENING, Block, heading

#: The file that loads all others.
INDEX = "index.sql"

#: The first line of each file but the index: what may be overwritten and removed.
MARK = "-- DO NOT EDIT: kongtask schema-dump writes this file from the database."

_INCLUDE = re.compile(r"^\\ir (\S+)$", re.MULTILINE)

#: Bytes: a table's and its trigger's names are kept whole, a long list of argument types is not.
_LONGEST = 200

#: Names of devices on Windows, whatever the ending.
_DEVICES = re.compile(r"con|prn|aux|nul|com\d|lpt\d")


def split(header: str, blocks: Iterable[Block]) -> dict[str, str]:
    """Return the files of an export.

    Args:
        header: of the export as one file, which the index keeps: timestamp, sum and needs are those
            of the same text in one piece.
        blocks: of the export.

    Returns:
        Path below the folder, with ``/`` on every system -> text; the index is the last.
    """
    files: dict[str, str] = {}
    lines, section = [OPENING], ""
    for block in blocks:
        path = str(_path(block))
        assert path not in files, f"two objects share the file {path}"
        files[path] = f"{MARK}\n\n{block.text}\n"
        if block.section != section:
            section = block.section
            lines += ["", heading(section)]
        lines.append(f"\\ir {path}")
    index = "\n".join([*lines, "", CLOSING])
    files[INDEX] = f"{header}\n\n{index}\n"
    return files


def listed_files(index: str) -> list[str]:
    """Return the paths that an index loads.

    Raises:
        UsageError: a path leads out of the folder; kongtask did not write that index.
    """
    paths = _INCLUDE.findall(index)
    for path in paths:
        if PurePosixPath(path).is_absolute() or ".." in PurePosixPath(path).parts:
            raise UsageError(f"the index {INDEX} names {path}, which is outside its folder")
    return paths


def _path(block: Block) -> PurePosixPath:
    """Return a block's place: ``schema/tables/name.sql``, ``schema/triggers/table-name.sql``."""
    ref = block.key
    if ref is None:
        return PurePosixPath(f"{_file_name(block.section.lower())}.sql")
    folder = PurePosixPath(_file_name(ref.schema or "database"))
    if ref.kind is Kind.SCHEMA:
        return folder / "schema.sql"
    details = ref.detail.split(", ") if ref.detail else []
    return folder / _folder(ref.kind) / f"{_file_name(ref.name, *details)}.sql"


def _folder(kind: Kind) -> str:
    """Return a kind's plural as the name of a folder."""
    word = kind.lower().replace(" ", "_")
    if word.endswith("y"):
        return f"{word[:-1]}ies"
    if word.endswith(("ss", "x")):
        return f"{word}es"
    return word if word.endswith("s") else f"{word}s"


def _file_name(*names: str) -> str:
    """Return names as every file system takes them, with a sum where something had to change."""
    plain = [re.sub(r"\W+", "_", unicodedata.normalize("NFC", name)) for name in names]
    stem = "-".join(plain)
    is_same = all(text == name == name.casefold() for text, name in zip(plain, names, strict=True))
    if is_same and len(stem.encode()) <= _LONGEST and not _DEVICES.fullmatch(stem):
        return stem
    kept = stem.encode()[:_LONGEST].decode(errors="ignore")
    return f"{kept}~{hashlib.sha256(', '.join(names).encode()).hexdigest()[:8]}"
