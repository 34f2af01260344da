"""``kongtask schema export-versions``: the committed exports of every revision."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import click

from kongtask.cli.base import Command, connection_option, note, option, schema_option
from kongtask.cli.outcome import shown
from kongtask.errors import EXIT_DIFFERENT, EXIT_DONE
from kongtask.files import read_text, write_text
from kongtask.settings import default_schema_name, load_settings

if TYPE_CHECKING:
    from pathlib import Path


@click.command(cls=Command, name="export-versions")
@connection_option
@schema_option
@option("--check", is_flag=True, help="Write nothing; say which files are not as they should be, "
        "and exit 1 if there are any.")  # fmt: skip
@option("--no-cache", is_flag=True, help="Run every migration again.")
@option("--json", "as_json", is_flag=True, help="Print the result as JSON on stdout.")
def command(
    *, conn: str | None, schema: str | None, check: bool, no_cache: bool, as_json: bool
) -> None:
    """Keep the exports of every revision current.

    Writes NNNNNN.sql and NNNNNN.json for each migration into the folder "versions" beside the
    committed export: what the schema was when that migration was the last. With them, a host that
    has no server to try things on can verify its database, whatever revision that is at.

    Exit codes: 0 done or current, 1 files are not current (--check), 2 error.
    """
    from kongtask.cli.schema.replaying import replayed
    from kongtask.revisions import Versions

    settings = load_settings()
    name = schema or default_schema_name(settings)
    place = settings.schema(name)
    history = replayed(settings, name, conn, cached=not no_cache)
    versions = Versions(place.versions)
    files = versions.files(history.revisions, read_text(place.committed))
    changed = [path for path, text in files.items() if read_text(path) != text]
    stale = versions.stale(history.revisions)
    if not check:
        for path in changed:
            write_text(path, files[path])
        for path in stale:
            path.unlink(missing_ok=True)
    _tell(place.versions, len(files), changed, stale, check=check)
    if as_json:
        click.echo(
            json.dumps(
                {
                    "schema": name,
                    "folder": str(place.versions),
                    "revisions": [revision.number for revision in history.revisions],
                    "changed": [str(path) for path in changed],
                    "removed": [str(path) for path in stale],
                }
            )
        )
    sys.exit(EXIT_DIFFERENT if check and (changed or stale) else EXIT_DONE)


def _tell(folder: Path, total: int, changed: list[Path], stale: list[Path], *, check: bool) -> None:
    if not changed and not stale:
        note(f"{shown(folder)} is current: {total} files")
    elif check:
        for path in changed:
            note(f"not current: {shown(path)}")
        for path in stale:
            note(f"of no migration: {shown(path)}")
        note("run kongtask schema export-versions, and commit what it writes")
    else:
        note(f"wrote {len(changed)} of {total} files below {shown(folder)}, removed {len(stale)}")
