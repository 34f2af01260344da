"""The sums of kongtask's released migrations: what was released never changes.

``python -m kongtask.migrate --write-manifest`` records the files of a checkout before a release.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from importlib.resources.abc import Traversable
from pathlib import Path

from kongtask.errors import MigrationError

#: Beside the migrations; lines as sha256sum prints them.
MANIFEST_FILE = "manifest.sha256"


def check_manifest(folder: Traversable, sums: Mapping[str, str]) -> None:
    """Hold the sums of a folder's migrations against its manifest.

    Args:
        folder: the folder that holds the manifest.
        sums: file name -> SHA-256 of its LF-normalised text.

    Raises:
        MigrationError: a file differs from the manifest, or is missing on either side.
    """
    released = parse_manifest(folder.joinpath(MANIFEST_FILE).read_text(encoding="utf-8"))
    for name in sorted(released.keys() | sums.keys()):
        expected, found = released.get(name, "none"), sums.get(name, "none")
        if expected != found:
            raise MigrationError(
                f"{name} of kongtask's own migrations is not the released file: its SHA-256 is "
                f"{found}, the manifest says {expected}; install kongtask again "
                "(for one not released yet: python -m kongtask.migrate --write-manifest)"
            )


def parse_manifest(text: str) -> dict[str, str]:
    """Read a manifest: file name -> sum."""
    lines = (line.split(maxsplit=1) for line in text.splitlines() if line.strip())
    return {name.strip().lstrip("*"): digest for digest, name in lines}


def render_manifest(folder: Path) -> str:
    """Return the manifest of a folder's ``.sql`` files."""
    return "".join(f"{_sum(file)}  {file.name}\n" for file in sorted(folder.glob("*.sql")))


def _sum(file: Path) -> str:
    text = file.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
    return hashlib.sha256(text.encode()).hexdigest()
