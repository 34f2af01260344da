"""``python -m kongtask.migrate``: check the manifest of a checkout, or write it."""

from __future__ import annotations

import sys
from pathlib import Path

from kongtask.migrate.manifest import MANIFEST_FILE, render_manifest


def main(arguments: list[str]) -> int:
    """Compare the manifest with the files, or write it; return an exit code."""
    folder = Path(__file__).with_name("sql")
    manifest, rendered = folder / MANIFEST_FILE, render_manifest(folder)
    if arguments == ["--write-manifest"]:
        manifest.write_text(rendered, encoding="utf-8", newline="\n")
        return 0
    if manifest.exists() and manifest.read_text(encoding="utf-8") == rendered:
        return 0
    sys.stderr.write(f"{manifest} does not fit the files; --write-manifest records them\n")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
