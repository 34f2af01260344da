"""A folder of generated files that may hold others: a list in it tells which are ours."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from kongtask.cli.outcome import shown
from kongtask.errors import FileFailedError, UsageError
from kongtask.files import read_text, remove, write_bytes

#: The list; it is a file of ours too.
LIST = "kongtask-docs.txt"

_HEADING = "# Written by kongtask schema docs, as is every file listed here."


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """Files to write below a folder, and what is there.

    Attributes:
        root: the folder; it need not exist.
        files: what it is to hold, but for files of others.
        changed: those of them that are not yet as they should be.
        stale: files that an earlier run has written and that are no longer needed.
        listed: what the list in the folder holds.
    """

    root: Path
    files: Mapping[Path, bytes]
    changed: list[Path]
    stale: list[Path]
    listed: frozenset[str]

    @classmethod
    def of(cls, root: Path, pages: Mapping[str, bytes]) -> Folder:
        """Compare pages with a folder.

        Args:
            root: the folder.
            pages: paths below it, with ``/`` on every system, and what they are to hold.

        Raises:
            UsageError: a page would replace a file that is not ours, or the list is not ours.
            FileFailedError: a file cannot be read.
        """
        listed = frozenset(_read_list(root))
        files = {root / path: content for path, content in pages.items()}
        changed = []
        for path, content in pages.items():
            before = _read(root / path)
            if before is not None and before != content and path not in listed:
                raise UsageError(
                    f"{shown(root / path)} is there, and kongtask did not write it; name another "
                    "folder, or move the file away"
                )
            if before != content:
                changed.append(root / path)
        stale = [root / path for path in sorted(listed - pages.keys()) if (root / path).exists()]
        text = _list_text(pages)
        if read_text(root / LIST) != text:
            changed.append(root / LIST)
        files[root / LIST] = text.encode()
        return cls(root=root, files=files, changed=changed, stale=stale, listed=listed)

    @property
    def would_change(self) -> bool:
        """Whether writing changes anything."""
        return bool(self.changed or self.stale)

    def write(self) -> None:
        """Write what is not as it should be, and remove what is no longer needed.

        Raises:
            FileFailedError: a file cannot be written or removed. The list names all files of ours
                at any moment, so that the next run puts them in order.
        """
        if not self.would_change:
            return
        paths = [path.relative_to(self.root).as_posix() for path in self.files]
        both = {*self.listed, *paths} - {LIST}
        write_bytes(self.root / LIST, _list_text(both).encode())
        for path in self.changed:
            write_bytes(path, self.files[path])
        for path in self.stale:
            remove(path, self.root)
        write_bytes(self.root / LIST, self.files[self.root / LIST])


def _list_text(paths: Iterable[str]) -> str:
    return "\n".join([_HEADING, *sorted(paths)]) + "\n"


def _read_list(root: Path) -> list[str]:
    text = read_text(root / LIST)
    if text is None:
        return []
    heading, *paths = text.splitlines()
    if heading != _HEADING:
        raise UsageError(f"{shown(root / LIST)} is not kongtask's; name another folder")
    for path in paths:
        if PurePosixPath(path).is_absolute() or ".." in PurePosixPath(path).parts:
            raise UsageError(f"{shown(root / LIST)} names {path}, which is outside its folder")
    return paths


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise FileFailedError(f"cannot read {path}: {error.strerror or error}") from error
