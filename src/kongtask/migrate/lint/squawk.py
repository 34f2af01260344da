"""Asking squawk, a linter of migrations that is a program of its own, about prepared migrations."""

from __future__ import annotations

import os
import shutil
import subprocess
import sysconfig
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from kongtask.errors import UsageError
from kongtask.migrate.prepared import Prepared

MISSING = (
    "squawk, which finds unsafe migrations, is not installed: pip install 'kongtask[lint]'; or "
    "lint the schema alone, with --schema-only"
)

#: Of another program that is called squawk, too.
_UNLIKE = "this is not the squawk that kongtask knows"


class Violation(msgspec.Struct, frozen=True, kw_only=True):
    """What squawk says of a statement; lines and columns from 0, columns in bytes."""

    file: str
    line: int
    column: int
    message: str
    rule_name: str
    line_end: int
    column_end: int
    help: str | None = None


def find_squawk() -> Path | None:
    """Return the program: the one beside this Python, else one on the PATH, or None."""
    beside = Path(sysconfig.get_path("scripts")) / "squawk"
    if beside.exists():
        return beside
    found = shutil.which("squawk")
    return Path(found) if found else None


def violations(migrations: Sequence[Prepared], major: int) -> Iterator[tuple[Prepared, Violation]]:
    """Yield what squawk says of some migrations, with their schema's name put in.

    Args:
        migrations: ready to run.
        major: the version of PostgreSQL that they are for.

    Raises:
        UsageError: squawk is not installed, or fails.
    """
    program = find_squawk()
    if program is None:
        raise UsageError(MISSING)
    for in_transaction in (True, False):
        chosen = [x for x in migrations if x.migration.is_transactional is in_transaction]
        if chosen:
            yield from _ask(program, chosen, major, in_transaction=in_transaction)


def _ask(
    program: Path, migrations: Sequence[Prepared], major: int, *, in_transaction: bool
) -> Iterator[tuple[Prepared, Violation]]:
    by_name = {prepared.migration.name: prepared for prepared in migrations}
    with tempfile.TemporaryDirectory(prefix="kongtask-lint-") as name:
        folder = Path(name)
        for file, prepared in by_name.items():
            (folder / file).write_bytes(prepared.text.text.encode())
        # Its own settings stay out of it: what is looked for and silenced is said in one place.
        (folder / "squawk.toml").touch()
        mode = "--assume-in-transaction" if in_transaction else "--no-assume-in-transaction"
        words = [
            "--config", "squawk.toml", "--reporter", "json", "--pg-version", str(major), mode,
        ]  # fmt: skip
        found = _run(program, [*words, *by_name], folder)
    for violation in found:
        yield by_name[Path(violation.file).name], violation


def _run(program: Path, words: Sequence[str], folder: Path) -> list[Violation]:
    command = [str(program), *words]
    environ = {**os.environ, "SQUAWK_DISABLE_GITHUB_ANNOTATIONS": "1"}
    try:
        done = subprocess.run(  # noqa: S603 # no shell, and names of our own
            command, cwd=folder, env=environ, capture_output=True, check=False
        )
        return msgspec.json.decode(done.stdout, type=list[Violation])
    except OSError as error:
        raise UsageError(f"{program} cannot be run: {error.strerror}") from error
    except msgspec.DecodeError as error:
        said = done.stderr.decode(errors="replace").strip().partition("\n")[0]
        raise UsageError(
            f"{program} failed: {said or _UNLIKE}; reinstall it: pip install 'kongtask[lint]'"
        ) from error
