"""``kongtask schema docs``: a reference of a schema, at every revision, as a folder of pages."""

from __future__ import annotations

import gc
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kongtask.cli.base import Command, connection_option, note, option, schema_option
from kongtask.cli.outcome import shown
from kongtask.errors import EXIT_DIFFERENT, EXIT_DONE
from kongtask.settings import default_schema_name, load_settings

if TYPE_CHECKING:
    from kongtask.cli.schema.folder import Folder


@click.command(cls=Command, name="docs")
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@option("--format", "format_", type=click.Choice(["html", "markdown", "both"]), default="html",
        show_default=True,
        help="A site that opens from the disk, pages for a code host, or both.")  # fmt: skip
@connection_option
@schema_option
@option("--check", is_flag=True, help="Write nothing; say which files are not as they should be, "
        "and exit 1 if there are any.")  # fmt: skip
@option("--no-cache", is_flag=True, help="Run every migration again.")
@option("--json", "as_json", is_flag=True, help="Print the result as JSON on stdout.")
def command(
    *,
    folder: Path,
    format_: str,
    conn: str | None,
    schema: str | None,
    check: bool,
    no_cache: bool,
    as_json: bool,
) -> None:
    """Write a reference of a schema, at every revision.

    DIR gets a page for each object: what it is, what it has to do with others, its SQL with the
    migration that wrote each line, and what it was before. The site needs no server and no
    network: open DIR/index.html. On a code host, the Markdown begins at DIR/README.md.

    The site takes the extra "docs" (pip install 'kongtask[docs]'), which also draws its diagrams:
    without it, nothing is written. Markdown takes no extra.

    Files that an earlier run has written and that are no longer needed are removed; a list of them
    is kept in DIR. Any other file is left alone. The same migrations make the same bytes.

    The migrations are run in a scratch database, once: what they make is kept until they change.

    Exit codes: 0 done or current, 1 files are not current (--check), 2 error.
    """
    from kongtask.cli.schema.folder import Folder
    from kongtask.cli.schema.replaying import replayed

    # Models of many revisions are made and kept to the end: looking for garbage among them took
    # half the time.
    gc.disable()
    settings = load_settings()
    name = schema or default_schema_name(settings)
    if format_ != "markdown":
        from kongtask.schema.docs.html import check_extra

        check_extra()
    history = replayed(settings, name, conn, cached=not no_cache)
    from kongtask.schema.docs import documentation

    found = Folder.of(folder, documentation(history, format_))
    if not check:
        found.write()
    _tell(found, check=check)
    if as_json:
        click.echo(
            json.dumps(
                {
                    "schema": name,
                    "folder": str(folder),
                    "format": format_,
                    "revisions": [revision.number for revision in history.revisions],
                    "files": len(found.files),
                    "changed": [str(path) for path in found.changed],
                    "removed": [str(path) for path in found.stale],
                }
            )
        )
    sys.exit(EXIT_DIFFERENT if check and found.would_change else EXIT_DONE)


def _tell(found: Folder, *, check: bool) -> None:
    place = shown(found.root)
    if not found.would_change:
        note(f"{place} is current: {len(found.files)} files")
    elif check:
        for path in found.changed:
            note(f"not current: {shown(path)}")
        for path in found.stale:
            note(f"no longer needed: {shown(path)}")
        note("run kongtask schema docs without --check, and commit what it writes")
    else:
        note(
            f"wrote {len(found.changed)} of {len(found.files)} files below {place}, "
            f"removed {len(found.stale)}"
        )
