"""An export as a folder: one file an object, and an index that loads them in order."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import PurePosixPath

from kongtask.errors import UsageError
from kongtask.schema.paths import file_name, path_of
from kongtask.schema.render import CLOSING, OPENING, Block, heading

#: The file that loads all others.
INDEX = "index.sql"

#: The first line of each file but the index: what may be overwritten and removed.
MARK = "-- DO NOT EDIT: kongtask schema-dump writes this file from the database."

_INCLUDE = re.compile(r"^\\ir (\S+)$", re.MULTILINE)


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
        return PurePosixPath(f"{file_name(block.section.lower())}.sql")
    return PurePosixPath(file_name(ref.schema or "database"), f"{path_of(ref)}.sql")
