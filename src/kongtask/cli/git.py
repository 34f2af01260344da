"""What commits hold, by asking git."""

from __future__ import annotations

import subprocess
from pathlib import Path

from kongtask.errors import UsageError


def files_in(ref: str, folder: Path) -> frozenset[str]:
    """Return the names of a folder's files in a commit.

    Args:
        ref: a commit, branch or tag.
        folder: a folder of the working copy; a commit without it has none of its files.

    Raises:
        UsageError: git cannot be run, or knows no such commit.
    """
    if not ref or ref.startswith("-"):
        raise UsageError(f'"git:{ref}": give a commit: git:main')
    _git(["rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}"], folder, ref)
    listed = _git(["ls-tree", "-z", "--name-only", ref, "./"], folder, ref)
    return frozenset(Path(name).name for name in listed.split("\0") if name)


def _git(words: list[str], folder: Path, ref: str) -> str:
    command = ["git", "-C", str(folder), *words]
    try:
        done = subprocess.run(command, capture_output=True, check=False)  # noqa: S603 # no shell
    except OSError as error:
        raise UsageError(f"git:{ref}: git cannot be run: {error}") from error
    if done.returncode:
        reason = done.stderr.decode(errors="replace").strip().removeprefix("fatal: ")
        raise UsageError(f"git:{ref}: {reason or 'there is no such commit'}")
    return done.stdout.decode(errors="replace")
